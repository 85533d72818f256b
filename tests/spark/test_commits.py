"""What is committed stays, and nothing is committed twice: kills, races, known batches, damage."""

import json
import os
import pathlib
import subprocess
import sys

import pyarrow as pa
import pytest
from conftest import ENGINE
from sessionize.spark import SparkError, finalize, gc, inspect, run, sessions
from sessionize.spark.layout import Layout

DAYS = [
    {"user": ["ann", "bob", "ann"], "ts": ["2020-01-01 10:00:00", "2020-01-01 10:01:00", "2020-01-01 10:02:00"]},
    {"user": ["ann", "cat"], "ts": ["2020-01-01 10:04:00", "2020-01-02 10:00:00"]},
    {"user": ["cat"], "ts": ["2020-01-02 10:01:00"]},
]
GAP = {"key": "user", "time": "ts", "gap": "5m", "partitions": 2}


def frame(spark, day):
    return spark.createDataFrame(pa.table(DAYS[day]))


def found(spark, root):
    return sorted((row.user, str(row.session_start)[11:16], row.event_count) for row in sessions(spark, root).collect())


ALL = [("ann", "10:00", 3), ("bob", "10:01", 1), ("cat", "10:00", 2)]


def test_a_batch_that_is_known_by_its_name_is_ingested_once(spark, root):
    for day in (0, 1, 0, 2, 1):
        run(frame(spark, day), root, batch=f"day {day}", **GAP)
    assert run(frame(spark, 2), root, batch="day 2")["status"] == "nothing-to-do"
    finalize(spark, root)
    assert found(spark, root) == ALL
    assert inspect(root)["runs"] == 4


def test_a_driver_that_loses_the_race_begins_again_from_what_has_won(spark, root, monkeypatch):
    run(frame(spark, 0), root, **GAP)
    put, raced = Layout.put_commit, []

    def lose(self, commit):
        if not raced:
            raced.append(commit["run"])
            assert run(frame(spark, 1), root)["run"] == commit["run"]
        return put(self, commit)

    monkeypatch.setattr(Layout, "put_commit", lose)
    assert run(frame(spark, 2), root)["run"] == 3
    monkeypatch.undo()
    finalize(spark, root)
    assert raced == [2] and found(spark, root) == ALL
    removed = gc(root)
    assert removed and all("0000000002-" in name for name in removed)
    assert found(spark, root) == ALL and gc(root) == []


def test_two_first_runs_race_for_the_root(spark, root, monkeypatch):
    put, raced = Layout.put_meta, []

    def lose(self, meta):
        if not raced:
            raced.append(meta["stream_id"])
            run(frame(spark, 0), root, **GAP)
        return put(self, meta)

    monkeypatch.setattr(Layout, "put_meta", lose)
    assert run(frame(spark, 1), root, **GAP)["run"] == 2
    assert inspect(root)["stream_id"] != raced[0]
    finalize(spark, root)
    assert found(spark, root) == [("ann", "10:00", 3), ("bob", "10:01", 1), ("cat", "10:00", 1)]


def test_the_answer_to_a_commit_may_be_lost(spark, root, monkeypatch):

    class Losing:
        def __init__(self, real):
            self.real = real

        def put_new(self, name, content):
            self.real.put_new(name, content)
            if name.startswith("_commits/"):
                raise SparkError("no answer")

        def __getattr__(self, name):
            return getattr(self.real, name)

    begin = Layout.__init__
    monkeypatch.setattr(Layout, "__init__", lambda self, address: (begin(self, address), setattr(self, "root", Losing(self.root)))[0])
    assert run(frame(spark, 0), root, **GAP)["run"] == 1
    assert inspect(root)["runs"] == 1


