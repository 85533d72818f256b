-- Array functions: the times of a key in one sorted array, split where it pauses.
SELECT
    --id lower(hex(MD5(concat(key, '|', toString(session[1]))))) AS session_id,
    key, session[1] AS start, session[-1] AS `end`,
    dateDiff('second', start, `end`) AS duration_s, length(session) AS events
FROM (
    SELECT key, arraySort(groupArray(t)) AS times,
        arraySplit((time, pause) -> pause > 300, times, arrayDifference(times)) AS sessions
    FROM file('${INPUT}', 'CSV', 'key String, t DateTime${CLICKHOUSE_REST}')
    GROUP BY key
)
ARRAY JOIN sessions AS session
INTO OUTFILE '${OUTPUT}' TRUNCATE FORMAT CSVWithNames
SETTINGS max_threads = 2
