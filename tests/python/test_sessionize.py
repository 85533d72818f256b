"""Data frames to sessions: kinds of frames, states, late and rejected rows, streams, errors. docs/python.md."""

import datetime
import doctest
import hashlib
import hmac
import multiprocessing
import pathlib
import pickle
import re
import subprocess
import sys

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest
import sessionize as sz

KEYS = {"key": "user", "time": "ts", "gap": "30m", "now": "2026-06-01T00:00:00Z"}
UTC = datetime.timezone.utc
START = datetime.datetime(2026, 1, 1, 10, 0)


def at(minute):
    return START + datetime.timedelta(minutes=minute)


def table(*rows):
    """Rows of user and minute."""
    return pyarrow.table({"user": [user for user, _ in rows], "ts": [at(minute) for _, minute in rows]})


DAY = table(("ann", 0), ("bob", 5), ("ann", 20), ("ann", 90), ("bob", 100))


def spans(done):
    """The sessions as user, first and last minute, and number of events."""
    rows = pyarrow.table(done).to_pylist() if hasattr(done, "__arrow_c_stream__") else done
    minute = lambda time: (time.replace(tzinfo=None) - START) // datetime.timedelta(minutes=1)
    return sorted((row["user"], minute(row["session_start"]), minute(row["session_end"]), row["event_count"]) for row in rows)


COMPLETE = [("ann", 0, 20, 2), ("bob", 5, 5, 1)]
OPEN = [("ann", 90, 90, 1), ("bob", 100, 100, 1)]


@pytest.mark.parametrize(
    "frame, kind",
    [
        (DAY, pyarrow.Table),
        (DAY.to_batches()[0], pyarrow.Table),
        (DAY.to_pandas(), pandas.DataFrame),
        (polars.from_arrow(DAY), polars.DataFrame),
        (polars.from_arrow(DAY).lazy(), polars.LazyFrame),
        (duckdb.from_arrow(DAY), pyarrow.Table),
        (DAY.to_reader(), pyarrow.Table),
        (DAY.to_pydict(), sz.Table),
    ],
    ids=lambda value: type(value).__module__.split(".")[0] + "." + type(value).__name__,
)
def test_the_answer_is_of_the_kind_of_the_question(frame, kind):
    done, state = sz.sessionize(frame, **KEYS)
    assert type(done) is kind
    rest = sz.finalize(state)
    assert type(rest) is kind
    done, rest = [each.collect() if kind is polars.LazyFrame else each for each in (done, rest)]
    assert (spans(done), spans(rest)) == (COMPLETE, OPEN)


def test_a_frame_without_the_interface_of_arrow_goes_through_pyarrow(monkeypatch):
    monkeypatch.delattr(pandas.DataFrame, "__arrow_c_stream__")
    done, _ = sz.sessionize(DAY.to_pandas(), **KEYS)
    assert len(done) == 2
    with pytest.raises(TypeError, match="does not speak Arrow"):
        sz.sessionize([1, 2], **KEYS)


def test_a_state_goes_on_and_never_changes():
    _, first = sz.sessionize(table(("ann", 0)), **KEYS)
    done, second = sz.sessionize(table(("ann", 20), ("bob", 200)), state=first)
    assert spans(done) == [("ann", 0, 20, 2)]
    again, _ = sz.sessionize(table(("ann", 25), ("bob", 200)), state=first)
    assert spans(again) == [("ann", 0, 25, 2)]
    assert (first.batches, second.batches) == (1, 2)
    assert spans(first.open_sessions()) == [("ann", 0, 0, 1)]
    assert second.watermark == at(200).replace(tzinfo=UTC)
    for copy in (sz.State.from_bytes(second.to_bytes()), pickle.loads(pickle.dumps(second))):
        assert repr(copy) == repr(second)
        assert spans(sz.finalize(copy)) == [("bob", 200, 200, 1)]
    with pytest.raises(sz.DataError, match="these bytes are no complete state"):
        sz.State.from_bytes(second.to_bytes()[:-20])