DRIVER = """
import os, sys
sys.path[:0] = {path!r}
from engines import ENGINES
import pyarrow as pa
from sessionize.spark import run
from sessionize.spark.layout import Layout
put = Layout.put_commit
def kill(self, commit):
    if {moment!r} == "after":
        put(self, commit)
    os._exit(9)
Layout.put_commit = kill
spark, _ = ENGINES[{engine!r}]()
run(spark.createDataFrame(pa.table({day!r})), {root!r}, batch="killed", **{gap!r})
"""


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_driver_that_dies_at_its_commit_is_run_again(spark, root, moment, tmp_path):
    run(frame(spark, 0), root, **GAP)
    path = [str(pathlib.Path(__file__).parent), *sys.path]
    program = tmp_path / "driver.py"
    program.write_text(DRIVER.format(path=path, moment=moment, engine=ENGINE, day=DAYS[1], root=root, gap=GAP))
    # A session leaves variables behind that say where it is.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    died = subprocess.run([sys.executable, program], capture_output=True, timeout=300, check=False, env=clean)
    assert died.returncode == 9, died.stderr.decode()[-2000:]
    assert inspect(root)["runs"] == (1 if moment == "before" else 2)
    again = run(frame(spark, 1), root, batch="killed")
    assert again["status"] == ("committed" if moment == "before" else "nothing-to-do")
    run(frame(spark, 2), root)
    finalize(spark, root)
    assert found(spark, root) == ALL
    assert bool(gc(root)) == (moment == "before")


def test_another_definition_is_refused(spark, root):
    run(frame(spark, 0), root, **GAP)
    for asked, said in [({"gap": "6m"}, "gap is 5m, the run asks for 6m"), ({"agg": "count"}, "agg is none, the run asks for count"), ({"buckets": 512}, "buckets")]:
        with pytest.raises(SparkError, match=said) as refused:
            run(frame(spark, 1), root, **asked)
        assert refused.value.code == 78
    assert inspect(root)["runs"] == 1


@pytest.mark.parametrize(
    "asked, said",
    [
        ({"gap": "soon"}, "gap"),
        ({"agg": "sum"}, "agg"),
        ({"key": "nobody"}, "nobody"),
        ({"no_such_rule": "1"}, "no-such-rule"),
        ({"watermark_delay": "x"}, "duration 'x'"),
        ({"watermark": "2999-01-01"}, "future"),
        ({"buckets": 300}, "300 buckets"),
        ({"form": "cogroup"}, "form is 'cogroup'"),
    ],
)
def test_a_wrong_argument_is_one_clear_error_and_changes_nothing(spark, root, asked, said):
    with pytest.raises(SparkError, match=said):
        run(frame(spark, 0), root, **{**GAP, **asked})
    assert inspect(root)["runs"] == 0


def test_late_and_rejected_rows_have_limits_and_files(spark, root):
    run(frame(spark, 1), root, **GAP)
    rows = {"user": ["ann", "", "dan"], "ts": ["2020-01-01 10:00:00", "2020-01-02 10:00:00", "2020-01-02 10:00:30"]}
    events = spark.createDataFrame(pa.table(rows))
    with pytest.raises(SparkError, match="1 of 3 rows are more than max_late=5% allows"):
        run(events, root, max_rejects=1)
    with pytest.raises(SparkError, match="1 of 3 rows are more than max_rejects=0 allows"):
        run(events, root, max_late=1, max_rejects=0)
    counts = run(events, root, max_late=1, max_rejects="50%")
    assert (counts["events_late"], counts["rejects"], counts["events_accepted"]) == (1, {"empty-key": 1}, 1)
    for kind, reason in (("late", "late"), ("rejects", "empty-key")):
        assert [row.reason for row in sessions(spark, root, kind).collect()] == [reason]


def test_a_damaged_document_or_file_is_refused(spark, root):
    run(frame(spark, 0), root, **GAP)
    state = next(pathlib.Path(root).glob("data/*/state-*"))
    state.write_bytes(state.read_bytes()[:-1] + b"x")
    with pytest.raises(SparkError, match="missing or damaged") as damaged:
        run(frame(spark, 1), root)
    assert damaged.value.code == 74
    commit = pathlib.Path(root) / "_commits" / "0000000001.json"
    commit.write_bytes(commit.read_bytes().replace(b'"rows_read": 3', b'"rows_read": 4'))
    with pytest.raises(SparkError, match="checksum does not match"):
        run(frame(spark, 1), root)


