"""The recipes of docs/delivery.md: copied from the page and run over a history of runs, corrections and rollbacks. After each load the
sessions are those that are published, each once; also if loads before have ended anywhere.

What cannot run here (BigQuery, Snowflake) is parsed in its dialect.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from streams import Stream, correct

PAGE = (pathlib.Path(__file__).parents[2] / "docs/delivery.md").read_text()
COLUMNS = "session_id, user_id, epoch_us(session_start), epoch_us(session_end), event_count"


def blocks(heading, language):
    """The code of a section of the page."""
    section = re.split(r"\n##+ ", PAGE.split(f"\n### {heading}\n")[1])[0]
    found = re.findall(rf"```{language}\n(.*?)```", section, re.S)
    assert found, heading
    return found


def statements(heading):
    return [text.strip() for text in re.split(r";\n", blocks(heading, "sql")[0]) if text.strip()]


def some(number, statements):
    """After how many statements loads end in this step: every third number, and all of them over three steps."""
    return range(1 + number % 3, len(statements), 3)


class History:
    """Each step publishes something, and leaves the folder at another moment of its life."""

    def __init__(self, folder):
        self.stream = Stream(folder, "--allowed-lateness=30d")

    def steps(self):
        stream = self.stream
        for day in range(3):
            stream.run(stream.day(day))
        yield "runs"
        correct(stream, 0)
        yield "corrections"
        # Between two sessions of a key: they become one, and the second is retracted for good.
        stream.run([("u1", 1_440 + minute, "late", 1) for minute in range(0, 1_440, 20)])
        yield "sessions that grow together"
        stream.sessionize("rollback", "--to-run=3")
        yield "a rollback of what was loaded"
        correct(stream, 1)
        stream.sessionize("rollback", "--to-run=3")
        stream.run(stream.day(3))
        yield "a rollback of what was not"
        stream.sessionize("rollback", "--to-run=2")
        correct(stream, 2)
        yield "an older rollback"

    def published(self):
        def micros(time):
            return round(time.timestamp() * 1_000_000)

        rows = self.stream.published()
        assert rows
        return sorted((row["session_id"], row["user_id"], micros(row["session_start"]), micros(row["session_end"]), row["event_count"]) for row in rows)


@pytest.fixture
def history(tmp_path, monkeypatch):
    history = History(tmp_path)
    monkeypatch.chdir(tmp_path)
    return history


def another_history(history):
    """The same stream, which has gone on with other rows under the same numbers."""
    twin = History(history.stream.folder / "twin")
    stream = history.stream
    stream.run(stream.day(0))
    for name in ("sessionize-out", "sessionize-state"):
        shutil.copytree(stream.folder / name, twin.stream.folder / name)
    stream.run(stream.day(1))
    twin.stream.days = 1
    twin.stream.run(stream.day(2))
    return twin.stream.out


def replace_outputs(history, out):
    shutil.rmtree(history.stream.out)
    shutil.copytree(out, history.stream.out)


def duckdb_sessions(path):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(path, read_only=True) as database:
        return sorted((str(row[0]), *row[1:]) for row in database.execute(f"SELECT {COLUMNS} FROM sessions").fetchall())


def duckdb_load(path, count=None):
    import duckdb

    with duckdb.connect(path) as database:
        for statement in statements("DuckDB")[:count]:
            database.execute(statement)


def test_duckdb(history):
    pytest.importorskip("duckdb")
    for number, step in enumerate(history.steps()):
        for count in some(number, statements("DuckDB")):
            duckdb_load("shop.duckdb", count)
        for _ in range(2):
            duckdb_load("shop.duckdb")
            assert duckdb_sessions("shop.duckdb") == history.published(), step


def test_duckdb_refuses_another_history(history):
    duckdb = pytest.importorskip("duckdb")
    other = another_history(history)
    duckdb_load("shop.duckdb")
    before = duckdb_sessions("shop.duckdb")
    replace_outputs(history, other)
    with pytest.raises(duckdb.ConstraintException, match="uplicate key"):
        duckdb_load("shop.duckdb")
    assert duckdb_sessions("shop.duckdb") == before


def dbt_project():
    """Writes the project of the page, and returns its models and what builds them: `build` returns what it says, or None."""
    pytest.importorskip("dbt.adapters.duckdb")
    section = re.split(r"\n##+ ", PAGE.split("\n### dbt\n")[1])[0]
    for path, text in re.findall(r"`shop/([^`]+)`:\n\n```\w+\n(.*?)```", section, re.S):
        file = pathlib.Path("shop") / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    models = ["manifests", "session_rows", "runs", "sessions"]
    assert sorted(path.stem for path in pathlib.Path("shop/models").glob("*.sql")) == sorted(models)

    def build(*flags):
        command = [str(pathlib.Path(sys.executable).parent / "dbt"), "build", "--quiet", "--project-dir", "shop", "--profiles-dir", "shop", *flags]
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "DO_NOT_TRACK": "1"})
        return None if done.returncode == 0 else done.stdout + done.stderr

    return models, build


def test_dbt(history):
    models, build_all = dbt_project()

    def build(*flags):
        failure = build_all(*flags)
        assert failure is None, failure

    for number, step in enumerate(history.steps()):
        # A build that ends between two models; which ones, changes from step to step.
        build("--select", *models[: 1 + number % 3])
        build()
        assert duckdb_sessions("shop.duckdb") == history.published(), step
    build()
    assert duckdb_sessions("shop.duckdb") == history.published()


def test_dbt_refuses_another_history(history):
    other = another_history(history)
    models, build = dbt_project()
    assert build() is None
    before = duckdb_sessions("shop.duckdb")
    replace_outputs(history, other)
    assert "another history" in build()
    assert duckdb_sessions("shop.duckdb") == before


CLICKHOUSE = "session_id, user_id, toUnixTimestamp64Micro(session_start), toUnixTimestamp64Micro(session_end), event_count"


@pytest.fixture
def clickhouse(tmp_path):
    session = pytest.importorskip("chdb.session").Session(str(tmp_path / "clickhouse"))
    yield session
    session.close()


def clickhouse_load(clickhouse, count=None):
    for statement in statements("ClickHouse")[:count]:
        clickhouse.query(statement)


def clickhouse_sessions(clickhouse):
    import json

    text = str(clickhouse.query(f"SELECT {CLICKHOUSE} FROM sessions", "JSONCompactEachRow"))
    rows = [json.loads(line) for line in text.splitlines() if line]
    return sorted((row[0], row[1], *map(int, row[2:])) for row in rows)


def test_clickhouse(history, clickhouse):
    for number, step in enumerate(history.steps()):
        for count in some(number, statements("ClickHouse")):
            clickhouse_load(clickhouse, count)
        for _ in range(2):
            clickhouse_load(clickhouse)
            assert clickhouse_sessions(clickhouse) == history.published(), step


def test_clickhouse_refuses_another_history(history, clickhouse):
    other = another_history(history)
    clickhouse_load(clickhouse)
    before = clickhouse_sessions(clickhouse)
    replace_outputs(history, other)
    with pytest.raises(Exception, match="another history"):
        clickhouse_load(clickhouse)
    assert clickhouse_sessions(clickhouse) == before


@pytest.mark.parametrize(("heading", "dialect"), [
    ("DuckDB", "duckdb"), ("ClickHouse", "clickhouse"), ("BigQuery", "bigquery"), ("Snowflake", "snowflake"),
])
def test_every_recipe_is_well_formed_in_its_dialect(heading, dialect):
    sqlglot = pytest.importorskip("sqlglot")
    parsed = sqlglot.parse("".join(blocks(heading, "sql")), dialect=dialect, error_level=sqlglot.ErrorLevel.RAISE)
    parsed = [statement for statement in parsed if statement is not None]
    assert len(parsed) >= 6
    # What the parser does not understand, it passes on as a command.
    assert not [statement.sql() for statement in parsed if statement.find(sqlglot.exp.Command)]
