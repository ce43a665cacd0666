SELECT
  "t2"."entity_id",
  CASE
    WHEN REGEXP_MATCHES("t2"."industry_code", '^[A-T]([0-9]{2,4})?$')
    THEN SUBSTRING(
      "t2"."industry_code",
      CASE WHEN (
        0 + 1
      ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
      1
    )
    WHEN REGEXP_MATCHES("t2"."industry_code", '^[0-9]{2,4}$')
    AND (
      SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) >= '01'
    )
    AND (
      SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '97'
    )
    THEN CASE
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '05'
      THEN 'A'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '12'
      THEN 'B'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '43'
      THEN 'C'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '46'
      THEN 'D'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '50'
      THEN 'E'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '52'
      THEN 'F'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '60'
      THEN 'G'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '62'
      THEN 'H'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '65'
      THEN 'I'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '69'
      THEN 'J'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '70'
      THEN 'K'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '72'
      THEN 'L'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '75'
      THEN 'M'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '79'
      THEN 'N'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '82'
      THEN 'O'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '83'
      THEN 'P'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '85'
      THEN 'Q'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '90'
      THEN 'R'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '96'
      THEN 'S'
      WHEN SUBSTRING(
        "t2"."industry_code",
        CASE WHEN (
          0 + 1
        ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t2"."industry_code") END,
        2
      ) <= '97'
      THEN 'T'
      ELSE CAST(NULL AS TEXT)
    END
    ELSE CAST(NULL AS TEXT)
  END AS "entity_section_now"
FROM (
  SELECT
    "t1"."entity_id",
    FIRST("t1"."id_kind" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."id_kind" IS NOT NULL) AS "id_kind",
    FIRST("t1"."uscc" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."uscc" IS NOT NULL) AS "uscc",
    FIRST("t1"."name" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."name" IS NOT NULL) AS "name",
    FIRST("t1"."entity_type" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."entity_type" IS NOT NULL) AS "entity_type",
    FIRST("t1"."region_code" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."region_code" IS NOT NULL) AS "region_code",
    FIRST("t1"."industry_code" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."industry_code" IS NOT NULL) AS "industry_code",
    FIRST("t1"."registered_on" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."registered_on" IS NOT NULL) AS "registered_on",
    FIRST("t1"."deregistered_on" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."deregistered_on" IS NOT NULL) AS "deregistered_on",
    FIRST("t1"."registered_capital_fen" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."registered_capital_fen" IS NOT NULL) AS "registered_capital_fen",
    FIRST("t1"."latitude" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."latitude" IS NOT NULL) AS "latitude",
    FIRST("t1"."longitude" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."longitude" IS NOT NULL) AS "longitude",
    FIRST("t1"."ownership" ORDER BY "t1"."known_on" DESC) FILTER(WHERE
      "t1"."ownership" IS NOT NULL) AS "ownership"
  FROM (
    SELECT
      *
    FROM "entities" AS "t0"
    WHERE
      "t0"."known_on" <= MAKE_DATE(2026, 1, 1)
  ) AS "t1"
  GROUP BY
    1
) AS "t2"
WHERE
  (
    "t2"."deregistered_on" IS NULL
  )
  OR (
    "t2"."deregistered_on" > MAKE_DATE(2026, 1, 1)
  )
ORDER BY
  "t2"."entity_id" ASC
