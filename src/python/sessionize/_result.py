"""What a batch comes to."""

import warnings

from . import _frames
from ._state import State
from .errors import SessionizeWarning


class Result:
    """What a batch comes to. It unpacks into the completed sessions and the state: `done, state = sessionize(…)`.

    Late rows and rejects come back as tables in `late` and `rejects`: each row with its place among those given (`row`, from 0), the
    `reason`, and its own columns. A warning says that there are any.
    """

    def __init__(self, output, kind):
        self._output, self._kind = output, kind
        self.done = self._answer(output.sessions)
        self.state = State(output.state, kind)
        self.counts = output.counts
        _warn(output)

    def _answer(self, table):
        return _frames.answer(table, self._kind)

    @property
    def late(self):
        """Rows before the watermark of the state."""
        return self._answer(self._output.late)

    @property
    def rejects(self):
        """Rows without a key or a time, and others that cannot be events."""
        return self._answer(self._output.rejects)

    @property
    def events(self):
        """The events of the completed sessions, with `emit="events"` or `emit="both"`; else `None`."""
        return None if self._output.events is None else self._answer(self._output.events)

    def __iter__(self):
        return iter((self.done, self.state))

    def __len__(self):
        return 2

    def __getitem__(self, place):
        return (self.done, self.state)[place]

    def __repr__(self):
        counts = self.counts
        return (
            f"<sessionize.Result: {counts['rows_read']} rows, {counts['sessions_completed']} sessions, "
            f"{counts['events_open']} events open, {counts['events_late']} late, {counts['rows_rejected']} rejected>"
        )


def _warn(output):
    counts, found = output.counts, []
    if counts["rows_rejected"]:
        reasons = ", ".join(f"{reason} {rows}" for reason, rows in sorted(output.reject_reasons.items()))
        found.append(f"{counts['rows_rejected']} of {counts['rows_read']} rows were rejected ({reasons}): see rejects")
    if counts["events_late"]:
        found.append(f"{counts['events_late']} of {counts['rows_read']} rows are before the watermark: see late")
    if found:
        warnings.warn("; ".join(found), SessionizeWarning, stacklevel=4)
