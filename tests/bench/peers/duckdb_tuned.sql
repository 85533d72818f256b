-- The fastest of five forms that were tried: no window at all. The times of a key go into one sorted list, the list is
-- cut where it pauses. Seconds as integers, columns declared, no order kept.
SET preserve_insertion_order = false;
COPY (
    WITH lists AS (
        SELECT key, list_sort(list(epoch(t)::INTEGER)) AS times
        FROM (${TUNED_EVENTS})
        GROUP BY key
    ),
    cuts AS (
        SELECT key, times,
            list_filter(range(1, len(times) + 1), lambda i: i = 1 OR times[i] - times[i - 1] > 300) AS firsts
        FROM lists
    ),
    sessions AS (
        SELECT key, times, unnest(firsts) AS first, unnest(list_append(firsts[2:], len(times) + 1)) AS beyond
        FROM cuts
    )
    SELECT
        --id md5(key || '|' || times[first]) AS session_id,
        key, make_timestamp(times[first]::BIGINT * 1000000) AS start,
        make_timestamp(times[beyond - 1]::BIGINT * 1000000) AS "end",
        times[beyond - 1] - times[first] AS duration_s, beyond - first AS events
    FROM sessions
) TO '${OUTPUT}' (HEADER);
