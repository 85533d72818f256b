"""Every engine comes to what the command comes to: random events, disorder, late rows, cuts and rules."""

import os

import pytest
from cases import RULES, Case, of_command, rows_of
from conformance import differences
from conftest import ENGINE

# A case takes seconds to minutes on Spark, and a second on Sail.
CASES = int(os.environ.get("SESSIONIZE_TEST_CASES", len(RULES)) if ENGINE == "sail" else os.environ.get("SESSIONIZE_TEST_SPARK_CASES", 2))
FIRST = int(os.environ.get("SESSIONIZE_TEST_SEED", 0))
FORMS = ["auto", "window", "group"] + (["sort"] if ENGINE == "spark" else [])


@pytest.mark.parametrize("seed", range(FIRST, FIRST + CASES))
def test_the_engine_comes_to_the_rows_of_the_command(spark, seed):
    assert differences(spark, os.environ["SESSIONIZE"], seed) == []


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_the_fold_come_to_the_same(spark, form):
    assert differences(spark, os.environ["SESSIONIZE"], 13, partitions=3, form=form) == []


@pytest.mark.skipif(ENGINE != "sail", reason="Spark keeps the order")
def test_rows_that_the_engine_has_not_sorted_are_refused(spark, root):
    import pyarrow as pa
    from sessionize.spark import inspect, run

    events = pa.table({"user": [f"u{n % 7}" for n in range(5000)], "ts": [f"2020-01-01 00:{n % 60:02}:00" for n in range(5000)]})
    with pytest.raises(Exception, match="has not kept the order"):
        run(spark.createDataFrame(events), root, key="user", time="ts", agg="count", form="sort")
    assert inspect(root)["runs"] == 0


def test_the_state_of_a_checkpoint_goes_on_here_and_comes_back(spark, root, tmp_path):
    """The first batch by the command, the others by the engine, the end by the command again."""
    import json
    import subprocess

    from cases import NOW
    from sessionize.spark import run

    program, case = os.environ["SESSIONIZE"], Case(13)
    assert len(case.batches) > 2
    whole, rows = case.batches, []
    expected, _ = of_command(program, case, _made(tmp_path / "whole"))

    def command(name, *arguments):
        folder = tmp_path / name
        done = subprocess.run(
            [program, *arguments, "--state", f"{folder}/state", "--out", f"{folder}/out", "--report", "json"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    case.batches = whole[:1]
    _first(program, case, _made(tmp_path / "first"))
    command("first", "export-state", "--parquet", root)
    for number in range(1, len(whole)):
        case.batches = whole
        arguments = {**case.arguments(), "key": None, "time": None, "gap": None}
        run(spark.createDataFrame(case.table(number)), root, partitions=2, **arguments)
    command("second", "import-state", root)
    command("second", "finalize", "--now", NOW)
    from cases import _rows, comparable

    for folder in ("first", "second"):
        rows += _rows(tmp_path / folder / "out")
    assert comparable([*rows, *rows_of(root)]) == comparable(expected)


def _made(folder):
    folder.mkdir()
    return folder


def _first(program, case, folder):
    import cases

    finalized = cases._report
    try:
        cases._report = lambda program, arguments: finalized(program, arguments) if arguments[0] == "run" else None
        of_command(program, case, folder)
    finally:
        cases._report = finalized


@pytest.mark.parametrize("seed", range(len(RULES)))
def test_a_checkpoint_comes_back_from_a_root_as_it_was(tmp_path, seed):
    """State, ledger and known files are equal to the letter; so is the digest of the state, which covers its order."""
    import json
    import subprocess

    program, case = os.environ["SESSIONIZE"], Case(seed)
    case.batches = case.batches[:2]
    _first(program, case, _made(tmp_path / "one"))

    def command(name, *arguments):
        folder = tmp_path / name
        done = subprocess.run([program, *arguments, "--state", f"{folder}/state", "--out", f"{folder}/out"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def lines(name):
        text = command(name, "export-state", "-")
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    command("one", "export-state", "--parquet", str(tmp_path / "root"))
    command("two", "import-state", str(tmp_path / "root"))
    command("one", "export-state", str(tmp_path / "lines.jsonl"))
    command("three", "import-state", str(tmp_path / "lines.jsonl"))
    before, after, by_lines = lines("one"), lines("two"), lines("three")
    for kind in ("state", "file"):
        assert [line[kind] for line in before if kind in line] == [line[kind] for line in after if kind in line], kind
    runs = [line["run"] for line in after if "run" in line]
    assert runs[:-1] == [line["run"] for line in before if "run" in line] and runs[-1]["kind"] == "Import"
    assert after[0]["export"]["head"]["state_digest"] == by_lines[0]["export"]["head"]["state_digest"]
    again = subprocess.run([program, "export-state", "--parquet", str(tmp_path / "root"), "--state", str(tmp_path / "one/state"), "--out", str(tmp_path / "one/out")], capture_output=True, text=True, check=False)
    assert again.returncode == 2 and "there is a root already" in again.stderr
