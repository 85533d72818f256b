"""The same sessions by other engines. Each takes a story, and gives sessions: key, time of the first and of the last event, events."""

import duckdb

# The usual statement for sessions in SQL: a row begins one if its pause is longer than the gap.
GAPS = """
SELECT key, min(t), max(t), count(*)
FROM (
  SELECT key, t, count(*) FILTER (begins) OVER (PARTITION BY key ORDER BY t, seq) AS session
  FROM (SELECT *, t - lag(t) OVER (PARTITION BY key ORDER BY t, seq) <= $gap IS NOT TRUE AS begins FROM events)
)
GROUP BY key, session
"""

# Flink's session windows: each event is a window [t, t + gap); those that meet are merged, also where one begins as the other ends.
MERGED = """
SELECT least(min(first), $t), greatest(max(last), $t), coalesce(sum(events), 0) + 1
FROM windows WHERE key = $key AND first <= $t + $gap AND last + $gap >= $t
"""
FORGET = "DELETE FROM windows WHERE key = $key AND first <= $t + $gap AND last + $gap >= $t"
FIRED = "DELETE FROM windows WHERE last + $gap <= $watermark RETURNING key, first, last, events"


def by_duckdb(story):
    """Events that are accepted, all at once."""
    with duckdb.connect() as db:
        db.execute("CREATE TABLE events (seq INTEGER, key VARCHAR, t BIGINT)")
        rows = [(event.seq, event.key, event.time) for event in story.accepted()]
        if rows:
            db.executemany("INSERT INTO events VALUES (?, ?, ?)", rows)
        return sorted(db.execute(GAPS, {"gap": story.gap}).fetchall())


def by_flink_rules(story):
    """Every event, row after row; which are late is decided here. The watermark moves after each batch. Says which sessions have
    fired, which have not, and which events were late."""
    fired, late, watermark, latest = [], set(), -(1 << 62), -(1 << 62)
    with duckdb.connect() as db:
        db.execute("CREATE TABLE windows (key VARCHAR, first BIGINT, last BIGINT, events BIGINT)")
        for step in story.steps:
            for event in step.events:
                row = {"key": event.key, "t": event.time, "gap": story.gap}
                first, last, events = db.execute(MERGED, row).fetchone()
                # A window is late if the watermark has passed its end, after it was merged.
                if last + story.gap <= watermark:
                    late.add(event.seq)
                    continue
                latest = max(latest, event.time)
                db.execute(FORGET, row)
                db.execute("INSERT INTO windows VALUES (?, ?, ?, ?)", [event.key, first, last, events])
            reached = step.flags.get("--watermark", latest - step.flags.get("--watermark-delay", 0))
            if step.verb == "finalize":
                # The end of a stream: a watermark behind all times.
                reached = step.flags.get("--as-of", latest + story.gap + 1)
            watermark = max(watermark, reached)
            fired += db.execute(FIRED, {"gap": story.gap, "watermark": watermark}).fetchall()
        waiting = db.execute("FROM windows").fetchall()
    return sorted(fired), sorted(waiting), late
