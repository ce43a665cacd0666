-- Checks a published draw with DuckDB: `duckdb < verify.sql` in the folder of the bundle tells OK or what differs.
--
-- It draws again from frame.csv, plan.json and draw.json, as verify.py does, in another language. Two things it
-- cannot do and says: SM3, which DuckDB does not have; and a Pareto draw decided by less than a part in 10^9,
-- because DuckDB has no whole numbers of 512 bits. Names of officials are compared by case only.

CREATE OR REPLACE TEMP MACRO field(x) AS strlen(x)::VARCHAR || ':' || x || ',';
CREATE OR REPLACE TEMP MACRO first_64_bits(hex) AS
    list_sum([((instr('0123456789abcdef', hex[i]) - 1)::HUGEINT << (4 * (16 - i))) for i in range(1, 17)])::DOUBLE;

CREATE OR REPLACE TEMP TABLE texts AS SELECT
    (SELECT sha256(content) FROM read_blob('frame.csv')) AS frame_digest,
    (SELECT sha256(content) FROM read_blob('plan.json')) AS plan_digest,
    (SELECT TRY(decode(content)) FROM read_blob('plan.json')) AS plan_text,
    (SELECT TRY(decode(content)) FROM read_blob('draw.json')) AS draw_text;

CREATE OR REPLACE TEMP TABLE files AS SELECT
    frame_digest, plan_digest,
    coalesce(sha256(regexp_replace(draw_text, '"content_digest": "[0-9a-f]{64}", ', ''))
        = regexp_extract(draw_text, '"content_digest": "([0-9a-f]{64})", ', 1), false) AS draw_whole,
    TRY(from_json(plan_text, '{"plan_id": "VARCHAR", "frame_digest": "VARCHAR", "ratios": "JSON",
        "strata": [{"stratum": "VARCHAR", "grade": "VARCHAR", "size": "BIGINT", "count": "BIGINT"}],
        "method": {"hash": "VARCHAR", "design": "VARCHAR", "public": {"published_at": "VARCHAR"},
                   "joint": {"label": "VARCHAR", "plans": ["VARCHAR"]}}}')) AS plan,
    TRY(from_json(draw_text, '{"plan_id": "VARCHAR", "frame_digest": "VARCHAR", "plan_digest": "VARCHAR",
        "seed": "VARCHAR", "partners": [["VARCHAR"]],
        "commitments": [{"official": "VARCHAR", "commitment": "VARCHAR"}],
        "reveals": [{"official": "VARCHAR", "secret": "VARCHAR", "at": "VARCHAR"}],
        "selected": [{"entity_id": "VARCHAR", "stratum": "VARCHAR", "grade": "VARCHAR",
                      "inclusion_probability": "VARCHAR", "ticket": "VARCHAR"}]}')) AS draw
FROM texts;

CREATE OR REPLACE TEMP TABLE methods AS SELECT
    coalesce(plan.method.hash, 'sha256') AS hash,
    coalesce(plan.method.design, 'stratified') AS design,
    plan.method.public.published_at AS published_at,
    plan.method.joint.label AS joint_label,
    coalesce(plan.method.joint.label, plan.plan_id) AS label,
    coalesce(plan.method.joint.plans[1], plan.plan_id) AS whose,
    CASE WHEN plan.method.joint.label IS NULL THEN field(draw.frame_digest) || field(draw.plan_digest)
         ELSE field(sha256(field('xinheng-joint-v1') || field(plan.method.joint.label)
              || list_aggregate([field(x) for x in flatten(draw.partners)], 'string_agg', ''))) || field('')
    END AS of_files
FROM files;

CREATE OR REPLACE TEMP TABLE opened AS
SELECT one.official, one.secret, one."at" AS moment FROM (SELECT unnest(draw.reveals) AS one FROM files);
CREATE OR REPLACE TEMP TABLE promised AS
SELECT one.official, one.commitment FROM (SELECT unnest(draw.commitments) AS one FROM files);

CREATE OR REPLACE TEMP TABLE seeds AS SELECT
    CASE WHEN published_at IS NULL
         THEN sha256(field('xinheng-seed-v1') || of_files || (SELECT
              string_agg(field(official) || field(secret), '' ORDER BY official, secret) FROM opened))
         ELSE sha256(field('xinheng-public-seed-v1') || of_files || field((SELECT min(secret) FROM opened)))
    END AS seed
FROM methods;

CREATE OR REPLACE TEMP TABLE frame AS
SELECT row_number() OVER () AS line, entity_id, coalesce(stratum, '') AS stratum, eligible,
       inclusion_probability AS chance
FROM read_csv('frame.csv', header = true, delim = ',', quote = '"', escape = '"', all_varchar = true,
              columns = {'entity_id': 'VARCHAR', 'stratum': 'VARCHAR', 'grade': 'VARCHAR', 'eligible': 'VARCHAR',
                         'exclusion_reason': 'VARCHAR', 'inclusion_probability': 'VARCHAR'},
              auto_detect = false, ignore_errors = true);

CREATE OR REPLACE TEMP TABLE strata AS
SELECT one.stratum, one.grade, one.size, one.count, CASE
           WHEN ends_with(one.stratum, '/full') THEN '1' ELSE ratios ->> one.grade END AS ratio
FROM (SELECT unnest(plan.strata) AS one, plan.ratios AS ratios FROM files);

CREATE OR REPLACE TEMP TABLE ranked AS
WITH tickets AS (
    SELECT entity_id, stratum, chance, sha256(field('xinheng-draw-v1') || field(seed) || field(label)
           || field('entities') || field(CASE WHEN joint_label IS NULL THEN stratum ELSE '' END)
           || field(entity_id)) AS ticket
    FROM frame, seeds, methods WHERE eligible = 'yes'
), keyed AS (
    SELECT tickets.*, CASE WHEN design = 'stratified' THEN 0.0 ELSE first_64_bits(ticket) / 2.0^64 END AS u,
           CASE WHEN design = 'stratified' THEN NULL ELSE chance::DOUBLE END AS pi
    FROM tickets, methods
)
SELECT entity_id, stratum, chance, ticket, u, pi,
       CASE WHEN design = 'pareto' THEN u / (1 - u) * (1 - pi) / pi ELSE 0.0 END AS key,
       row_number() OVER (PARTITION BY stratum ORDER BY
           CASE WHEN design = 'pareto' THEN u / (1 - u) * (1 - pi) / pi ELSE 0.0 END, ticket, entity_id) AS place
FROM keyed, methods;

CREATE OR REPLACE TEMP TABLE expected AS
SELECT entity_id, stratum, grade, chance AS inclusion_probability, ticket
FROM ranked JOIN strata USING (stratum), methods
WHERE CASE WHEN design = 'poisson' THEN u < pi ELSE place <= count END;

CREATE OR REPLACE TEMP TABLE selected AS
SELECT one.entity_id, one.stratum, one.grade, one.inclusion_probability, one.ticket
FROM (SELECT unnest(draw.selected) AS one FROM files);

WITH ratios AS (
    SELECT *, CASE WHEN contains(ratio, '/') THEN split_part(ratio, '/', 1) ELSE replace(ratio, '.', '') END::HUGEINT
           AS above, CASE WHEN contains(ratio, '/') THEN split_part(ratio, '/', 2)::HUGEINT
           ELSE (10::HUGEINT ** length(split_part(ratio, '.', 2)))::HUGEINT END AS below
    FROM strata
), differences AS (
    SELECT 1 AS step, 'draw.json: is not what its own digest says' AS told FROM files WHERE NOT draw_whole
    UNION ALL SELECT 2, 'frame.csv: is not the file that draw.json names' FROM files
    WHERE frame_digest IS DISTINCT FROM draw.frame_digest AND draw_whole
    UNION ALL SELECT 2, 'plan.json: is not the file that draw.json names' FROM files
    WHERE plan_digest IS DISTINCT FROM draw.plan_digest AND draw_whole
    UNION ALL SELECT 3, 'plan.json: tickets are SM3, which DuckDB does not have; verify.py checks this draw'
    FROM methods WHERE hash <> 'sha256'
    UNION ALL SELECT 4, 'draw.json: the reveals do not open the commitments of two or more officials'
    FROM methods WHERE published_at IS NULL AND ((SELECT count(DISTINCT lower(official)) FROM opened) < 2
       OR EXISTS (FROM promised FULL JOIN opened USING (official) WHERE commitment IS DISTINCT FROM
                  sha256(field('xinheng-commitment-v1') || field(whose) || field(official) || field(secret))))
    UNION ALL SELECT 4, 'draw.json: no two officials entered the same public value after its time'
    FROM methods WHERE published_at IS NOT NULL AND ((SELECT count(DISTINCT lower(official)) FROM opened) < 2
       OR (SELECT count(DISTINCT secret) FROM opened) <> 1 OR (SELECT min(moment) FROM opened) < published_at
       OR EXISTS (FROM promised))
    UNION ALL SELECT 4, 'draw.json: the partners are not those that plan.json names' FROM files
    WHERE plan.method.joint.label IS NOT NULL AND ([x[1] for x in draw.partners] IS DISTINCT FROM plan.method.joint.plans
       OR NOT list_contains(draw.partners, [draw.plan_id, draw.frame_digest, draw.plan_digest]))
    UNION ALL SELECT 5, 'draw.json: plan, seed or frame digest does not follow from the files' FROM files, seeds
    WHERE (draw.plan_id, draw.seed, plan.frame_digest) IS DISTINCT FROM (plan.plan_id, seeds.seed, draw.frame_digest)
    UNION ALL
    SELECT 6, 'frame.csv: ' || entity_id || ' is out of order, twice, or has not the chance of its stratum' FROM (
        SELECT *, lag(entity_id, 1, '') OVER (ORDER BY line) AS previous FROM frame LEFT JOIN strata USING (stratum))
        AS lines, methods
    WHERE entity_id <= previous OR chance IS DISTINCT FROM CASE WHEN eligible <> 'yes' THEN '0'
          WHEN design = 'stratified' THEN lines.count::VARCHAR || '/' || lines.size::VARCHAR ELSE chance END
    UNION ALL SELECT 7, 'plan.json: size or count of stratum ' || stratum || ' does not follow from frame and ratio'
    FROM ratios LEFT JOIN (SELECT stratum, count(*) AS found, sum(chance_12) AS chances FROM (
            SELECT stratum, CASE WHEN design = 'stratified' THEN NULL
                   ELSE (chance::DECIMAL(13, 12) * 1000000000000)::HUGEINT END AS chance_12
            FROM ranked, methods) GROUP BY stratum) USING (stratum), methods
    WHERE size <> coalesce(found, 0) OR count <> (above * size + below - 1) // below
       OR (design <> 'stratified' AND abs(chances - count::HUGEINT * 1000000000000) > size)
    UNION ALL SELECT 8, 'plan.json: the Pareto draw of stratum ' || stratum || ' is too close for DuckDB'
    FROM ranked JOIN strata USING (stratum), methods
    WHERE design = 'pareto' AND place IN (count, count + 1)
    GROUP BY stratum HAVING count(*) = 2 AND max(key) - min(key) <= max(key) * 1e-9
    UNION ALL SELECT 8, 'plan.json: the Poisson draw of ' || entity_id || ' is too close for DuckDB'
    FROM ranked, methods WHERE design = 'poisson' AND abs(u - pi) <= 1e-15
    UNION ALL SELECT 9, 'draw.json: ' || (SELECT count(*) FROM selected) || ' are selected and not '
           || (SELECT count(*) FROM expected)
    WHERE (SELECT count(*) FROM selected) <> (SELECT count(*) FROM expected)
    UNION ALL SELECT DISTINCT 10, 'draw.json: ' || entity_id || ' is selected and should not be, or the reverse' FROM (
        (FROM expected EXCEPT FROM selected) UNION ALL (FROM selected EXCEPT FROM expected))
), first_faults AS (
    -- Of files that are not the drawn ones nothing else is told, nor of tickets that cannot be made here.
    SELECT * FROM differences WHERE step <= coalesce((SELECT min(step) FROM differences WHERE step <= 3), 10)
)
SELECT told FROM first_faults UNION ALL SELECT 'OK' WHERE NOT EXISTS (FROM first_faults) ORDER BY told;
