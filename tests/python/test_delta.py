"""Delivery to Delta Lake, by the real program and a real table: what is in the table is what is published, each row once.

run.sh calls it with SESSIONIZE, a program that was built with the feature `parquet`.
"""

import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import deltalake
import pyarrow.parquet
import pytest
from sessionize import DeliveryError, SessionizeWarning, delta, deliver_delta, followers
from streams import Stream, correct, counted

ROOT = pathlib.Path(__file__).parents[2]
# How often the processes of the longest test are killed.
KILLS = int(os.environ.get("SESSIONIZE_TEST_KILLS", "8"))


class DeltaStream(Stream):
    """A checkpoint that is delivered to a table."""

    def deliver(self, **options):
        return deliver_delta(self.out, self.table, **options)

    def delivered(self):
        return deltalake.DeltaTable(str(self.table)).to_pyarrow_table()

    def check(self, kind="sessions", table=None):
        expected, found = self.published(kind), (table or self.delivered()).to_pylist()
        assert expected and counted(found) == counted(expected)


@pytest.fixture
def stream(tmp_path):
    return DeltaStream(tmp_path / "plain")


@pytest.fixture
def correctable(tmp_path):
    return DeltaStream(tmp_path / "correctable", "--allowed-lateness=30d")


def test_each_run_is_one_commit_with_its_rows(stream):
    for day in range(3):
        stream.run(stream.day(day))
    assert stream.deliver() == [1, 2, 3]
    stream.check()
    assert deltalake.DeltaTable(str(stream.table)).version() == 3, "one commit for the table, and one for each run"
    assert stream.deliver() == []
    stream.run(stream.day(3))
    stream.sessionize("finalize", *["--output-format=parquet"])
    assert stream.deliver() == [4, 5]
    stream.check()


def test_the_types_of_the_files_are_those_of_the_table(stream):
    stream.run(stream.day(0))
    stream.deliver()
    file = next(stream.out.glob("sessions/*.parquet"))
    expected = {field.name: field.type for field in pyarrow.parquet.read_schema(file)}
    assert {field.name: field.type for field in stream.delivered().schema} == expected


def test_corrections_replace_the_rows_they_correct(correctable):
    for day in range(3):
        correctable.run(correctable.day(day))
    correctable.deliver()
    correct(correctable, 0)
    assert any(row["op"] == "retract" for path in correctable.out.glob("sessions/*4.parquet")
               for row in pyarrow.parquet.ParquetFile(path).read().to_pylist())
    assert correctable.deliver() == [4]
    correctable.check()


@pytest.mark.parametrize("delivered_before", [0, 1, 2, 4, 5, 6])
def test_a_rollback_takes_back_what_was_delivered(correctable, delivered_before):
    """Whatever the table has of the runs: those that were corrected come back as they were."""
    def deliver_at(run):
        if run == delivered_before:
            correctable.deliver()

    for day in range(3):
        correctable.run(correctable.day(day))
        deliver_at(day + 1)
    correct(correctable, 0)
    deliver_at(4)
    correct(correctable, 1)
    deliver_at(5)
    correctable.sessionize("rollback", "--to-run=3")
    deliver_at(6)
    correctable.deliver()
    correctable.check()
    correctable.run(correctable.day(3))
    correct(correctable, 2)
    correctable.sessionize("rollback", "--to-run=7")
    correctable.sessionize("rollback", "--to-run=2")
    correctable.deliver()
    correctable.check()


def test_a_run_without_rows_moves_the_position(stream):
    stream.run([("a", 0, "x", 1)])
    assert stream.deliver() == [1]
    assert stream.delivered().num_rows == 0
    stream.run([("a", 600, "x", 1)])
    stream.run([("a", 601, "x", 1)])
    assert stream.deliver() == [2, 3]
    assert stream.deliver() == []
    stream.check()


def test_runs_that_were_taken_back_before_are_passed_over(correctable):
    for day in range(3):
        correctable.run(correctable.day(day))
    correctable.sessionize("rollback", "--to-run=1")
    shutil.rmtree(correctable.out / "retracted")
    assert correctable.deliver() == [1, 4]
    correctable.check()


