"""What the package shows of a checkpoint of the command: the same as its outputs and its reports, in every format, after corrections
and rollbacks."""

import json

import pyarrow
import pytest
import sessionize as sz
from streams import Stream, correct, counted


def rows(table):
    return pyarrow.table(table).to_pylist()


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_the_sessions_are_those_that_are_published(form, tmp_path):
    stream = Stream(tmp_path, "--allowed-lateness=30d")
    for day in range(3):
        # The formats of runs may differ.
        stream.run(stream.day(day), *([f"--output-format={form}"] if day == 1 else []))
    correct(stream, 0)
    stream.run(stream.day(3))
    stream.sessionize("rollback", "--to-run=4")
    checkpoint = sz.Checkpoint(tmp_path / "sessionize-state", tmp_path / "sessionize-out")
    found = rows(checkpoint.sessions())
    assert len(found) > 20 and len({row["session_id"] for row in found}) == len(found)
    if form == "parquet":
        assert counted(found) == counted(stream.published())
    runs = checkpoint.runs()
    assert [run["kind"] for run in runs] == ["batch"] * 5 + ["rollback"]
    assert all(json.dumps(run) for run in runs)
    open_sessions = rows(checkpoint.open_sessions())
    assert open_sessions and {row["close_reason"] for row in open_sessions} == {"open"}


def test_what_is_not_there_is_an_error_with_the_words_of_the_command(tmp_path):
    checkpoint = sz.Checkpoint(tmp_path / "state", tmp_path / "out")
    for look in (checkpoint.runs, checkpoint.sessions, checkpoint.open_sessions):
        with pytest.raises(sz.SessionizeError, match="there is no checkpoint"):
            look()
    with pytest.raises(ValueError, match="there is no kind frame of tables"):
        sz.Checkpoint(like="frame")