def test_a_state_keeps_its_definition():
    _, state = sz.sessionize(table(("ann", 0)), **KEYS, agg=["count"])
    with pytest.raises(sz.DefinitionError, match="gap is 30m, the run asks for 1h"):
        sz.sessionize(table(("ann", 5)), state=state, gap="1h")
    done = sz.finalize(sz.sessionize(table(("ann", 5)), state=state, gap=datetime.timedelta(minutes=30)).state)
    assert done.column("count").to_pylist() == [2]


def test_late_and_rejected_rows_come_back_with_a_warning():
    _, state = sz.sessionize(table(("ann", 0), ("ann", 100)), **KEYS)
    rows = pyarrow.table({"user": ["bob", None, "ann", "ann"], "ts": [at(5), at(200), at(201), at(10**8)], "page": list("abcd")})
    with pytest.warns(sz.SessionizeWarning, match=r"2 of 4 rows were rejected \(empty-key 1, future 1\).*1 of 4 rows are before"):
        result = sz.sessionize(rows, state=state)
    assert [(row["row"], row["reason"], row["page"]) for row in result.late.to_pylist()] == [(0, "late", "a")]
    assert [(row["row"], row["reason"], row["page"]) for row in result.rejects.to_pylist()] == [(1, "empty-key", "b"), (3, "future", "d")]
    counts = result.counts
    assert (counts["rows_read"], counts["events_late"], counts["rows_rejected"], counts["events_accepted"]) == (4, 1, 2, 1)
    assert len(result) == 2 and result[0] is result.done and tuple(result) == (result.done, result.state)


def test_hashed_keys_are_those_of_hmac_and_side_tables_do_not_show_rows(monkeypatch):
    secret = b"a secret of some length"
    monkeypatch.setenv("SESSIONIZE_TEST_SECRET", secret.decode())
    options = {**KEYS, "hash_key": "env:SESSIONIZE_TEST_SECRET"}
    rows = pyarrow.table({"user": ["ann", None, "bob"], "ts": [at(0), at(1), at(100)], "page": list("abc")})
    with pytest.warns(sz.SessionizeWarning, match="1 of 3 rows were rejected"):
        result = sz.sessionize(rows, **options)
    ann = hmac.new(secret, b"ann", hashlib.sha256).hexdigest()
    assert result.done.column("user").to_pylist() == [ann]
    assert result.rejects.to_pylist() == [{"row": 1, "reason": "empty-key"}]
    with pytest.raises(sz.DefinitionError, match="names no secret"):
        sz.sessionize(rows, state=result.state)


def test_names_of_side_tables_do_not_clash():
    rows = pyarrow.table({"row": ["ann", None], "reason": [at(0), at(1)]})
    with pytest.warns(sz.SessionizeWarning):
        rejects = sz.sessionize(rows, key="row", time="reason").rejects
    assert rejects.column_names == ["_row", "_reason", "row", "reason"]


def test_corrections_retract_and_insert():
    options = {**KEYS, "allowed_lateness": "1d"}
    done, state = sz.sessionize(table(("ann", 0), ("bob", 100)), **options)
    assert done.column("op").to_pylist() == ["insert"]
    done, state = sz.sessionize(table(("ann", 10)), state=state)
    assert sorted(zip(done.column("op").to_pylist(), done.column("event_count").to_pylist())) == [("insert", 2), ("retract", 1)]


