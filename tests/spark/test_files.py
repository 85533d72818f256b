"""Files that the tasks read: the rows, rejects, order and identity of the command."""

import gzip
import json
import os
import pathlib
import random
import shutil
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cases import comparable, rows_of
from commands import NOW, Command
from sessionize.spark import SparkError, files, finalize, inspect, run, run_files

SAME = {"key": "user", "time": "ts", "gap": "5m", "max_late": "100%", "max_rejects": "100%", "now": NOW, "partitions": 2}
FLAGS = ["--key", "user", "--time", "ts", "--gap", "5m", "--max-late", "100%", "--max-rejects", "100%"]
COUNTS = ("rows_read", "rows_filtered", "events_accepted", "events_late", "events_duplicate", "rows_rejected", "rejects", "sessions_completed", "sessions_open")


def awkward(draw, rows):
    """Lines of CSV of which some have too few or too many fields, no time, no key, an open quote, or a line break in a field."""
    lines = ["user,ts,page"]
    for _ in range(rows):
        user, minute = draw.choice(["ann", "bob", "zo\u00eb", '"a,b"']), draw.randrange(0, 120)
        time = f"2020-01-01 {10 + minute // 60}:{minute % 60:02}:00"
        lines.append(
            draw.choice(
                [
                    f"{user},{time},/",
                    f"{user},{time},/",
                    f'{user},{time},"a ""b"" c"',
                    f'{user},{time},"two\nlines"',
                    f"{user},{time}",
                    f"{user},{time},/,more",
                    f"{user}",
                    f",{time},/",
                    f"{user},soon,/",
                    "",
                ]
            )
        )
    return lines


@pytest.mark.parametrize("seed", range(int(os.environ.get("SESSIONIZE_TEST_FILES", "4"))))
def test_files_come_to_the_counts_rejects_and_sessions_of_the_command(spark, root, tmp_path, seed):
    draw = random.Random(seed)
    command, names = Command(tmp_path / "command"), []
    for number in range(draw.randint(1, 3)):
        end = draw.choice(["\n", "\r\n"])
        text = draw.choice(["", "\ufeff"]) + end.join(awkward(draw, draw.randint(1, 60))) + draw.choice(["", end])
        path = tmp_path / f"day-{number}.csv"
        if draw.random() < 0.3:
            path = path.with_suffix(".csv.gz")
            path.write_bytes(gzip.compress(text.encode()))
        else:
            path.write_bytes(text.encode())
        names.append(str(path))
    rules = draw.choice([{}, {"agg": "list(page)"}, {"where": "page!=/"}, {"dedup": "row"}, {"allowed_lateness": "10m"}])
    words = [word for name, value in rules.items() for word in (f"--{name.replace('_', '-')}", value)]
    expected = command("run", *(f"--batch={name}" for name in names), *FLAGS, *words)
    found = run_files(spark, names, root, **SAME, **rules)
    assert {name: found[name] for name in COUNTS} == {name: expected[name] for name in COUNTS}
    rejects = [row for path in files(root, "rejects") for row in pq.read_table(path).to_pylist()]
    told = sorted((row["file"], row["line"], row["reason"], row["row"]) for row in rejects)
    assert told == sorted(rejects_of(command.folder / "out"))
    command("finalize")
    finalize(spark, root, now=NOW, partitions=2)
    assert comparable(rows_of(root)) == command.rows()


