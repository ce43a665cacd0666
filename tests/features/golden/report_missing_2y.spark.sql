SELECT
  `t12`.`entity_id`,
  `t12`.`report_late_last`,
  `t12`.`report_late_previous`,
  CAST(CASE
    WHEN (
      `t12`.`report_late_last` IS NULL
    )
    AND (
      `t12`.`registered_on` <= MAKE_DATE(2024, 12, 31)
    )
    THEN 1
    WHEN NOT (
      (
        `t12`.`report_late_last` IS NULL
      )
      AND (
        `t12`.`registered_on` <= MAKE_DATE(2024, 12, 31)
      )
    )
    THEN 0
    ELSE NULL
  END AS BIGINT) + CAST(CASE
    WHEN (
      `t12`.`report_late_previous` IS NULL
    )
    AND (
      `t12`.`registered_on` <= MAKE_DATE(2023, 12, 31)
    )
    THEN 1
    WHEN NOT (
      (
        `t12`.`report_late_previous` IS NULL
      )
      AND (
        `t12`.`registered_on` <= MAKE_DATE(2023, 12, 31)
      )
    )
    THEN 0
    ELSE NULL
  END AS BIGINT) AS `report_missing_2y`
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
    `t11`.`report_late_last`,
    `t11`.`report_late_previous`
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
      `t9`.`entity_id` AS `subject_of_annual_reports`,
      `t9`.`report_late_last`,
      `t9`.`report_late_previous`
    FROM (
      SELECT
        `t8`.`entity_id`,
        MAX(
          IF(
            `t8`.`report_year` = 2024,
            GREATEST(DATEDIFF(DAY, MAKE_DATE(2025, 6, 30), `t8`.`first_filed`), 0),
            NULL
          )
        ) AS `report_late_last`,
        MAX(
          IF(
            `t8`.`report_year` = 2023,
            GREATEST(DATEDIFF(DAY, MAKE_DATE(2024, 6, 30), `t8`.`first_filed`), 0),
            NULL
          )
        ) AS `report_late_previous`
      FROM (
        SELECT
          `t7`.`report_id`,
          `t7`.`entity_id`,
          `t7`.`report_year`,
          `t7`.`occurred_on`,
          `t7`.`known_on`,
          `t7`.`forgotten_on`,
          `t7`.`amended`,
          `t7`.`revenue_fen`,
          `t7`.`total_assets_fen`,
          `t7`.`total_liabilities_fen`,
          `t7`.`net_profit_fen`,
          `t7`.`tax_paid_fen`,
          `t7`.`employees`,
          `t7`.`social_insured`,
          `t7`.`contact_confirmed`,
          `t7`.`retracted`,
          `t7`.`superseded_on`,
          `t7`.`happened_on`,
          `t7`.`year_before`,
          `t7`.`newest_year`,
          `t7`.`first_filed`,
          `t7`.`corrected`,
          `t7`.`newest_year` - `t7`.`report_year` AS `years_back`
        FROM (
          SELECT
            `t3`.`report_id`,
            `t3`.`entity_id`,
            `t3`.`report_year`,
            `t3`.`occurred_on`,
            `t3`.`known_on`,
            `t3`.`forgotten_on`,
            `t3`.`amended`,
            `t3`.`revenue_fen`,
            `t3`.`total_assets_fen`,
            `t3`.`total_liabilities_fen`,
            `t3`.`net_profit_fen`,
            `t3`.`tax_paid_fen`,
            `t3`.`employees`,
            `t3`.`social_insured`,
            `t3`.`contact_confirmed`,
            `t3`.`retracted`,
            `t3`.`superseded_on`,
            `t3`.`happened_on`,
            LAG(`t3`.`report_year`) OVER (
              PARTITION BY `t3`.`entity_id`
              ORDER BY `t3`.`report_year` DESC, `t3`.`known_on` DESC, `t3`.`occurred_on` DESC, `t3`.`report_id` DESC
            ) AS `year_before`,
            MAX(`t3`.`report_year`) OVER (
              PARTITION BY `t3`.`entity_id`
              ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
            ) AS `newest_year`,
            MIN(`t3`.`happened_on`) OVER (
              PARTITION BY `t3`.`entity_id`
              ORDER BY `t3`.`report_year` DESC
              RANGE BETWEEN CURRENT ROW AND CURRENT ROW
            ) AS `first_filed`,
            MAX(
              CAST(CASE
                WHEN COALESCE(`t3`.`amended`, FALSE)
                THEN 1
                WHEN NOT (
                  COALESCE(`t3`.`amended`, FALSE)
                )
                THEN 0
                ELSE NULL
              END AS BIGINT)
            ) OVER (
              PARTITION BY `t3`.`entity_id`
              ORDER BY `t3`.`report_year` DESC
              RANGE BETWEEN CURRENT ROW AND CURRENT ROW
            ) AS `corrected`
          FROM (
            SELECT
              `t1`.`report_id`,
              `t1`.`entity_id`,
              `t1`.`report_year`,
              `t1`.`occurred_on`,
              `t1`.`known_on`,
              `t1`.`forgotten_on`,
              `t1`.`amended`,
              `t1`.`revenue_fen`,
              `t1`.`total_assets_fen`,
              `t1`.`total_liabilities_fen`,
              `t1`.`net_profit_fen`,
              `t1`.`tax_paid_fen`,
              `t1`.`employees`,
              `t1`.`social_insured`,
              `t1`.`contact_confirmed`,
              `t1`.`retracted`,
              `t1`.`superseded_on`,
              COALESCE(`t1`.`occurred_on`, `t1`.`known_on`) AS `happened_on`
            FROM `annual_reports` AS `t1`
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
              AND `t1`.`report_year` >= 2021
              AND `t1`.`report_year` < 2026
          ) AS `t3`
        ) AS `t7`
        WHERE
          (
            `t7`.`year_before` IS NULL
          )
          OR (
            `t7`.`year_before` <> `t7`.`report_year`
          )
      ) AS `t8`
      GROUP BY
        1
    ) AS `t9`
  ) AS `t11`
    ON `t6`.`entity_id` = `t11`.`subject_of_annual_reports`
) AS `t12`
ORDER BY
  `t12`.`entity_id` ASC NULLS LAST