def test_events_are_delivered_to_a_table_of_their_own(tmp_path):
    stream = DeltaStream(tmp_path, "--emit=both")
    for day in range(2):
        stream.run(stream.day(day))
    stream.deliver()
    table = tmp_path / "events-table"
    assert deliver_delta(stream.out, table, kind="events", name="delta-events") == [1, 2]
    stream.check("events", deltalake.DeltaTable(str(table)).to_pyarrow_table())
    stream.sessionize("rollback", "--to-run=1")
    deliver_delta(stream.out, table, kind="events", name="delta-events")
    stream.check("events", deltalake.DeltaTable(str(table)).to_pyarrow_table())


def test_a_new_aggregate_is_a_new_column(stream):
    stream.run(stream.day(0))
    stream.deliver()
    stream.sessionize("finalize", "--output-format=parquet")
    stream.run(stream.day(1), "--agg=last(page)=last_page", "--redefine")
    assert stream.deliver() == [2, 3]
    stream.check()
    assert any(row["last_page"] for row in stream.delivered().to_pylist())


def test_two_streams_feed_one_table(tmp_path):
    one, other = DeltaStream(tmp_path / "one"), DeltaStream(tmp_path / "other")
    one.run(one.day(0))
    other.run([(f"other-{user}", minutes, page, amount) for user, minutes, page, amount in other.day(1)])
    other.table = one.table
    assert (one.deliver(), other.deliver(), one.deliver()) == ([1], [1], [])
    one.run(one.day(1))
    assert (one.deliver(), other.deliver()) == ([2], [])
    assert counted(one.delivered().to_pylist()) == counted(one.published() + other.published())


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", [False, True])
def test_a_delivery_that_dies_at_a_commit_goes_on(correctable, monkeypatch, after):
    """Every commit in turn, before and behind it."""
    for day in range(3):
        correctable.run(correctable.day(day))
    correct(correctable, 0)
    correctable.sessionize("rollback", "--to-run=2")
    correctable.run(correctable.day(3))
    correct(correctable, 1)
    commit = delta._Delta._commit
    for dies_at in range(1, 6):
        shutil.rmtree(correctable.table, ignore_errors=True)
        shutil.rmtree(correctable.out / "followers", ignore_errors=True)
        calls = 0

        def dying(self, *arguments):
            nonlocal calls
            calls += 1
            if calls == dies_at and not after:
                raise Killed
            committed = commit(self, *arguments)
            if calls == dies_at:
                raise Killed
            return committed

        with monkeypatch.context() as patch:
            patch.setattr(delta._Delta, "_commit", dying)
            with pytest.raises(Killed):
                correctable.deliver()
        correctable.deliver()
        correctable.check()


def test_a_process_that_is_killed_anywhere_goes_on(correctable):
    """SESSIONIZE_TEST_KILLS says how often; docs/trust.md has the figures of a long run."""
    for day in range(6):
        correctable.run(correctable.day(day))
    correct(correctable, 2)
    command = [sys.executable, "-m", "sessionize.delta", "--out", str(correctable.out), "--to", str(correctable.table)]

    def begin_again():
        shutil.rmtree(correctable.table, ignore_errors=True)
        shutil.rmtree(correctable.out / "followers", ignore_errors=True)

    start = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    whole = time.monotonic() - start
    begin_again()
    draw, killed = random.Random(7), 0
    while killed < KILLS:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(whole * draw.uniform(0.3, 1.0))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        if process.wait() == 0:
            correctable.check()
            begin_again()
    assert subprocess.run(command).returncode == 0
    correctable.check()


def deliver_in_process(out, table, name):
    return deliver_delta(out, table, name=name)


def test_racing_writers_deliver_each_run_once(correctable):
    for day in range(4):
        correctable.run(correctable.day(day))
    correct(correctable, 0)
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(3, mp_context=context) as pool:
        racers = [pool.submit(deliver_in_process, correctable.out, correctable.table, f"racer-{n}") for n in range(3)]
        delivered = sorted(run for racer in racers for run in racer.result())
    assert delivered == [1, 2, 3, 4, 5]
    correctable.check()


