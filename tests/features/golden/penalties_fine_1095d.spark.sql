SELECT
  `t10`.`entity_id`,
  `t10`.`penalties_fine_1095d`
FROM (
  SELECT
    `t6`.`entity_id`,
    `t6`.`id_kind`,
    `t6`.`uscc`,
    `t6`.`name`,
    `t6`.`entity_type`,
    `t6`.`region_code`,
    `t6`.`industry_code`,
    `t6`.`registered_on`,
    `t6`.`deregistered_on`,
    `t6`.`registered_capital_fen`,
    `t6`.`latitude`,
    `t6`.`longitude`,
    `t6`.`ownership`,
    COALESCE(`t9`.`penalties_fine_1095d`, 0) AS `penalties_fine_1095d`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t2`.`entity_id`,
        MAX_BY(
          IF(`t2`.`id_kind` IS NOT NULL, `t2`.`id_kind`, NULL),
          IF(`t2`.`id_kind` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `id_kind`,
        MAX_BY(
          IF(`t2`.`uscc` IS NOT NULL, `t2`.`uscc`, NULL),
          IF(`t2`.`uscc` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `uscc`,
        MAX_BY(
          IF(`t2`.`name` IS NOT NULL, `t2`.`name`, NULL),
          IF(`t2`.`name` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `name`,
        MAX_BY(
          IF(`t2`.`entity_type` IS NOT NULL, `t2`.`entity_type`, NULL),
          IF(`t2`.`entity_type` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `entity_type`,
        MAX_BY(
          IF(`t2`.`region_code` IS NOT NULL, `t2`.`region_code`, NULL),
          IF(`t2`.`region_code` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `region_code`,
        MAX_BY(
          IF(`t2`.`industry_code` IS NOT NULL, `t2`.`industry_code`, NULL),
          IF(`t2`.`industry_code` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `industry_code`,
        MAX_BY(
          IF(`t2`.`registered_on` IS NOT NULL, `t2`.`registered_on`, NULL),
          IF(`t2`.`registered_on` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `registered_on`,
        MAX_BY(
          IF(`t2`.`deregistered_on` IS NOT NULL, `t2`.`deregistered_on`, NULL),
          IF(`t2`.`deregistered_on` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `deregistered_on`,
        MAX_BY(
          IF(`t2`.`registered_capital_fen` IS NOT NULL, `t2`.`registered_capital_fen`, NULL),
          IF(`t2`.`registered_capital_fen` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `registered_capital_fen`,
        MAX_BY(
          IF(`t2`.`latitude` IS NOT NULL AND NOT ISNAN(`t2`.`latitude`), `t2`.`latitude`, NULL),
          IF(`t2`.`latitude` IS NOT NULL AND NOT ISNAN(`t2`.`latitude`), `t2`.`known_on`, NULL)
        ) AS `latitude`,
        MAX_BY(
          IF(`t2`.`longitude` IS NOT NULL AND NOT ISNAN(`t2`.`longitude`), `t2`.`longitude`, NULL),
          IF(`t2`.`longitude` IS NOT NULL AND NOT ISNAN(`t2`.`longitude`), `t2`.`known_on`, NULL)
        ) AS `longitude`,
        MAX_BY(
          IF(`t2`.`ownership` IS NOT NULL, `t2`.`ownership`, NULL),
          IF(`t2`.`ownership` IS NOT NULL, `t2`.`known_on`, NULL)
        ) AS `ownership`
      FROM (
        SELECT
          *
        FROM `entities` AS `t0`
        WHERE
          `t0`.`known_on` <= MAKE_DATE(2026, 1, 1)
      ) AS `t2`
      GROUP BY
        1
    ) AS `t4`
    WHERE
      (
        `t4`.`deregistered_on` IS NULL
      )
      OR (
        `t4`.`deregistered_on` > MAKE_DATE(2026, 1, 1)
      )
    ORDER BY
      `t4`.`entity_id` ASC NULLS LAST
  ) AS `t6`
  LEFT OUTER JOIN (
    SELECT
      `t7`.`entity_id` AS `subject_of_penalties`,
      `t7`.`penalties_fine_1095d`
    FROM (
      SELECT
        `t3`.`entity_id`,
        CAST(CAST(CAST(COALESCE(SUM(IF(`t3`.`happened_on` > MAKE_DATE(2023, 1, 2), `t3`.`fine_fen`, NULL)), 0) AS DECIMAL(38, 0)) AS BIGINT) AS DOUBLE) / 100.0 AS `penalties_fine_1095d`
      FROM (
        SELECT
          `t1`.`penalty_id`,
          `t1`.`entity_id`,
          `t1`.`kinds`,
          `t1`.`procedure`,
          `t1`.`field`,
          `t1`.`fine_fen`,
          `t1`.`confiscated_fen`,
          `t1`.`authority`,
          `t1`.`occurred_on`,
          `t1`.`known_on`,
          `t1`.`forgotten_on`,
          `t1`.`retracted`,
          `t1`.`superseded_on`,
          COALESCE(`t1`.`occurred_on`, `t1`.`known_on`) AS `happened_on`
        FROM `penalties` AS `t1`
        WHERE
          COALESCE(`t1`.`occurred_on`, `t1`.`known_on`) <= MAKE_DATE(2026, 1, 1)
          AND `t1`.`known_on` <= MAKE_DATE(2026, 1, 1)
          AND NOT (
            `t1`.`retracted`
          )
          AND (
            (
              `t1`.`superseded_on` IS NULL
            )
            OR (
              `t1`.`superseded_on` > MAKE_DATE(2026, 1, 1)
            )
          )
          AND (
            (
              `t1`.`forgotten_on` IS NULL
            )
            OR (
              `t1`.`forgotten_on` > MAKE_DATE(2026, 1, 1)
            )
          )
      ) AS `t3`
      GROUP BY
        1
    ) AS `t7`
  ) AS `t9`
    ON `t6`.`entity_id` = `t9`.`subject_of_penalties`
) AS `t10`
ORDER BY
  `t10`.`entity_id` ASC NULLS LAST
