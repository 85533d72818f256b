#!/usr/bin/env python3
"""python.py [--rows N] [--runs N] [--contenders NAME,...]: sessions of a data frame in one process, beside pandas, Polars and DuckDB.

Rows in the order of time, eight events a session on average, keys of text. Every contender starts from its own frame in memory and ends
with its own frame of sessions; only ours have ids. Runs alternate; the first of each warms up, says how far memory grew beyond the input,
and does not count. The numbers of sessions must be equal. `sessionize-stream` reads the same rows as a stream.

Needs the package as a wheel (src/packages/wheel.sh), and pandas, Polars, DuckDB and pyarrow.
"""

import argparse
import resource
import statistics
import threading
import time

import duckdb
import numpy
import pandas
import polars
import pyarrow
import sessionize

GAP_S = 1800
GAP = "30m"
SQL = f"""
WITH marked AS (
  SELECT user, ts, coalesce(ts - lag(ts) OVER (PARTITION BY user ORDER BY ts) > INTERVAL {GAP_S} SECOND, true) AS is_new FROM rows
), numbered AS (
  SELECT user, ts, sum(is_new::INT) OVER (PARTITION BY user ORDER BY ts ROWS UNBOUNDED PRECEDING) AS session FROM marked
)
SELECT user, min(ts) AS session_start, max(ts) AS session_end, count(*) AS events FROM numbered GROUP BY user, session
"""


def events(rows):
    """Events of users who come, click about eight times, and go: as columns of pyarrow."""
    draw = numpy.random.default_rng(1)
    sessions = rows // 8
    users = draw.integers(0, max(sessions // 3, 1), sessions)
    starts = draw.integers(0, 90 * 86_400, sessions)
    user = numpy.repeat(users, 8)
    offset = numpy.cumsum(draw.integers(1, 300, (sessions, 8)), axis=1).ravel()
    seconds = numpy.repeat(starts, 8) + offset + 1_700_000_000
    order = numpy.argsort(seconds, kind="stable")
    names = pyarrow.array([f"user-{number:07}" for number in range(users.max() + 1)])
    ts = pyarrow.array(seconds[order] * 1_000_000, pyarrow.timestamp("us", "UTC"))
    return pyarrow.table({"user": names.take(pyarrow.array(user[order])), "ts": ts})


def of_sessionize(table):
    done, state = sessionize.sessionize(table, key="user", time="ts", gap=GAP)
    return len(done) + len(sessionize.finalize(state))


def of_sessionize_stream(table):
    pieces = sessionize.stream(table.to_reader(), key="user", time="ts", gap=GAP)
    return sum(len(piece) for piece in pieces) + len(sessionize.finalize(pieces.state))


def of_pandas(frame):
    frame = frame.sort_values(["user", "ts"], kind="stable")
    is_new = (frame["user"] != frame["user"].shift()) | (frame["ts"].diff() > pandas.Timedelta(seconds=GAP_S))
    grouped = frame.groupby(is_new.cumsum())
    return len(grouped.agg(user=("user", "first"), start=("ts", "min"), end=("ts", "max"), events=("ts", "size")))


def of_polars(frame):
    gap = polars.duration(seconds=GAP_S)
    is_new = (polars.col("ts").diff().over("user") > gap).fill_null(True)
    sessions = (
        frame.lazy()
        .sort("user", "ts")
        .with_columns(session=is_new.cum_sum().over("user"))
        .group_by("user", "session")
        .agg(start=polars.col("ts").min(), end=polars.col("ts").max(), events=polars.len())
    )
    return len(sessions.collect())


def of_duckdb(rows):
    return len(duckdb.sql(SQL).to_arrow_table())


class Peak(threading.Thread):
    """The memory of this process at its highest, above that at the start, in MB."""

    def __init__(self):
        super().__init__(daemon=True)
        self.start_mb = self.highest_mb = self.resident_mb()
        self.ended = threading.Event()

    @staticmethod
    def resident_mb():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6

    def run(self):
        while not self.ended.wait(0.005):
            self.highest_mb = max(self.highest_mb, self.resident_mb())

    def above_mb(self):
        self.ended.set()
        self.join()
        return self.highest_mb - self.start_mb


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=int, default=1_600_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--contenders", default="sessionize,sessionize-stream,pandas,polars,duckdb")
    given = arguments.parse_args()
    table = events(given.rows)
    known = {
        "sessionize": (of_sessionize, lambda: table),
        "sessionize-stream": (of_sessionize_stream, lambda: table),
        "pandas": (of_pandas, lambda: table.to_pandas()),
        "polars": (of_polars, lambda: polars.from_arrow(table)),
        "duckdb": (of_duckdb, lambda: table),
    }
    contenders = {name: (known[name][0], known[name][1]()) for name in given.contenders.split(",")}
    seconds = {name: [] for name in contenders}
    found, peaks = {}, {}
    for run in range(given.runs + 1):
        for name, (work, frame) in contenders.items():
            if run:
                start = time.perf_counter()
                found[name] = work(frame)
                seconds[name].append(time.perf_counter() - start)
            else:
                peak = Peak()
                peak.start()
                found[name] = work(frame)
                peaks[name] = peak.above_mb()
    assert len(set(found.values())) == 1, f"the numbers of sessions differ: {found}"
    first = statistics.median(seconds[next(iter(contenders))])
    print(f"{given.rows:,} rows, {next(iter(found.values())):,} sessions")
    for name, times in seconds.items():
        median = statistics.median(times)
        print(f"{name:18} {median:8.3f} s  {median / first:5.1f}x  {peaks[name]:8.0f} MB above the input")


if __name__ == "__main__":
    main()
