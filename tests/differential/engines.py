"""Stories as tables of DuckDB, and the sessions that its statements find in them."""

from functools import cache

import duckdb

from rules import where
from session import Session

COLUMNS = 8
SCHEMA = ["seq INTEGER", "key VARCHAR", "t BIGINT", "gap BIGINT", "lasts BIGINT", "line VARCHAR", *(f"c{n} VARCHAR" for n in range(1, COLUMNS + 1))]


def row_of(event):
    values = (event.values + (None,) * COLUMNS)[:COLUMNS]
    return (event.seq, event.key, event.time, event.gap, event.lasts, event.line, *values)


@cache
def database():
    db = duckdb.connect(config={"threads": 1})
    db.execute("CREATE MACRO regexp_like(value, pattern) AS regexp_matches(value, pattern)")
    return db


def table(events):
    """A database with the events and nothing else."""
    db = database()
    db.execute(f"CREATE OR REPLACE TABLE events ({', '.join(SCHEMA)})")
    rows = [row_of(event) for event in events]
    if rows:
        marks = f"({', '.join('?' for _ in SCHEMA)})"
        db.execute(f"INSERT INTO events VALUES {', '.join(marks for _ in rows)}", [value for row in rows for value in row])
    return db


def filtered(story):
    """The numbers of the events that --where leaves out."""
    if not story.rule("--where"):
        return set()
    found = table(event for step in story.steps for event in step.events).execute(f"SELECT seq FROM events WHERE NOT ({where(story)})")
    return {seq for (seq,) in found.fetchall()}


def by_duckdb(story, statement):
    """Events that are accepted, all at once."""
    return [Session.of(row) for row in table(story.accepted()).execute(statement).fetchall()]