def test_a_table_that_was_restored_is_refilled(correctable):
    for day in range(4):
        correctable.run(correctable.day(day))
    correctable.deliver()
    deltalake.DeltaTable(str(correctable.table)).restore(2)
    assert correctable.deliver() == [3, 4]
    correctable.check()
    assert correctable.deliver() == []
    correct(correctable, 0)
    correctable.deliver()
    deltalake.DeltaTable(str(correctable.table)).restore(4)
    correctable.deliver()
    correctable.check()


def test_a_copy_of_an_older_table_is_refilled(stream):
    stream.run(stream.day(0))
    stream.deliver()
    shutil.copytree(stream.table, stream.folder / "backup")
    stream.run(stream.day(1))
    stream.deliver()
    shutil.rmtree(stream.table)
    (stream.folder / "backup").rename(stream.table)
    assert stream.deliver() == [2]
    stream.check()


def refused(stream, *words, **options):
    with pytest.raises(DeliveryError) as error:
        stream.deliver(**options)
    assert all(word in str(error.value) for word in words) and "\n" not in str(error.value), error.value


def test_an_older_output_folder_is_refused(stream):
    stream.run(stream.day(0))
    shutil.copytree(stream.folder, stream.folder.parent / "backup")
    stream.run(stream.day(1))
    stream.deliver()
    shutil.rmtree(stream.out)
    shutil.copytree(stream.folder.parent / "backup" / "sessionize-out", stream.out)
    refused(stream, "has run 2", "ends with run 1")


def test_another_history_is_refused(stream):
    """Both folders are of one stream, which was restored after its first run."""
    stream.run(stream.day(0))
    other = DeltaStream(stream.folder.parent / "other")
    shutil.copytree(stream.folder, other.folder, dirs_exist_ok=True)
    stream.run(stream.day(1))
    stream.deliver()
    other.run(stream.day(2))
    other.table = stream.table
    refused(other, "run 2", "is not the run 2", name="other")


@pytest.mark.parametrize("damage", ["flip", "remove", "manifest", "no manifest"])
def test_what_is_damaged_is_never_delivered(stream, damage):
    stream.run(stream.day(0))
    stream.run(stream.day(1))
    file, manifest = stream.out / "sessions/run-00000002.parquet", stream.out / "manifests/run-00000002.json"
    if damage == "flip":
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    elif damage == "remove":
        file.unlink()
    elif damage == "manifest":
        manifest.write_text(manifest.read_text().replace('"rows"', '"rowz"'))
    else:
        stream.run(stream.day(2))
        manifest.unlink()
    refused(stream, "restore")
    if "manifest" in damage:
        assert not stream.table.exists(), "nothing is delivered from a log that cannot be read to its end"
        return
    assert deltalake.DeltaTable(str(stream.table)).transaction_version(
        json.loads((stream.out / "owner.json").read_text())["stream_id"]) == 1


def test_csv_is_refused_with_the_way_on(tmp_path):
    stream = DeltaStream(tmp_path)
    stream.run(stream.day(0), "--output-format=csv")
    stream.run(stream.day(1))
    refused(stream, "--output-format parquet", "start_after=1")
    with pytest.warns(SessionizeWarning, match="begins after run 1: it lacks what this run and those before it have published"):
        assert stream.deliver(start_after=1) == [2]


def test_a_table_that_has_a_run_goes_on_where_it_is(stream, recwarn):
    """Whatever `start_after` says: the flag may stay in a script."""
    for day in range(3):
        stream.run(stream.day(day))
        if day == 0:
            assert stream.deliver() == [1]
    assert stream.deliver(start_after=2) == [2, 3]
    stream.check()
    assert not [warned for warned in recwarn if issubclass(warned.category, SessionizeWarning)]


