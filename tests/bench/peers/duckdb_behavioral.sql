-- A function of a community extension numbers the sessions of a key, instead of LAG and a running SUM.
LOAD behavioral;
COPY (
    WITH numbered AS (
        SELECT key, t, sessionize(t, INTERVAL 5 MINUTE) OVER (PARTITION BY key ORDER BY t) AS number
        FROM (${TUNED_EVENTS})
    )
    SELECT
        --id md5(key || '|' || min(t)::VARCHAR) AS session_id,
        key, min(t) AS start, max(t) AS "end",
        date_diff('second', min(t), max(t)) AS duration_s, count(*) AS events
    FROM numbered
    GROUP BY key, number
) TO '${OUTPUT}' (HEADER);