def test_labels_stand_beside_the_rows():
    rows = table(("ann", 0), ("bob", 5), ("ann", 20), ("ann", 90))
    labelled = sz.label(rows, **KEYS)
    assert labelled.column_names == ["user", "ts", "session_id", "event_number"]
    assert labelled.column("event_number").to_pylist() == [1, 1, 2, 1]
    ids = labelled.column("session_id").to_pylist()
    done, state = sz.sessionize(rows, **KEYS)
    by_start = {(row["user"], row["session_start"]): row["session_id"] for each in (done, sz.finalize(state)) for row in each.to_pylist()}
    first = [at(0), at(5), at(0), at(90)]
    assert ids == [by_start[user, time.replace(tzinfo=UTC)] for user, time in zip(rows.column("user").to_pylist(), first)]
    nothing = sz.label(pyarrow.table({"user": [None], "ts": [at(0)]}), **KEYS)
    assert nothing.column("session_id").to_pylist() == [None]
    with pytest.raises(sz.DataError, match="have a column session_id already"):
        sz.label(labelled, **KEYS)
    assert isinstance(sz.label(polars.from_arrow(rows), **KEYS), polars.DataFrame)


def test_events_are_emitted_with_their_columns():
    result = sz.sessionize(DAY, **KEYS, emit="both")
    assert result.events.column_names == ["user", "ts", "session_id", "event_number"]
    assert result.events.num_rows == 3 and result.done.num_rows == 2
    assert sz.sessionize(DAY, **KEYS).events is None


def batches_of(frame, rows):
    return pyarrow.RecordBatchReader.from_batches(frame.schema, frame.to_batches(max_chunksize=rows))


