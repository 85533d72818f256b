"""Follows the published runs of sessionize.

`deliver_delta` brings the sessions of an output folder into a Delta Lake table: each run exactly once, with its corrections and rollbacks.
docs/delivery.md says what is promised. It needs `pip install 'sessionize[delta]'`.
"""

from .log import DeliveryError

__all__ = ["DeliveryError", "deliver_delta"]


def __getattr__(name):
    # deltalake and pyarrow are large, and not everybody who uses this package needs them.
    if name == "deliver_delta":
        from .delta import deliver_delta

        return deliver_delta
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
