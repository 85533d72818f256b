"""with_pandas.py INPUT OUTPUT: pandas, read by pyarrow, sorted once, aggregated by a running number."""

import sys

import pandas as pd


def main():
    source, target = sys.argv[1:3]
    events = pd.read_csv(source, header=None, engine="pyarrow").iloc[:, :2]
    events.columns = ["key", "t"]
    events["t"] = pd.to_datetime(events["t"])
    events = events.sort_values(["key", "t"])
    begins = (events["key"] != events["key"].shift()) | (events["t"].diff() > pd.Timedelta(minutes=5))
    groups = events.groupby(begins.cumsum(), sort=False)
    sessions = groups.agg(
        key=("key", "first"), start=("t", "first"), end=("t", "last"), events=("t", "size")
    )
    sessions["duration_s"] = (sessions["end"] - sessions["start"]).dt.total_seconds().astype("int64")
    sessions.to_csv(target, index=False)


main()