def test_a_stream_is_folded_as_it_comes_and_refuses_disorder():
    pieces = sz.stream(batches_of(DAY, 2), **KEYS)
    done = [row for each in pieces for row in each.to_pylist()]
    assert spans(pyarrow.Table.from_pylist(done)) == COMPLETE
    assert spans(sz.finalize(pieces.state)) == OPEN and pieces.result.counts["rows_read"] == 5
    # Far enough apart that the first sessions are folded before the events out of order come.
    many = table(*[("ann", 60 * hour) for hour in range(200_000 // 60)] * 60, ("ann", 1))
    with pytest.raises(sz.OrderError, match="comes before one of the same key"):
        sz.sessionize(many.to_reader(), **KEYS)
    assert spans(sz.sessionize(many, **KEYS).done) == spans(sz.sessionize(many.to_reader(), **KEYS, ordered=False).done)


def test_rows_in_any_order_give_the_same_sessions():
    rows = [(user, minute) for user in ("ann", "bob") for minute in range(0, 400, 7)]
    expected = sz.sessionize(table(*rows), **KEYS).done
    assert spans(sz.sessionize(table(*reversed(rows)), **KEYS).done) == spans(expected)


@pytest.mark.parametrize("rows", [3_000, 200_000])
@pytest.mark.filterwarnings("ignore::sessionize.SessionizeWarning")
def test_rows_that_become_no_events_or_are_written_in_another_way_change_nothing_else(rows):
    """What is folded where it is decoded, and what is not: a time that only the general reader knows, no key, one out of order, late ones."""
    minute = [number // 3 for number in range(rows)]
    users = [f"user {number * 7 % 31}" for number in range(rows)]
    plain = pyarrow.table({"user": users, "ts": [at(minute) for minute in minute]})
    expected = sz.sessionize(plain, **KEYS)

    texts = [f"{at(minute):%Y-%m-%dT%H:%M:%S}" for minute in minute]
    midnight = next(number for number, text in enumerate(texts) if text.endswith("T00:00:00"))
    texts[midnight] = texts[midnight][:10]
    odd = {"user": users[:60] + ["", "ann"] + users[60:], "ts": texts[:60] + [texts[60], ""] + texts[60:]}
    found = sz.sessionize(pyarrow.table(odd), **KEYS)
    assert pyarrow.table(found.done) == expected.done
    assert pyarrow.table(found.state.open_sessions()) == pyarrow.table(expected.state.open_sessions())
    assert (found.counts["rows_rejected"], found.counts["events_accepted"]) == (2, rows)

    swapped = list(range(rows))
    swapped[310], swapped[341] = 341, 310
    assert spans(sz.sessionize(plain.set_column(1, "ts", plain["ts"].take(swapped)), **KEYS).done) == spans(expected.done)

    early = sz.sessionize(plain.slice(0, 50), **KEYS).state
    again = sz.sessionize(plain, state=early)
    assert again.counts["events_late"] == 48, "those before the last minute"
    assert again.counts["events_accepted"] == rows - 48


def test_progress_is_told_and_may_end_the_work():
    seen = []
    big = table(*[("ann", minute) for minute in range(200_000)])
    sz.sessionize(big, **KEYS, progress=seen.append)
    assert seen == sorted(seen) and seen[-1] == 200_000

    def stop(rows):
        raise KeyboardInterrupt

    for work in (lambda: sz.sessionize(big, **KEYS, progress=stop), lambda: sz.label(big, **KEYS, progress=stop)):
        with pytest.raises(KeyboardInterrupt):
            work()


@pytest.mark.parametrize(
    "options, error, words",
    [
        ({"gap": "30x"}, sz.UsageError, "invalid value '30x' for '--gap <DUR>'"),
        ({"agg": "sum"}, sz.UsageError, "invalid value 'sum' for '--agg"),
        ({"gp": "30m"}, TypeError, "there is no argument gp; did you mean gap"),
        ({"gap": ["1m", "2m"]}, TypeError, "gap takes one value"),
        ({"gap": True}, TypeError, "gap takes a text"),
        ({"key": "usr"}, sz.DataError, "there is no column usr: its columns are user, ts, x; did you mean user?"),
        ({"time": "x"}, sz.DataError, "column x is true or false, which cannot be a time"),
        ({"key": "ts"}, sz.DataError, "column ts is a time, which cannot be a key"),
        ({"agg": "sum(y)"}, sz.DataError, "there is no column y"),
        ({"state": b"x"}, TypeError, "State.from_bytes reads bytes"),
        ({"emit": "events", "allowed_lateness": "1d"}, sz.UsageError, "these rules exclude each other"),
    ],
)
def test_errors_have_the_words_of_the_command(options, error, words):
    rows = table(("ann", 0)).append_column("x", [[True]])
    with pytest.raises(error, match=re.escape(words)):
        sz.sessionize(rows, **{**KEYS, **options})


@pytest.mark.parametrize("key", ["2", ["2"]])
def test_a_column_is_meant_by_its_name_also_if_that_is_a_number(key):
    rows = pyarrow.table({"2": ["ann", "bob"], "user": ["x", "x"], "ts": [1_767_261_600, 1_767_261_601]})
    done, state = sz.sessionize(rows, key=key, time="ts", gap="30m")
    assert sorted(sz.finalize(state).column("2").to_pylist()) == ["ann", "bob"]
    with pytest.raises(sz.DataError, match="3"):
        sz.sessionize(rows, key="3", time="ts", gap="30m")


@pytest.mark.parametrize("key, time", [("2", "ts"), (["2"], "ts"), (2, "ts"), ("2", "1"), (["user", "2"], "1")])
def test_a_name_that_is_a_number_means_the_same_column_in_the_next_batch(key, time, tmp_path):
    """There the columns stand in another order."""
    first = pyarrow.table({"2": ["ann", "bob"], "user": ["x", "x"], "1": [at(0), at(1)]}).rename_columns(["2", "user", str(time)])
    second = pyarrow.table({str(time): [at(20), at(21)], "user": ["x", "x"], "2": ["bob", "ann"]})
    _, state = sz.sessionize(first, key=key, time=time, gap="30m", now=KEYS["now"])
    for begun in (state, sz.State.from_bytes(state.to_bytes())):
        assert sorted(pyarrow.table(begun.open_sessions()).column("2").to_pylist()) == ["ann", "bob"]
        for again in ({}, {"key": key, "time": time}):
            rest = sz.finalize(sz.sessionize(second, state=begun, **again, now=KEYS["now"]).state)
            rows = pyarrow.table(rest).to_pylist()
            assert sorted((row["2"], row["event_count"]) for row in rows) == [("ann", 2), ("bob", 2)]
        with pytest.raises(sz.DefinitionError, match="key is .*2, the run asks for user"):
            sz.sessionize(second, state=begun, key="user")
    form = "--output-format=parquet"
    # The command means the same column by it.
    (tmp_path / "state.jsonl").write_bytes(state.to_bytes())
    pyarrow.parquet.write_table(second, tmp_path / "second.parquet")
    for words in (["import-state", "state.jsonl"], ["run", "--batch=second.parquet", form], ["finalize", form]):
        done = subprocess.run([sys.executable, "-m", "sessionize", *words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    published = [row for path in tmp_path.glob("sessionize-out/sessions/*.parquet") for row in pyarrow.parquet.ParquetFile(path).read().to_pylist()]
    assert sorted((row["2"], row["event_count"]) for row in published) == [("ann", 2), ("bob", 2)]


def test_all_exceptions_of_the_package_are_of_one_class():
    from sessionize import errors

    raised = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception) and not issubclass(each, Warning)]
    assert len(raised) >= 8 and all(issubclass(each, sz.SessionizeError) for each in raised)


def test_no_rows_are_no_sessions():
    done, state = sz.sessionize(DAY.slice(0, 0), **KEYS)
    assert done.num_rows == 0 and state.watermark is None
    assert sz.finalize(state).num_rows == 0


def test_the_command_goes_on_where_python_has_stopped(tmp_path):
    run = lambda *words: subprocess.run([sys.executable, "-m", "sessionize", *words], cwd=tmp_path, capture_output=True, text=True)
    _, state = sz.sessionize(table(("ann", 0), ("bob", 5)), **KEYS)
    (tmp_path / "state.jsonl").write_bytes(state.to_bytes())
    imported = run("import-state", "state.jsonl")
    assert imported.returncode == 0, imported.stderr
    (tmp_path / "day.csv").write_text("user,ts\nann,2026-01-01T10:20:00\ncleo,2026-01-01T12:00:00\n")
    done = run("run", "--batch", "day.csv")
    assert done.returncode == 0, done.stderr
    rows = next((tmp_path / "sessionize-out/sessions").glob("*.csv")).read_text()
    expected, state = sz.sessionize(table(("ann", 20), ("cleo", 120)), state=state)
    assert sorted(re.findall(r"[0-9a-f-]{36}", rows)) == sorted(expected.column("session_id").to_pylist())
    # And back again.
    exported = run("export-state", "back.jsonl")
    assert exported.returncode == 0, exported.stderr
    back = sz.State.from_bytes((tmp_path / "back.jsonl").read_bytes())
    assert spans(sz.finalize(back)) == spans(sz.finalize(state))


def test_the_command_has_its_exit_codes():
    code = lambda *words: subprocess.run([sys.executable, "-m", "sessionize", *words], capture_output=True).returncode
    assert (code("--version"), code("run", "--gap", "x")) == (0, 2)


@pytest.mark.parametrize("module", ["_api", "_state"])
def test_examples_run(module):
    found = doctest.testmod(sys.modules[f"sessionize.{module}"])
    assert found.attempted > 3 and found.failed == 0


def test_the_pages_examples_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    root = pathlib.Path(__file__).parents[2]
    for page in ("docs/python.md", "README.md"):
        for code in re.findall(r"```python\n(import sessionize.*?)```", (root / page).read_text(), re.S):
            subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_the_stubs_have_every_argument_of_a_definition():
    from sessionize._options import names

    stub = (pathlib.Path(sz.__file__).parent / "__init__.pyi").read_text()
    listed = re.findall(r"^    (\w+): .* \| None$", stub.split("class Definition")[1].split("\nclass ")[0], re.M)
    assert sorted(listed) == sorted(names())


def in_a_fork(_):
    return spans(sz.sessionize(DAY, **KEYS).done)


def test_a_process_that_was_forked_has_threads_of_its_own():
    assert in_a_fork(0) == COMPLETE
    with multiprocessing.get_context("fork").Pool(1) as forked:
        assert forked.map_async(in_a_fork, [0]).get(timeout=60) == [COMPLETE]
