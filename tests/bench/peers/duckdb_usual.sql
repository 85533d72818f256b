-- The SQL that most people write: LAG finds the pauses, a running SUM numbers the sessions.
COPY (
    WITH events AS (
        ${USUAL_EVENTS}
    ),
    marked AS (
        SELECT key, t,
            CASE WHEN t - lag(t) OVER by_time <= INTERVAL 5 MINUTE THEN 0 ELSE 1 END AS begins
        FROM events
        WINDOW by_time AS (PARTITION BY key ORDER BY t)
    ),
    numbered AS (
        SELECT key, t, sum(begins) OVER (PARTITION BY key ORDER BY t ROWS UNBOUNDED PRECEDING) AS number
        FROM marked
    )
    SELECT
        --id md5(key || '|' || min(t)::VARCHAR) AS session_id,
        key, min(t) AS start, max(t) AS "end",
        date_diff('second', min(t), max(t)) AS duration_s, count(*) AS events
    FROM numbered
    GROUP BY key, number
) TO '${OUTPUT}' (HEADER);
