"""Turns event logs into user sessions, batch after batch, exactly once.

`sessionize` takes a data frame and returns the completed sessions and a state; the next batch goes on from it. The sessions, their
ids, late rows and rejects are those of the command, which this package also carries (`sessionize …`, `python -m sessionize`).

`deliver_delta` brings the published runs of the command into a Delta Lake table. It needs `pip install 'sessionize[delta]'`.
"""

from ._api import Stream, finalize, label, sessionize, stream
from ._checkpoint import Checkpoint
from ._core import Table
from ._result import Result
from ._state import State
from .errors import (
    CheckpointError,
    DataError,
    DefinitionError,
    DeliveryError,
    OrderError,
    SessionizeError,
    SessionizeWarning,
    UsageError,
)

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "DataError",
    "DefinitionError",
    "DeliveryError",
    "OrderError",
    "Result",
    "SessionizeError",
    "SessionizeWarning",
    "State",
    "Stream",
    "Table",
    "UsageError",
    "deliver_delta",
    "finalize",
    "label",
    "sessionize",
    "stream",
]


def __getattr__(name):
    # deltalake and pyarrow are large, and not everybody who uses this package needs them.
    if name == "deliver_delta":
        from .delta import deliver_delta

        return deliver_delta
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
