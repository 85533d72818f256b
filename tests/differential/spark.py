"""Spark's session_window over accepted events, all stories in one job: a story's number is part of the key."""

from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def by_session_window(stories):
    """For each story its sessions. The end of a window is its last event and the gap."""
    from pyspark.sql import SparkSession, functions

    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    rows = [
        (number, event.key, EPOCH + timedelta(microseconds=event.time), f"{story.gap} microseconds")
        for number, story in enumerate(stories)
        for event in story.accepted()
    ]
    events = spark.createDataFrame(rows, "story int, key string, t timestamp, gap string")
    window = functions.session_window("t", functions.col("gap"))
    grouped = events.groupBy("story", "key", window).agg(functions.count("*").alias("events"), functions.max("t").alias("last"))
    micros = lambda column: functions.unix_micros(functions.col(column)).alias(column.replace(".", "_"))
    found = grouped.select("story", "key", micros("session_window.start"), micros("session_window.end"), micros("last"), "events")
    sessions = [[] for _ in stories]
    for row in found.collect():
        sessions[row["story"]].append((row["key"], row["session_window_start"], row["last"], row["events"], row["session_window_end"]))
    spark.stop()
    return [sorted(of_story) for of_story in sessions]
