-- Window functions over a table in memory, filled by the shell's own CSV import.
PRAGMA threads = 2;
PRAGMA temp_store = MEMORY;
CREATE TABLE events (key TEXT, t TEXT ${SQLITE_REST});
.mode csv
.import '${INPUT}' events
.headers on
.output '${OUTPUT}'
WITH timed AS (
    SELECT key, CAST(strftime('%s', t) AS INTEGER) AS t FROM events
),
marked AS (
    SELECT key, t, CASE WHEN t - lag(t) OVER by_time <= 300 THEN 0 ELSE 1 END AS begins
    FROM timed
    WINDOW by_time AS (PARTITION BY key ORDER BY t)
),
numbered AS (
    SELECT key, t, sum(begins) OVER (PARTITION BY key ORDER BY t ROWS UNBOUNDED PRECEDING) AS number
    FROM marked
)
SELECT key, datetime(min(t), 'unixepoch') AS start, datetime(max(t), 'unixepoch') AS "end",
    max(t) - min(t) AS duration_s, count(*) AS events
FROM numbered
GROUP BY key, number;
