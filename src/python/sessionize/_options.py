"""Keyword arguments to the flags of the command: `max_duration="4h"` is `--max-duration 4h`."""

import datetime
import difflib
import functools

from . import _core


@functools.cache
def names():
    """The keyword arguments of a definition, each with the flag that it is and whether that repeats."""
    return {flag.replace("-", "_"): (flag, repeats) for flag, repeats, _ in _core.flags()}


def words(definition):
    """The words of the command for these keyword arguments. `None` leaves an argument out; a list gives a flag several times."""
    found = []
    for name, value in definition.items():
        if name not in names():
            near = difflib.get_close_matches(name, names(), 1)
            advice = f"; did you mean {near[0]}?" if near else ""
            raise TypeError(f"there is no argument {name}{advice}")
        flag, repeats = names()[name]
        if value is None:
            continue
        several = isinstance(value, (list, tuple))
        if several and not repeats and name not in ("key", "time"):
            raise TypeError(f"{name} takes one value, not a list")
        values = list(value) if several else _parts(name, value)
        found.extend(f"--{flag}={_text(name, value)}" for value in values)
    return found


def _parts(name, value):
    # As with the command, commas join the columns of a key. A list takes names as they are.
    return value.split(",") if name in ("key", "time") and isinstance(value, str) else [value]


def _text(name, value):
    if isinstance(value, datetime.timedelta):
        return f"{value // datetime.timedelta(microseconds=1)}us"
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(f"{name} takes a text, a number or a duration, not {type(value).__name__}")
    return str(value)