def rejects_of(out):
    """The place and the text of each rejected row of CSV, as the command has written them."""
    for path in out.glob("rejects/*.csv"):
        text = path.read_bytes().decode()
        header, _, rest = text.partition("\n")
        assert header.startswith("file,line,reason,")
        at = 0
        while at < len(rest):
            file, line, reason = rest[at:].split(",", 3)[:3]
            at += len(file) + len(line) + len(reason) + 3
            end = at
            while end < len(rest) and (rest[end] != "\n" or rest[at:end].count('"') % 2):
                end += 1
            yield file, int(line), reason, rest[at:end].removesuffix("\r")
            at = end + 1


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_events_at_one_instant_have_the_order_of_the_files(spark, root, tmp_path, form):
    """In a folder of its own each, and with names of which text order is not the natural one."""
    folder, command, names = tmp_path / "in", Command(tmp_path / "command"), []
    for number in (1, 2, 10, 11):
        rows = [{"user": "ann", "ts": "2020-01-01 10:00:00", "page": f"{number}.{row}"} for row in range(50)]
        path = folder / f"part={number}" / f"events.{form}"
        path.parent.mkdir(parents=True)
        names.append(str(path))
        if form == "parquet":
            pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=7)
        elif form == "jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        else:
            path.write_text("user,ts,page\n" + "".join(",".join(row.values()) + "\n" for row in rows))
    (folder / "_SUCCESS").write_text("")
    command("run", *(f"--batch={name}" for name in names), *FLAGS, "--agg", "list(page)")
    command("finalize")
    run_files(spark, [folder], root, agg="list(page)", **SAME)
    finalize(spark, root, now=NOW, partitions=2)
    assert comparable(rows_of(root)) == command.rows()


HEADER = "user,ts\n"
ROWS = [f"ann,2020-01-01 10:0{minute}:00\n" for minute in range(6)]


def test_a_content_is_ingested_once_whatever_its_name(spark, root, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "1.csv").write_text(HEADER + ROWS[0] + ROWS[1])
    (folder / "header.csv").write_text(HEADER)
    assert run_files(spark, [folder], root, **SAME)["rows_read"] == 2
    assert run_files(spark, [folder], root, **SAME)["status"] == "nothing-to-do"
    # The folder has one more file, and a copy of one that is known: only the new one counts.
    (folder / "2.csv").write_text(HEADER + ROWS[2])
    shutil.copy(folder / "1.csv", folder / "copy.csv")
    assert run_files(spark, [folder], root, **SAME)["rows_read"] == 1
    # Other content under a known name is new.
    (folder / "2.csv").write_text(HEADER + ROWS[3])
    assert run_files(spark, [folder], root, **SAME)["rows_read"] == 1
    # Two files with one content count once.
    for name in ("4.csv", "5.csv"):
        (folder / name).write_text(HEADER + ROWS[4])
    assert run_files(spark, [folder], root, **SAME)["rows_read"] == 1
    assert inspect(root)["runs"] == 4


def test_what_begins_with_a_known_content_is_refused(spark, root, tmp_path):
    (tmp_path / "1.csv").write_text(HEADER + ROWS[0])
    run_files(spark, [str(tmp_path / "1.csv")], root, **SAME)
    (tmp_path / "2.csv").write_text(HEADER + ROWS[0] + ROWS[1])
    with pytest.raises(SparkError, match="begins with what run 1 has taken in") as refused:
        run_files(spark, [str(tmp_path / "2.csv")], root, **SAME)
    assert refused.value.code == 65
    (tmp_path / "3.csv").write_text(HEADER + ROWS[2])
    (tmp_path / "4.csv").write_text(HEADER + ROWS[2] + ROWS[3])
    with pytest.raises(SparkError, match="4.csv begins with all of .*3.csv") as refused:
        run_files(spark, [str(tmp_path / "3.csv"), str(tmp_path / "4.csv")], root, **SAME)
    assert refused.value.code == 65
    assert inspect(root)["runs"] == 1


@pytest.mark.parametrize("paths, code", [(["nowhere.csv"], 66), (["nowhere/*.csv"], 66), (["empty"], 66), (["a.zip"], 65), (["a.csv"], 65)])
def test_files_that_cannot_be_read_are_one_error_with_the_code_of_the_command(spark, root, tmp_path, monkeypatch, paths, code):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    (tmp_path / "a.csv").write_text("name,when\nann,2020-01-01\n")
    with pytest.raises(SparkError) as refused:
        run_files(spark, paths, root, **SAME)
    assert refused.value.code == code, refused.value
    assert "Traceback" not in str(refused.value) and inspect(root)["runs"] == 0


