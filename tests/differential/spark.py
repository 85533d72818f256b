"""Spark's session_window over accepted events, in one session of Spark for all stories; those with the same rules are one query."""

import contextlib

from engines import COLUMNS, row_of
from rules import equal, gap, having, order, selected, where
from session import Session
from times import Unfit

# What session_window cannot be told.
MISSING = {"--max-duration", "--split-at", "--start-on", "--split-on", "--max-events", "--end-on"}
TEXTS = ", ".join(f"c{n} string" for n in range(1, COLUMNS + 1))
SCHEMA = f"story int, seq int, key string, t bigint, gap bigint, lasts bigint, line string, {TEXTS}"
WINDOWS = """
SELECT story, key, first, ends, events, CAST(NULL AS STRING) AS reason, last, covers,
  lead(first) OVER (PARTITION BY story, key ORDER BY first) AS following, members {values}, {having} AS kept
FROM (
  SELECT story, key, min(t) AS first, max(t + lasts) AS ends, count(*) AS events, max(t) AS last,
    unix_micros(session_window.end) AS covers, transform(array_sort(collect_list(struct(place, seq))), pair -> pair.seq) AS members {aggregates}
  FROM (
    SELECT *, row_number() OVER (PARTITION BY story, key, {equal} ORDER BY {order}) AS number,
      row_number() OVER (PARTITION BY story, key ORDER BY {order}) AS place, {gap} AS covered
    FROM events WHERE {where}
  )
  WHERE {equal} IS NULL OR number = 1
  GROUP BY story, key, session_window(timestamp_micros(t), concat(lasts + covered, ' microseconds'))
)
"""


def statement(story):
    if MISSING & set(story.rules):
        raise Unfit("no rule of session_window")
    aggregates, values = selected(story, "Spark")
    return WINDOWS.format(
        aggregates=aggregates,
        values=values,
        having=having(story),
        equal=equal(story),
        order=order(story),
        gap=gap(story),
        where=where(story),
    )


def started():
    """The session of Spark, which the first call starts."""
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        # Small tables and many statements: to compile each would take most of the time.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.sql.parser.escapedStringLiterals", "true")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def by_session_window(stories, change=lambda text: text):
    """For each story its sessions, or none if session_window cannot be told. A test changes the statements."""
    spark = started()
    rows = [(number, *row_of(event)) for number, story in enumerate(stories) for event in story.accepted()]
    events = spark.createDataFrame(rows, SCHEMA).cache()
    asked, found = {}, [None] * len(stories)
    for number, story in enumerate(stories):
        with contextlib.suppress(Unfit):
            asked.setdefault(change(statement(story)), []).append(number)
            found[number] = []
    for text, numbers in asked.items():
        events.where(events.story.isin(numbers)).createOrReplaceTempView("events")
        for row in spark.sql(text).collect():
            found[row[0]].append(Session.of(row[1:]))
    return found
