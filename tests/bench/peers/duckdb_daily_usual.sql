-- One day, the usual way: the events of open sessions are carried in a table and looked at again with the next day.
BEGIN;
CREATE TABLE IF NOT EXISTS carried (key VARCHAR, t TIMESTAMP);
CREATE TEMP TABLE numbered AS
    WITH events AS (
        SELECT column0 AS key, column1 AS t FROM read_csv('${INPUT}', header = false)
        UNION ALL
        SELECT key, t FROM carried
    ),
    marked AS (
        SELECT key, t,
            CASE WHEN t - lag(t) OVER by_time <= INTERVAL 5 MINUTE THEN 0 ELSE 1 END AS begins
        FROM events
        WINDOW by_time AS (PARTITION BY key ORDER BY t)
    )
    SELECT key, t, sum(begins) OVER (PARTITION BY key ORDER BY t ROWS UNBOUNDED PRECEDING) AS number
    FROM marked;
SET VARIABLE watermark = (SELECT max(t) FROM numbered);
CREATE TEMP TABLE sessions AS
    SELECT key, number, min(t) AS start, max(t) AS "end", count(*) AS events FROM numbered GROUP BY key, number;
COPY (
    SELECT
        --id md5(key || '|' || start::VARCHAR) AS session_id,
        key, start, "end", date_diff('second', start, "end") AS duration_s, events
    FROM sessions
    WHERE "end" + INTERVAL 5 MINUTE < getvariable('watermark') OR ${LAST}
) TO '${OUTPUT}' (HEADER);
CREATE OR REPLACE TABLE carried AS
    SELECT key, t
    FROM numbered JOIN sessions USING (key, number)
    WHERE "end" + INTERVAL 5 MINUTE >= getvariable('watermark');
COMMIT;