def test_an_error_of_a_worker_has_its_words_and_its_code(spark, root, tmp_path):
    """The second file is opened by a task only."""
    (tmp_path / "1.csv").write_text(HEADER + ROWS[0])
    (tmp_path / "2.csv").write_text("name,when\nann,2020-01-01\n")
    with pytest.raises(SparkError, match="2.csv") as refused:
        run_files(spark, [str(tmp_path / "1.csv"), str(tmp_path / "2.csv")], root, **SAME)
    assert refused.value.code == 65 and "Traceback" not in str(refused.value)


@pytest.mark.parametrize("wrong", [{"max_late": "many"}, {"max_rejects": "101%"}, {"now": "soon"}, {"watermark_delay": "x"}, {"max_future": "x"}])
def test_a_wrong_value_is_one_error_of_usage(spark, root, tmp_path, wrong):
    (tmp_path / "1.csv").write_text(HEADER + ROWS[0])
    with pytest.raises(SparkError) as refused:
        run_files(spark, [str(tmp_path / "1.csv")], root, **{**SAME, **wrong})
    assert refused.value.code == 2, refused.value


def test_a_table_that_changes_between_the_passes_is_refused(spark, root, tmp_path):
    """The second pass reads as many rows, of another user."""
    marker, path = str(tmp_path / "read"), str(pathlib.Path(__file__).parent)

    def changing(batches):
        for batch in batches:
            user = "bob" if os.path.exists(marker) else "ann"
            pathlib.Path(marker).touch()
            yield pa.record_batch({"user": [user] * batch.num_rows, "ts": ["2020-01-01 10:00:00"] * batch.num_rows})

    sys.path.insert(0, path)
    events = spark.range(10).repartition(1).mapInArrow(changing, "user string, ts string")
    with pytest.raises(SparkError, match="have read different rows") as refused:
        run(events, root, **SAME)
    assert refused.value.code == 65 and inspect(root)["runs"] == 0


def test_the_command_knows_what_the_engine_has_read_and_the_other_way_round(spark, root, tmp_path):
    days = []
    for number in range(3):
        days.append(tmp_path / f"day-{number}.csv")
        days[-1].write_text(HEADER + ROWS[2 * number] + ROWS[2 * number + 1])
    first, second = Command(tmp_path / "first"), Command(tmp_path / "second")
    first("run", f"--batch={days[0]}", *FLAGS)
    first("export-state", "--parquet", root)
    assert run_files(spark, [str(days[0])], root, now=NOW)["status"] == "nothing-to-do"
    assert run_files(spark, [str(days[0]), str(days[1])], root, now=NOW, partitions=2)["rows_read"] == 2
    second("import-state", root)
    assert "from no file" not in second.said
    for known in days[:2]:
        assert second("run", f"--batch={known}")["status"] == "nothing-to-do"
    assert second("run", f"--batch={days[2]}")["rows_read"] == 2
    assert second("finalize")["events_completed"] == 6
    second("verify")


def test_the_import_warns_of_rows_that_came_from_no_file(spark, root, tmp_path):
    run(spark.createDataFrame(pa.table({"user": ["ann"], "ts": ["2020-01-01 10:00:00"]})), root, **SAME)
    command = Command(tmp_path / "command")
    command("import-state", root)
    assert "runs 1 have taken in rows that came from no file" in command.said


def test_an_export_that_ended_before_its_commit_is_no_empty_root(spark, root, tmp_path):
    (tmp_path / "1.csv").write_text(HEADER + ROWS[0])
    command = Command(tmp_path / "command")
    command("run", f"--batch={tmp_path / '1.csv'}", *FLAGS)
    command("export-state", "--parquet", root)
    (pathlib.Path(root) / "_commits" / "0000000001.json").unlink()
    events = spark.createDataFrame(pa.table({"user": ["ann"], "ts": ["2020-01-01 10:02:00"]}))
    for attempt in (lambda: run(events, root), lambda: finalize(spark, root)):
        with pytest.raises(SparkError, match="has not ended") as refused:
            attempt()
        assert refused.value.code == 74
    Command(tmp_path / "other")("import-state", root, code=66)
    # The export goes on where it has ended.
    command("export-state", "--parquet", root)
    assert "there is a root already" in command("export-state", "--parquet", root, code=2)
    run(events, root, now=NOW, partitions=2)
    assert finalize(spark, root, now=NOW, partitions=2)["events_completed"] == 2
