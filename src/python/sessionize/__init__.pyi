"""Turns event logs into user sessions, batch after batch, exactly once."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, TypedDict, TypeVar, overload

from typing_extensions import Unpack

from ._core import Table as Table
from .delta import deliver_delta as deliver_delta
from .errors import CheckpointError as CheckpointError
from .errors import DataError as DataError
from .errors import DefinitionError as DefinitionError
from .errors import DeliveryError as DeliveryError
from .errors import OrderError as OrderError
from .errors import SessionizeError as SessionizeError
from .errors import SessionizeWarning as SessionizeWarning
from .errors import UsageError as UsageError

Frame = TypeVar("Frame")

class Definition(TypedDict, total=False):
    """The flags of the command (docs/semantics.md), with underscores."""

    key: str | int | Sequence[str | int] | None
    time: str | int | Sequence[str | int] | None
    time_format: str | None
    timezone: str | None
    gap: str | timedelta | None
    agg: str | Sequence[str] | None
    max_duration: str | timedelta | None
    split_at: str | None
    start_on: str | Sequence[str] | None
    split_on: str | Sequence[str] | None
    max_events: int | str | None
    end_on: str | Sequence[str] | None
    gap_by: str | None
    gap_column: str | None
    duration: str | None
    order_by: str | None
    dedup: str | None
    emit: str | None
    allowed_lateness: str | timedelta | None
    max_distinct: int | str | None
    max_list: int | str | None
    where: str | Sequence[str] | None
    having: str | Sequence[str] | None
    null: str | Sequence[str] | None
    key_parts: str | None
    hash_key: str | None
    watermark_delay: str | timedelta | None
    watermark: str | datetime | None
    max_future: str | timedelta | None
    now: str | datetime | None

class State:
    watermark: datetime | None
    batches: int
    @classmethod
    def from_bytes(cls, data: bytes) -> State: ...
    def to_bytes(self) -> bytes: ...
    def open_sessions(self) -> Any: ...

class Result(Generic[Frame]):
    done: Frame
    state: State
    late: Frame
    rejects: Frame
    events: Frame | None
    counts: dict[str, int]
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Any, ...]: ...
    @overload
    def __getitem__(self, place: int) -> Any: ...

class Stream:
    result: Result[Any] | None
    state: State | None
    def __iter__(self) -> Iterator[Any]: ...

class Checkpoint:
    def __init__(self, state: str | os.PathLike[str] = ..., out: str | os.PathLike[str] = ..., like: str = ...) -> None: ...
    def open_sessions(self) -> Any: ...
    def sessions(self) -> Any: ...
    def runs(self) -> list[dict[str, Any]]: ...

def sessionize(
    data: Frame,
    *,
    state: State | None = None,
    ordered: bool | None = None,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
    **definition: Unpack[Definition],
) -> Result[Frame]: ...
def stream(
    data: object,
    *,
    state: State | None = None,
    ordered: bool = True,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
    **definition: Unpack[Definition],
) -> Stream: ...
def finalize(state: State, *, threads: int | None = None) -> Any: ...
def label(
    data: Frame,
    *,
    threads: int | None = None,
    progress: Callable[[int], object] | None = None,
    **definition: Unpack[Definition],
) -> Frame: ...
