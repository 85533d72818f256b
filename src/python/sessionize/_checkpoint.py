"""What the command keeps."""

import json
import pathlib

from . import _core, _frames
from .errors import UsageError


class Checkpoint:
    """A checkpoint of the command, to look at: what `sessionize run --state … --out …` keeps. Each call shows the last commit, and
    neither waits for a run nor changes anything.

    Tables are of the kind that `like` names: "arrow" (any library takes it), "pyarrow", "pandas" or "polars".
    """

    def __init__(self, state="sessionize-state", out="sessionize-out", like="arrow"):
        if like not in _frames.KINDS:
            raise UsageError(f"there is no kind {like} of tables; there are {', '.join(_frames.KINDS)}")
        self._core, self._kind = _core.Checkpoint(pathlib.Path(state), pathlib.Path(out)), like

    def open_sessions(self):
        """The open sessions, as they would be if no further event came."""
        return _frames.answer(self._core.open_sessions(), self._kind)

    def sessions(self):
        """The published sessions that are valid: without those of runs that were rolled back, and those that a later run retracts."""
        return _frames.answer(self._core.sessions(), self._kind)

    def runs(self):
        """The ledger: a dictionary for each run, as `inspect --runs --report json` shows it."""
        return json.loads(self._core.runs())["ledger"]
