SELECT
  `t10`.`entity_id`,
  `t10`.`abnormal_days_now`
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
    COALESCE(`t9`.`abnormal_days_now`, 0) AS `abnormal_days_now`
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
    ) AS `t3`
    WHERE
      (
        `t3`.`deregistered_on` IS NULL
      )
      OR (
        `t3`.`deregistered_on` > MAKE_DATE(2026, 1, 1)
      )
    ORDER BY
      `t3`.`entity_id` ASC NULLS LAST
  ) AS `t6`
  LEFT OUTER JOIN (
    SELECT
      `t7`.`entity_id` AS `subject_of_listings`,
      `t7`.`abnormal_days_now`
    FROM (
      SELECT
        `t4`.`entity_id`,
        COALESCE(
          DATEDIFF(
            DAY,
            MIN(IF(`t4`.`open_now` AND (
              `t4`.`kind` = 'abnormal'
            ), `t4`.`happened_on`, NULL)),
            MAKE_DATE(2026, 1, 1)
          ),
          0
        ) AS `abnormal_days_now`
      FROM (
        SELECT
          `t1`.`listing_id`,
          `t1`.`entity_id`,
          `t1`.`kind`,
          `t1`.`ground`,
          `t1`.`authority`,
          `t1`.`occurred_on`,
          `t1`.`known_on`,
          IF(
            (
              COALESCE(`t1`.`ended_on`, `t1`.`end_known_on`) <= MAKE_DATE(2026, 1, 1)
            )
            AND (
              COALESCE(`t1`.`end_known_on`, `t1`.`ended_on`) <= MAKE_DATE(2026, 1, 1)
            ),
            COALESCE(`t1`.`ended_on`, `t1`.`end_known_on`),
            CAST(NULL AS DATE)
          ) AS `ended_on`,
          IF(
            (
              COALESCE(`t1`.`ended_on`, `t1`.`end_known_on`) <= MAKE_DATE(2026, 1, 1)
            )
            AND (
              COALESCE(`t1`.`end_known_on`, `t1`.`ended_on`) <= MAKE_DATE(2026, 1, 1)
            ),
            COALESCE(`t1`.`end_known_on`, `t1`.`ended_on`),
            CAST(NULL AS DATE)
          ) AS `end_known_on`,
          `t1`.`forgotten_on`,
          `t1`.`retracted`,
          `t1`.`superseded_on`,
          COALESCE(`t1`.`occurred_on`, `t1`.`known_on`) AS `happened_on`,
          NOT (
            COALESCE(
              (
                COALESCE(`t1`.`ended_on`, `t1`.`end_known_on`) <= MAKE_DATE(2026, 1, 1)
              )
              AND (
                COALESCE(`t1`.`end_known_on`, `t1`.`ended_on`) <= MAKE_DATE(2026, 1, 1)
              ),
              FALSE
            )
          ) AS `open_now`
        FROM `listings` AS `t1`
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
      ) AS `t4`
      GROUP BY
        1
    ) AS `t7`
  ) AS `t9`
    ON `t6`.`entity_id` = `t9`.`subject_of_listings`
) AS `t10`
ORDER BY
  `t10`.`entity_id` ASC NULLS LAST
