-- One day, tuned: the lists of duckdb_tuned.sql; of an open session one row is carried, and joined to the first session
-- that its key has today.
SET preserve_insertion_order = false;
BEGIN;
CREATE TABLE IF NOT EXISTS carried (key VARCHAR, start INTEGER, "end" INTEGER, events BIGINT);
CREATE TEMP TABLE today AS
    WITH lists AS (
        SELECT key, list_sort(list(epoch(t)::INTEGER)) AS times
        FROM read_csv('${INPUT}', header = false, auto_detect = false, delim = ',', quote = '"',
            columns = {'key': 'VARCHAR', 't': 'TIMESTAMP' ${DUCKDB_REST}})
        GROUP BY key
    ),
    cuts AS (
        SELECT key, times,
            list_filter(range(1, len(times) + 1), lambda i: i = 1 OR times[i] - times[i - 1] > 300) AS firsts
        FROM lists
    ),
    spread AS (
        SELECT key, times, unnest(firsts) AS first, unnest(list_append(firsts[2:], len(times) + 1)) AS beyond
        FROM cuts
    )
    SELECT key, times[first] AS start, times[beyond - 1] AS "end", beyond - first AS events, first = 1 AS is_first
    FROM spread;
SET VARIABLE watermark = (SELECT max("end") FROM today);
CREATE TEMP TABLE sessions AS
    SELECT today.key, coalesce(carried.start, today.start) AS start, today."end",
        today.events + coalesce(carried.events, 0) AS events
    FROM today LEFT JOIN carried
        ON is_first AND carried.key = today.key AND today.start - carried."end" <= 300
    UNION ALL
    SELECT * FROM carried
    WHERE NOT EXISTS (
        SELECT 1 FROM today WHERE is_first AND today.key = carried.key AND today.start - carried."end" <= 300);
COPY (
    SELECT
        --id md5(key || '|' || start) AS session_id,
        key, make_timestamp(start::BIGINT * 1000000) AS start, make_timestamp("end"::BIGINT * 1000000) AS "end",
        "end" - start AS duration_s, events
    FROM sessions
    WHERE "end" + 300 < getvariable('watermark') OR ${LAST}
) TO '${OUTPUT}' (HEADER);
CREATE OR REPLACE TABLE carried AS SELECT * FROM sessions WHERE "end" + 300 >= getvariable('watermark');
COMMIT;
