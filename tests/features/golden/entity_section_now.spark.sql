SELECT
  `t2`.`entity_id`,
  CASE
    WHEN `t2`.`industry_code` RLIKE '^[A-T]([0-9]{2,4})?$'
    THEN SUBSTRING(
      `t2`.`industry_code`,
      IF((
        0 + 1
      ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
      1
    )
    WHEN `t2`.`industry_code` RLIKE '^[0-9]{2,4}$'
    AND (
      SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) >= '01'
    )
    AND (
      SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '97'
    )
    THEN CASE
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '05'
      THEN 'A'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '12'
      THEN 'B'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '43'
      THEN 'C'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '46'
      THEN 'D'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '50'
      THEN 'E'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '52'
      THEN 'F'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '60'
      THEN 'G'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '62'
      THEN 'H'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '65'
      THEN 'I'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '69'
      THEN 'J'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '70'
      THEN 'K'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '72'
      THEN 'L'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '75'
      THEN 'M'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '79'
      THEN 'N'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '82'
      THEN 'O'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '83'
      THEN 'P'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '85'
      THEN 'Q'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '90'
      THEN 'R'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '96'
      THEN 'S'
      WHEN SUBSTRING(
        `t2`.`industry_code`,
        IF((
          0 + 1
        ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`industry_code`)),
        2
      ) <= '97'
      THEN 'T'
      ELSE CAST(NULL AS STRING)
    END
    ELSE CAST(NULL AS STRING)
  END AS `entity_section_now`
FROM (
  SELECT
    `t1`.`entity_id`,
    MAX_BY(
      IF(`t1`.`id_kind` IS NOT NULL, `t1`.`id_kind`, NULL),
      IF(`t1`.`id_kind` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `id_kind`,
    MAX_BY(
      IF(`t1`.`uscc` IS NOT NULL, `t1`.`uscc`, NULL),
      IF(`t1`.`uscc` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `uscc`,
    MAX_BY(
      IF(`t1`.`name` IS NOT NULL, `t1`.`name`, NULL),
      IF(`t1`.`name` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `name`,
    MAX_BY(
      IF(`t1`.`entity_type` IS NOT NULL, `t1`.`entity_type`, NULL),
      IF(`t1`.`entity_type` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `entity_type`,
    MAX_BY(
      IF(`t1`.`region_code` IS NOT NULL, `t1`.`region_code`, NULL),
      IF(`t1`.`region_code` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `region_code`,
    MAX_BY(
      IF(`t1`.`industry_code` IS NOT NULL, `t1`.`industry_code`, NULL),
      IF(`t1`.`industry_code` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `industry_code`,
    MAX_BY(
      IF(`t1`.`registered_on` IS NOT NULL, `t1`.`registered_on`, NULL),
      IF(`t1`.`registered_on` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `registered_on`,
    MAX_BY(
      IF(`t1`.`deregistered_on` IS NOT NULL, `t1`.`deregistered_on`, NULL),
      IF(`t1`.`deregistered_on` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `deregistered_on`,
    MAX_BY(
      IF(`t1`.`registered_capital_fen` IS NOT NULL, `t1`.`registered_capital_fen`, NULL),
      IF(`t1`.`registered_capital_fen` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `registered_capital_fen`,
    MAX_BY(
      IF(`t1`.`latitude` IS NOT NULL AND NOT ISNAN(`t1`.`latitude`), `t1`.`latitude`, NULL),
      IF(`t1`.`latitude` IS NOT NULL AND NOT ISNAN(`t1`.`latitude`), `t1`.`known_on`, NULL)
    ) AS `latitude`,
    MAX_BY(
      IF(`t1`.`longitude` IS NOT NULL AND NOT ISNAN(`t1`.`longitude`), `t1`.`longitude`, NULL),
      IF(`t1`.`longitude` IS NOT NULL AND NOT ISNAN(`t1`.`longitude`), `t1`.`known_on`, NULL)
    ) AS `longitude`,
    MAX_BY(
      IF(`t1`.`ownership` IS NOT NULL, `t1`.`ownership`, NULL),
      IF(`t1`.`ownership` IS NOT NULL, `t1`.`known_on`, NULL)
    ) AS `ownership`
  FROM (
    SELECT
      *
    FROM `entities` AS `t0`
    WHERE
      `t0`.`known_on` <= MAKE_DATE(2026, 1, 1)
  ) AS `t1`
  GROUP BY
    1
) AS `t2`
WHERE
  (
    `t2`.`deregistered_on` IS NULL
  )
  OR (
    `t2`.`deregistered_on` > MAKE_DATE(2026, 1, 1)
  )
ORDER BY
  `t2`.`entity_id` ASC NULLS LAST