def test_a_folder_without_runs_a_wrong_kind_and_a_wrong_name_are_refused(stream, tmp_path):
    with pytest.raises(DeliveryError, match="no published run"):
        deliver_delta(tmp_path, tmp_path / "table")
    stream.run(stream.day(0))
    refused(stream, "kind", kind="open")
    refused(stream, "name", name="a/b")


def test_a_name_belongs_to_one_table(stream):
    stream.run(stream.day(0))
    stream.deliver()
    other = stream.folder / "other"
    deliver_delta(stream.out, other, name="second")
    stream.table = other
    refused(stream, "another target")


def test_a_follower_is_registered_as_the_format_says(tmp_path):
    """The example of docs/format.md, byte for byte."""
    followers.register(
        tmp_path, "warehouse", "postgres localhost:5432/shop", "08080808-0808-4808-8808-080808080808",
        "07070707-0707-4707-8707-070707070707", 7, "000000000000000000000000000000ff",
    )
    document = (ROOT / "docs/format.md").read_text()
    example = document[document.index('{\n  "format_version": 1,\n  "name": "warehouse"'):].split("```")[0]
    assert (tmp_path / "followers/warehouse.json").read_text() == example


def test_the_position_is_registered(stream):
    stream.run(stream.day(0))
    stream.deliver()
    registered = json.loads((stream.out / "followers/delta.json").read_text())
    manifest = json.loads((stream.out / "manifests/run-00000001.json").read_text())
    assert (registered["run"], registered["head_digest"]) == (1, manifest["head_digest"])
    assert registered["target_id"] == str(deltalake.DeltaTable(str(stream.table)).metadata().id)


def test_the_command_says_what_is_wrong_in_one_line(stream):
    command = [sys.executable, "-m", "sessionize.delta", "--to", str(stream.table), "--out"]
    missing = subprocess.run([*command, "nowhere"], capture_output=True, text=True)
    assert missing.returncode == 74 and missing.stderr.startswith("sessionize.delta: nowhere has no published run")
    stream.run(stream.day(0))
    done = subprocess.run([*command, str(stream.out)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"delivered 1 runs to {stream.table}, the last is run 1\n")


def test_what_was_pruned_is_known_by_its_summary(tmp_path):
    stream = DeltaStream(tmp_path, "--keep-generations=1")

    def prune():
        stream.sessionize("prune", "--older-than=1d", "--now=2100-01-01")
        return json.loads((stream.out / "manifests/pruned.json").read_text())["through_run"]

    for day in range(3):
        stream.run(stream.day(day))
    assert stream.deliver() == [1, 2, 3]
    stream.run(stream.day(3))
    assert prune() == 2, "the follower goes on from the manifest of run 3"
    assert stream.deliver() == [4]
    stream.run(stream.day(4))
    assert stream.deliver() == [5]
    whole = counted(stream.delivered().to_pylist())
    assert prune() == 4 and not (stream.out / "sessions/run-00000004.parquet").exists()
    assert stream.deliver() == []

    # A table at the run for which the summary stands goes on; one before it lacks runs that are gone.
    deltalake.DeltaTable(str(stream.table)).restore(4)
    assert stream.deliver() == [5]
    assert counted(stream.delivered().to_pylist()) == whole
    deltalake.DeltaTable(str(stream.table)).restore(2)
    refused(stream, "the runs up to run 4 were pruned", "only at run 2", "begin a new table without them: start_after=4")

    path = stream.out / "manifests/pruned.json"
    path.write_text(path.read_text().replace('"through_run": 4', '"through_run": 3'))
    refused(stream, "checksum")


def test_the_lines_of_the_page_deliver(stream, monkeypatch):
    """The block below "Delta Lake" in docs/delivery.md, with another place for the table."""
    stream.run(stream.day(0))
    page = (ROOT / "docs/delivery.md").read_text()
    lines = page.split("\n## Delta Lake\n")[1].split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(stream.folder)
    exec(lines.replace("s3://lake/sessions", "table").replace('{"AWS_REGION": "eu-west-1"}', "None"))
    stream.check()
