SELECT
  "t10"."entity_id",
  "t10"."inspections_problem_last"
FROM (
  SELECT
    "t6"."entity_id",
    "t6"."id_kind",
    "t6"."uscc",
    "t6"."name",
    "t6"."entity_type",
    "t6"."region_code",
    "t6"."industry_code",
    "t6"."registered_on",
    "t6"."deregistered_on",
    "t6"."registered_capital_fen",
    "t6"."latitude",
    "t6"."longitude",
    "t6"."ownership",
    "t9"."inspections_problem_last"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t2"."entity_id",
        FIRST("t2"."id_kind" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."id_kind" IS NOT NULL) AS "id_kind",
        FIRST("t2"."uscc" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."uscc" IS NOT NULL) AS "uscc",
        FIRST("t2"."name" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."name" IS NOT NULL) AS "name",
        FIRST("t2"."entity_type" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."entity_type" IS NOT NULL) AS "entity_type",
        FIRST("t2"."region_code" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."region_code" IS NOT NULL) AS "region_code",
        FIRST("t2"."industry_code" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."industry_code" IS NOT NULL) AS "industry_code",
        FIRST("t2"."registered_on" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."registered_on" IS NOT NULL) AS "registered_on",
        FIRST("t2"."deregistered_on" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."deregistered_on" IS NOT NULL) AS "deregistered_on",
        FIRST("t2"."registered_capital_fen" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."registered_capital_fen" IS NOT NULL) AS "registered_capital_fen",
        FIRST("t2"."latitude" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."latitude" IS NOT NULL) AS "latitude",
        FIRST("t2"."longitude" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."longitude" IS NOT NULL) AS "longitude",
        FIRST("t2"."ownership" ORDER BY "t2"."known_on" DESC) FILTER(WHERE
          "t2"."ownership" IS NOT NULL) AS "ownership"
      FROM (
        SELECT
          *
        FROM "entities" AS "t0"
        WHERE
          "t0"."known_on" <= MAKE_DATE(2026, 1, 1)
      ) AS "t2"
      GROUP BY
        1
    ) AS "t3"
    WHERE
      (
        "t3"."deregistered_on" IS NULL
      )
      OR (
        "t3"."deregistered_on" > MAKE_DATE(2026, 1, 1)
      )
    ORDER BY
      "t3"."entity_id" ASC
  ) AS "t6"
  LEFT OUTER JOIN (
    SELECT
      "t7"."entity_id" AS "subject_of_inspections",
      "t7"."inspections_problem_last"
    FROM (
      SELECT
        "t5"."entity_id",
        CASE
          WHEN (
            (
              MAX(
                (
                  DATE_DIFF('DAY', MAKE_DATE(1900, 1, 1), "t5"."happened_on") * 3
                ) + LEAST(
                  COALESCE(
                    CAST(CASE WHEN "t5"."problem" THEN 1 WHEN NOT (
                      "t5"."problem"
                    ) THEN 0 ELSE NULL END AS BIGINT),
                    -1
                  ),
                  1
                ) + 1
              ) FILTER(WHERE
                "t5"."recorded") % 3
            ) - 1
          ) >= 0
          THEN (
            MAX(
              (
                DATE_DIFF('DAY', MAKE_DATE(1900, 1, 1), "t5"."happened_on") * 3
              ) + LEAST(
                COALESCE(
                  CAST(CASE WHEN "t5"."problem" THEN 1 WHEN NOT (
                    "t5"."problem"
                  ) THEN 0 ELSE NULL END AS BIGINT),
                  -1
                ),
                1
              ) + 1
            ) FILTER(WHERE
              "t5"."recorded") % 3
          ) - 1
          ELSE CAST(NULL AS BIGINT)
        END AS "inspections_problem_last"
      FROM (
        SELECT
          "t1"."inspection_id",
          "t1"."entity_id",
          "t1"."occurred_on",
          "t1"."known_on",
          "t1"."forgotten_on",
          "t1"."mechanism",
          "t1"."inclusion_probability",
          "t1"."draw_id",
          "t1"."item_code",
          "t1"."result_codes",
          "t1"."critical_count",
          "t1"."serious_count",
          "t1"."minor_count",
          "t1"."inspector",
          "t1"."retracted",
          "t1"."superseded_on",
          COALESCE("t1"."occurred_on", "t1"."known_on") AS "happened_on",
          "t1"."result_codes" IS NOT NULL AS "recorded",
          COALESCE(
            CONTAINS(';' || "t1"."result_codes" || ';', ';disclosure_false;')
            OR CONTAINS(';' || "t1"."result_codes" || ';', ';disclosure_missing;')
            OR CONTAINS(';' || "t1"."result_codes" || ';', ';ordered_to_correct;')
            OR CONTAINS(';' || "t1"."result_codes" || ';', ';ordered_to_stop;')
            OR CONTAINS(';' || "t1"."result_codes" || ';', ';problem_pending;')
            OR CONTAINS(';' || "t1"."result_codes" || ';', ';uncooperative;')
            OR CONTAINS(';' || "t1"."result_codes" || ';', ';unreachable;'),
            FALSE
          ) AS "problem",
          COALESCE(
            CONTAINS(';' || "t1"."result_codes" || ';', ';ordered_to_stop;')
            OR CONTAINS(';' || "t1"."result_codes" || ';', ';problem_pending;')
            OR CONTAINS(';' || "t1"."result_codes" || ';', ';uncooperative;'),
            FALSE
          ) AS "serious"
        FROM "inspections" AS "t1"
        WHERE
          COALESCE("t1"."occurred_on", "t1"."known_on") <= MAKE_DATE(2026, 1, 1)
          AND "t1"."known_on" <= MAKE_DATE(2026, 1, 1)
          AND NOT (
            "t1"."retracted"
          )
          AND (
            (
              "t1"."superseded_on" IS NULL
            )
            OR (
              "t1"."superseded_on" > MAKE_DATE(2026, 1, 1)
            )
          )
          AND (
            (
              "t1"."forgotten_on" IS NULL
            )
            OR (
              "t1"."forgotten_on" > MAKE_DATE(2026, 1, 1)
            )
          )
      ) AS "t5"
      GROUP BY
        1
    ) AS "t7"
  ) AS "t9"
    ON "t6"."entity_id" = "t9"."subject_of_inspections"
) AS "t10"
ORDER BY
  "t10"."entity_id" ASC
