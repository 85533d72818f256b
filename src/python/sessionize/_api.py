"""Data frames to sessions."""

from . import _core, _frames
from ._options import words
from ._result import Result
from ._state import State


def sessionize(data, *, state=None, ordered=None, threads=None, progress=None, **definition):
    """Turns the rows of `data` into sessions, and returns those that are complete and the state, which holds the open ones.

    `data` is anything that speaks Arrow: a data frame of pandas or Polars, a table, batch or reader of pyarrow, a relation of DuckDB.
    The keyword arguments are the rules of the command, with underscores: `key`, `time`, `gap`, `agg`, `split_on`, `where`, `having`,
    `max_duration`, `watermark_delay`, `allowed_lateness`, … (docs/semantics.md). With a `state`, the definition is that of the state.

    The rows may come in any order. `ordered=True` refuses to hold events whose order would need it, `ordered=False` sorts at once. A
    stream that can be read only once is taken as ordered, so it needs memory only for what is open. `progress` is called with the
    number of rows so far.

    >>> import pyarrow, sessionize as sz
    >>> day_1 = pyarrow.table({"user": ["ann", "bob", "ann"], "ts": ["2026-01-01 10:00", "2026-01-01 10:05", "2026-01-01 10:20"]})
    >>> done, state = sz.sessionize(day_1, key="user", time="ts", gap="30m", agg="count")
    >>> len(done)
    0
    >>> day_2 = pyarrow.table({"user": ["ann", "bob"], "ts": ["2026-01-01 10:45", "2026-01-01 12:00"]})
    >>> done, state = sz.sessionize(day_2, state=state)
    >>> done.select(["user", "session_start", "event_count"]).to_pylist()[0]["event_count"]
    3
    """
    kind = _kind(data, state)
    rows = _frames.rows(data)
    if _frames.is_stream(data):
        *tables, last = _steps(_core.Fold(rows, words(definition), _of(state), ordered is not False, threads), progress)
        return Result(_core.joined(tables, last), kind)
    return Result(_core.fold(rows, words(definition), _of(state), ordered, threads, progress), kind)


def finalize(state, *, threads=None):
    """Closes every session of `state`, and returns them.

    >>> import pyarrow, sessionize as sz
    >>> rows = pyarrow.table({"user": ["ann"], "ts": [1_767_261_600]})
    >>> done, state = sz.sessionize(rows, key="user", time="ts", gap="30m")
    >>> sz.finalize(state).column("close_reason").to_pylist()
    ['finalize']
    """
    return Result(_core.close(state._core, threads), state._kind).done


def label(data, *, threads=None, progress=None, **definition):
    """Returns `data` with two more columns: the `session_id` of each row, and its `event_number` in the session, from 1.

    All sessions count as complete. A row that is no event (rejected, filtered, a duplicate) has neither.

    >>> import pyarrow, sessionize as sz
    >>> rows = pyarrow.table({"user": ["ann", "bob", "ann"], "ts": [1_767_261_600, 1_767_261_601, 1_767_261_602]})
    >>> sz.label(rows, key="user", time="ts", gap="30m").column("event_number").to_pylist()
    [1, 1, 2]
    """
    kind = _frames.kind_of(data)
    rows = _frames.rows(data)
    return _frames.answer(_core.label(rows, words(definition), threads, progress), kind)


def stream(data, *, state=None, ordered=True, threads=None, progress=None, **definition):
    """Reads a stream of any size, and returns a `Stream` of tables of completed sessions. Memory: what is open.

    >>> import pyarrow, sessionize as sz
    >>> rows = pyarrow.table({"user": ["ann", "ann"], "ts": [1_767_261_600, 1_767_361_600]})
    >>> sessions = sz.stream(rows.to_reader(), key="user", time="ts", gap="30m")
    >>> [table.num_rows for table in sessions], sessions.state
    ([1], <sessionize.State: 1 open session, watermark 2026-01-02 13:46:40+00:00>)
    """
    return Stream(_core.Fold(_frames.rows(data), words(definition), _of(state), ordered, threads), _kind(data, state), progress)


class Stream:
    """Tables of completed sessions while a stream is read. At its end, `result` and `state` say what it came to."""

    def __init__(self, fold, kind, progress):
        self._fold, self._kind, self._progress = fold, kind, progress
        self.result = None

    def __iter__(self):
        for step in _steps(self._fold, self._progress):
            if isinstance(step, _core.Output):
                self.result = Result(step, self._kind)
                if len(step.sessions):
                    yield self.result.done
            else:
                yield _frames.answer(step, self._kind)

    @property
    def state(self):
        """The state behind the last row; `None` before it is read."""
        return self.result and self.result.state


def _steps(fold, progress):
    while True:
        step = fold.next(progress)
        yield step
        if isinstance(step, _core.Output):
            return


def _kind(data, state):
    kind = _frames.kind_of(data)
    return state._kind if kind == "arrow" and state is not None else kind


def _of(state):
    if state is None or isinstance(state, State):
        return state and state._core
    raise TypeError(f"state is a State, not {type(state).__name__}; State.from_bytes reads bytes")