def test_the_command_line_reads_files_once(spark, root, tmp_path, capsys, monkeypatch):
    import sessionize.spark.__main__ as program

    monkeypatch.setattr(program, "_session", lambda flags: spark)
    (tmp_path / "day.csv").write_text("user,ts\nann,2020-01-01 10:00:00\nann,2020-01-01 10:01:00\n")
    arguments = ["run", str(tmp_path / "day.csv"), "--input-format", "csv", "--root", root, "--key", "user", "--time", "ts", "--rule", "agg=count=events"]
    for status in ("committed", "nothing-to-do"):
        assert program.main(arguments) == 0
        assert json.loads(capsys.readouterr().out)["status"] == status
    (tmp_path / "day.csv").write_text("user,ts\nann,2020-01-01 10:00:00\nann,2020-01-01 10:01:00\nann,2020-01-01 10:02:00\n")
    assert program.main(arguments) == 65
    assert capsys.readouterr().err.startswith("error: ") and not capsys.readouterr().err
    assert program.main([*arguments, "--max-late", "many"]) == 2
    assert program.main(["finalize", "--root", root]) == 0
    capsys.readouterr()
    assert program.main(["inspect", "--root", root]) == 0
    assert json.loads(capsys.readouterr().out)["last_run"]["sessions_completed"] == 1
    assert [row["events"] for row in sessions(spark, root).collect()] == [2]


def test_the_lines_of_the_readme_run(spark, tmp_path, monkeypatch):
    readme = (pathlib.Path(__file__).parents[2] / "README.md").read_text()
    lines = readme.split("from sessionize.spark import", 1)[1].split("```", 1)[0]
    monkeypatch.chdir(tmp_path)
    # The working folder of the engine is another one than that of the driver.
    events = str(tmp_path / "events.parquet")
    spark.createDataFrame(pa.table(DAYS[0])).write.parquet(events)
    lines = lines.replace("events.parquet", events)
    exec("from sessionize.spark import" + lines, {"spark": spark})  # noqa: S102
    assert inspect("sessions")["runs"] == 2


def test_shuffled_bytes_are_merged_before_the_shuffle(root):
    """Eight events of a session in one partition come to one row of nearly the same length."""
    from sessionize._core import SparkMapper, spark_decide

    events = pa.record_batch(
        {
            "user": [f"user-{n // 8:06}" for n in range(80_000)],
            "ts": pa.array([1_577_836_800_000_000 + n * 1_000_000 for n in range(80_000)], pa.timestamp("us", "UTC")),
        }
    )
    sizes = {}
    for name, rules in (("merged", []), ("not merged", [["max-events", "1000"]])):
        request = json.dumps({"gap": "5m", "key": ["user"], "time": ["ts"], "timezone": None, "time_format": None, "rules": rules})
        job = json.dumps(
            {
                "definition": json.loads(spark_decide(request, None, events.schema)),
                "stream_id": "07070707-0707-4707-8707-070707070707",
                "run": 1,
                "buckets": 256,
                "before": {"watermark_us": None, "accepts_from_us": None, "latest_us": None},
                "purged": [],
                "latest_us": 1_577_836_800_000_000 + 80_000 * 1_000_000,
                "now_us": 1_700_000_000_000_000,
                "max_future": "5m",
                "advance": {"delay": "0s"},
            }
        )
        mapper = SparkMapper(job, events.schema)
        rows = [*mapper.map(events, 0), *mapper.finish()]
        sizes[name] = sum(batch.nbytes for batch in rows)
    assert sizes["not merged"] >= 4 * sizes["merged"], sizes
    print(sizes)


@pytest.mark.parametrize("rule", [[], ["agg=count"]])
def test_a_key_with_half_of_all_events_needs_little_memory(rule):
    program = pathlib.Path(__file__).parent / "hot_key.py"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_")}
    done = subprocess.run([sys.executable, program, "2000000", *rule], capture_output=True, text=True, check=False, env=clean)
    assert done.returncode == 0, done.stdout + done.stderr
