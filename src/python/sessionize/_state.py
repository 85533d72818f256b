"""The state between two batches."""

import datetime

from . import _core, _frames

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class State:
    """Open sessions, the watermark and the definition after some batches. A state never changes: each batch makes a new one.

    >>> import pyarrow, sessionize as sz
    >>> table = pyarrow.table({"user": ["ann"], "ts": ["2026-01-01 10:00"]})
    >>> done, state = sz.sessionize(table, key="user", time="ts", gap="30m")
    >>> state
    <sessionize.State: 1 open session, watermark 2026-01-01 10:00:00+00:00>
    >>> sz.State.from_bytes(state.to_bytes())
    <sessionize.State: 1 open session, watermark 2026-01-01 10:00:00+00:00>
    """

    __slots__ = ("_core", "_kind")

    def __init__(self, core, kind="arrow"):
        self._core, self._kind = core, kind

    @classmethod
    def from_bytes(cls, data):
        """The state that `to_bytes`, or the command `sessionize export-state`, has written."""
        return cls(_core.State.from_bytes(bytes(data)))

    def to_bytes(self):
        """The state in the form that the command `sessionize import-state` reads: lines of JSON."""
        return self._core.to_bytes()

    @property
    def watermark(self):
        """Events before this time are late; `None` before the first event."""
        us = self._core.watermark_us
        return None if us is None else _EPOCH + datetime.timedelta(microseconds=us)

    @property
    def batches(self):
        """How many batches have led to it."""
        return self._core.batches

    def open_sessions(self):
        """The open sessions, as they would be if no further event came."""
        return _frames.answer(self._core.open_sessions(), self._kind)

    def __repr__(self):
        sessions, _ = self._core.open_counts
        return f"<sessionize.State: {sessions} open session{'s'[: sessions != 1]}, watermark {self.watermark}>"

    def __reduce__(self):
        return (State.from_bytes, (self.to_bytes(),))
