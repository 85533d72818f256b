"""with_polars.py INPUT OUTPUT [over]: Polars, lazily and streaming where it can.

The fast form sorts once and numbers the sessions by a running sum over the whole frame; `over` is the usual one, a window
for each key.
"""

import sys

import polars as pl

FIVE_MINUTES = pl.duration(minutes=5)


def main():
    source, target = sys.argv[1:3]
    key, t = pl.col("key"), pl.col("t")
    rows = pl.scan_csv(source, has_header=False)
    first, second = rows.collect_schema().names()[:2]
    time = pl.col(second).str.to_datetime("%Y-%m-%d %H:%M:%S")
    events = rows.select(pl.col(first).alias("key"), time.alias("t"))
    if sys.argv[3:] == ["over"]:
        begins = (t.diff() > FIVE_MINUTES).fill_null(True)
        numbered = events.sort("t").with_columns(begins.cum_sum().over("key").alias("number"))
        groups = numbered.group_by("key", "number")
        sessions = groups.agg(t.min().alias("start"), t.max().alias("end"), pl.len().alias("events"))
    else:
        begins = ((key != key.shift()) | (t - t.shift() > FIVE_MINUTES)).fill_null(True)
        numbered = events.sort("key", "t").with_columns(begins.cum_sum().alias("number"))
        sessions = numbered.group_by("number").agg(
            key.first(), t.first().alias("start"), t.last().alias("end"), pl.len().alias("events")
        )
    duration = (pl.col("end") - pl.col("start")).dt.total_seconds().alias("duration_s")
    sessions.select("key", "start", "end", duration, "events").sink_csv(target)


main()
