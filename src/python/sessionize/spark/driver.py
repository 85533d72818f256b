"""The driver. A run that loses a race takes what the winner has committed, and begins again."""

import datetime
import json
import time as clock

from sessionize._core import spark_time_us

from . import engine
from .attempt import BUCKETS, Attempt
from .batches import FileBatch, FrameBatch
from .layout import Layout, error
from .report import report
from .sources import expanded

_ATTEMPTS = 8


def run(events, root, **arguments):
    """Ingests the rows of the data frame `events` as one batch, and returns a report with the names of the command's.

    The first run fixes `key`, `time`, `gap`, `timezone`, `time_format` and the rules (`agg="count"`, `split_on=["page"]`,
    `allowed_lateness="3d"`, ...: the flags of the command with underscores); later runs may leave them out. `watermark_delay`, `watermark`,
    `max_late`, `max_rejects`, `max_future` and `now` are those of the command. `batch` names the batch: a name that was committed is not
    ingested again. `partitions`, `form` and `buckets` are about the engine (docs/scale.md).

    Events of a key at one instant are folded in the order of the frame's partitions and rows. Where that matters and the frame has no order of
    its own, say `order_by=`.
    """
    return _ingested(FrameBatch(events), root, **arguments)


def run_files(spark, paths, root, *, input_format="auto", **arguments):
    """Ingests files as one batch, as `run` of the command does: the same formats, rejects and order, and a content is ingested once.

    `paths` are files, folders, patterns, and URLs of objects (`s3://`, `gs://`, `az://`), which all workers reach. One task reads a file. The
    other arguments are those of `run`.
    """
    files = FileBatch(spark, expanded([paths] if isinstance(paths, str) else paths), input_format)
    return _ingested(files, root, **arguments)


def _ingested(
    data,
    root,
    *,
    key=None,
    time=None,
    gap=None,
    timezone=None,
    time_format=None,
    watermark_delay="0s",
    watermark=None,
    max_late="5%",
    max_rejects="1%",
    max_future="5m",
    now=None,
    batch=None,
    partitions=None,
    form="auto",
    buckets=BUCKETS,
    **rules,
):
    request = _request(key, time, gap, timezone, time_format, rules)
    advance = {"stated": str(watermark)} if watermark is not None else {"delay": str(watermark_delay)}
    limits = {"max_late": max_late, "max_rejects": max_rejects}
    wanted = {"advance": advance, "max_future": str(max_future), "now_us": _now_us(now), "limits": limits}
    form = engine.form_of(data.spark, form)
    layout = Layout(root)
    for _ in range(_ATTEMPTS):
        attempt = Attempt(data.spark, layout, wanted, buckets)
        if known := attempt.known(batch):
            return {"run": None, "status": "nothing-to-do", "known_from": known}
        attempt.decide(request, data)
        surveyed = attempt.survey(data)
        if isinstance(data, FileBatch) and not data.inputs:
            return {"run": None, "status": "nothing-to-do", "known_from": data.known_from}
        if attempt.take(data, surveyed, form, partitions, batch):
            return report(attempt.commit)
    raise error(f"{layout.address}: other drivers have committed {_ATTEMPTS} times meanwhile; run them one after the other, or try again", 75)


def finalize(spark, root, *, as_of=None, now=None, partitions=None, form="auto"):
    """Closes all open sessions; with `as_of`, states that no older event is still to come. A run of its own, without events."""
    advance = "finalize" if as_of is None else {"stated": str(as_of)}
    wanted = {"advance": advance, "max_future": "5m", "now_us": _now_us(now), "limits": {"max_late": "100%", "max_rejects": "100%"}}
    form = engine.form_of(spark, form)
    layout = Layout(root)
    for _ in range(_ATTEMPTS):
        attempt = Attempt(spark, layout, wanted, BUCKETS)
        if attempt.before is None:
            raise error(f"{layout.address}: there is nothing to finalize: no run was committed here", 1)
        attempt.definition = attempt.meta["definition"]
        if attempt.take(None, attempt.survey(None), form, partitions, None):
            return report(attempt.commit)
    raise error(f"{layout.address}: other drivers have committed {_ATTEMPTS} times meanwhile; try again", 75)


def _request(key, time, gap, timezone, time_format, rules):
    columns = lambda value: None if value is None else value.split(",") if isinstance(value, str) else list(value)
    listed = [
        (name.replace("_", "-"), str(value))
        for name, values in rules.items()
        for value in (values if isinstance(values, (list, tuple)) else [values])
    ]
    return json.dumps(
        {"gap": gap, "key": columns(key), "time": columns(time), "timezone": timezone, "time_format": time_format, "rules": listed}
    )


def _now_us(now):
    if now is None:
        return clock.time_ns() // 1000
    if isinstance(now, datetime.datetime):
        now = (now if now.tzinfo else now.replace(tzinfo=datetime.timezone.utc)).isoformat()
    return spark_time_us(str(now))
