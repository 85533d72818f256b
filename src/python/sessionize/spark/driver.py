"""The driver: one run is a survey, a shuffle, a fold, and one commit."""

import json
import time as clock
import uuid

from sessionize._core import spark_after, spark_decide

from . import engine, tasks
from .layout import FORMAT_VERSION, Layout, error
from .limits import check_limit
from .report import balanced, report

BUCKETS = 256
# A driver that loses a race takes what the winner has committed, and begins again.
ATTEMPTS = 8
_COUNTED = (
    "events_folded sessions_completed events_completed sessions_retracted events_retracted sessions_filtered events_filtered events_duplicate"
    " keys_open sessions_open events_open"
).split()


def run(
    events,
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
    inputs=(),
    partitions=None,
    form="auto",
    buckets=BUCKETS,
    **rules,
):
    """Ingests the rows of the data frame `events` as one batch, and returns a report with the names of the command's.

    The first run fixes `key`, `time`, `gap` and the rules (`agg="count"`, `split_on=["page"]`, `allowed_lateness="3d"`, ...: the flags of
    the command with underscores); later runs may leave them out. `batch` names the batch: a name that was committed is not ingested again.

    Events of a key at one instant are folded in the order of the frame's partitions and rows. Where that matters and the frame has no order of
    its own, say `order_by=`.
    """
    request = _request(key, time, gap, timezone, time_format, rules)
    advance = {"stated": str(watermark)} if watermark is not None else {"delay": watermark_delay}
    wanted = {"advance": advance, "max_future": max_future, "now_us": _now_us(now), "limits": (max_late, max_rejects)}
    spark = events.sparkSession
    form = engine.form_of(spark, form)
    layout = Layout(root)
    for _ in range(ATTEMPTS):
        attempt = _Attempt(spark, layout, wanted, buckets)
        if known := attempt.known(batch, inputs):
            return {"run": None, "status": "nothing-to-do", "known_from": known}
        attempt.decide(request, events)
        if attempt.take(events, form, partitions, {"batch": batch, "inputs": list(inputs)}):
            return report(attempt.commit)
    raise error(f"{layout.address}: other drivers have committed {ATTEMPTS} times meanwhile; run them one after the other, or try again", 75)


def finalize(spark, root, *, as_of=None, now=None, partitions=None, form="auto"):
    """Closes all open sessions; with `as_of`, states that no older event is still to come. A run of its own, without events."""
    advance = "finalize" if as_of is None else {"stated": str(as_of)}
    wanted = {"advance": advance, "max_future": "5m", "now_us": _now_us(now), "limits": ("100%", "100%")}
    form = engine.form_of(spark, form)
    layout = Layout(root)
    for _ in range(ATTEMPTS):
        attempt = _Attempt(spark, layout, wanted, BUCKETS)
        if attempt.before is None:
            raise error(f"{layout.address}: there is nothing to finalize: no run was committed here", 1)
        attempt.definition = attempt.meta["definition"]
        if attempt.take(None, form, partitions, {"batch": None, "inputs": []}):
            return report(attempt.commit)
    raise error(f"{layout.address}: other drivers have committed {ATTEMPTS} times meanwhile; try again", 75)


def _request(key, time, gap, timezone, time_format, rules):
    columns = lambda value: None if value is None else [value] if isinstance(value, str) else list(value)
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
    if isinstance(now, str):
        import datetime

        now = datetime.datetime.fromisoformat(now.replace("Z", "+00:00"))
        now = now if now.tzinfo else now.replace(tzinfo=datetime.timezone.utc)
    return round(now.timestamp() * 1_000_000)


class _Attempt:
    """One attempt at one run, from what was committed when it began."""

    def __init__(self, spark, layout, wanted, buckets):
        self.spark, self.layout, self.wanted = spark, layout, wanted
        self.meta, self.before = layout.meta(), layout.newest()
        self.definition = self.commit = None
        self.run = self.before["run"] + 1 if self.before else self.meta["first_run"] if self.meta else 1
        self.stream_id = self.meta["stream_id"] if self.meta else str(uuid.uuid4())
        self.buckets = self.meta["buckets"] if self.meta else buckets
        self.attempt = str(uuid.uuid4())
        self.folder = f"data/{self.run:010}-{self.attempt}"
        if self.buckets != buckets and buckets != BUCKETS:
            raise error(f"{layout.address} has {self.buckets} buckets, the run asks for {buckets}: leave it out, it is fixed by the first run", 78)

    def known(self, batch, inputs):
        """The run that has ingested this batch, if any."""
        if batch is None and not inputs:
            return None
        found = None
        for commit in self.layout.commits():
            known = {given["path"]: given for given in commit["inputs"]}
            again = [given for given in inputs if given["path"] in known]
            for given in again:
                if given != known[given["path"]]:
                    raise error(f"{given['path']} was ingested in run {commit['run']} with other content: give new content a new name", 65)
            if again and len(again) < len(inputs):
                raise error(f"{again[0]['path']} was ingested in run {commit['run']}, and other files of this batch were not: give those alone", 65)
            if again or (batch is not None and commit["batch"] == batch):
                found = commit["run"]
        return found

    def decide(self, request, events):
        kept = json.dumps(self.meta["definition"]) if self.meta else None
        columns = [name for name in events.columns if name not in (tasks.FILE, tasks.PLACE, tasks.ROW)]
        self.definition = json.loads(spark_decide(request, kept, events.select(*columns).limit(0).toArrow().schema))
        if self.meta and self.definition != self.meta["definition"]:
            raise error("the first run has left parts of the definition open, which this data would decide: begin another root", 78)

    def _job(self, latest_us):
        nothing = {"watermark_us": None, "accepts_from_us": None, "latest_us": None}
        return json.dumps(
            {
                "definition": self.definition,
                "stream_id": self.stream_id,
                "run": self.run,
                "buckets": self.buckets,
                "before": self.before["event_time"] if self.before else nothing,
                "purged": self.before["purged"] if self.before else [],
                "latest_us": latest_us,
                "now_us": self.wanted["now_us"],
                "max_future": self.wanted["max_future"],
                "advance": self.wanted["advance"],
            }
        )

    def take(self, events, form, partitions, named):
        """Folds the batch and commits it. False if another driver has committed this run meanwhile."""
        # What is wrong with the arguments is found here, not in a task.
        spark_after(self._job(None))
        read, files = self._survey(events)
        job = self._job(read["latest_us"])
        after = json.loads(spark_after(job))
        folded, of_fold = self._fold(events, job, form, partitions)
        counts = balanced({**read, **folded, "events_open_before": self.before["counts"]["events_open"] if self.before else 0})
        stands = self.layout.put_meta(
            {
                "format_version": FORMAT_VERSION,
                "stream_id": self.stream_id,
                "buckets": self.buckets,
                "first_run": self.run,
                "definition": self.definition,
            }
        ) if self.meta is None else self.meta
        if stands["stream_id"] != self.stream_id:
            return False
        self.commit = {
            "format_version": FORMAT_VERSION,
            "stream_id": self.stream_id,
            "run": self.run,
            "attempt": self.attempt,
            "kind": "batch" if events is not None else "finalize" if self.wanted["advance"] == "finalize" else "finalize-as-of",
            "now_us": self.wanted["now_us"],
            "event_time": after["after"],
            "purged": after["purged"],
            "counts": counts,
            **named,
            "files": sorted(files + of_fold, key=lambda file: file["path"]),
        }
        return self.layout.put_commit(self.commit)

    def _survey(self, events):
        counts = {"rows_read": 0, "rows_filtered": 0, "events_accepted": 0, "events_late": 0, "rejects": {}, "first_us": None, "latest_us": None}
        files = []
        if events is not None:
            task = tasks.survey(self._job(None), self.layout.address, self.folder)
            for row in _collected(lambda: events.mapInArrow(task, tasks.RESULT).collect()):
                result = json.loads(row.result)
                files += result["files"]
                _add_read(counts, result["counts"])
            late, rejects = self.wanted["limits"]
            of = counts["rows_read"] - counts["rows_filtered"]
            check_limit("late", counts["events_late"], of, "max_late", late)
            check_limit("rejected", sum(counts["rejects"].values()), of, "max_rejects", rejects)
        return counts, files

    def _fold(self, events, job, form, partitions):
        rows = [events.mapInArrow(tasks.mapped(job), tasks.ROWS)] if events is not None else []
        if state := [file for file in (self.before or {"files": []})["files"] if file["kind"] == "state"]:
            names = self.spark.createDataFrame([(file["path"], file["digest"]) for file in state], "name string, digest string")
            rows.append(names.repartition(len(state)).mapInArrow(tasks.opened_state(job, self.layout.address), tasks.ROWS))
        counts = dict.fromkeys(_COUNTED, 0) | {"oldest_open_start_us": None}
        files = []
        if rows:
            all_rows = rows[0] if len(rows) == 1 else rows[0].unionByName(rows[1])
            folder = self.folder
            for row in _collected(lambda: engine.fold(all_rows, form, partitions or 32, job, self.layout.address, folder)):
                result = json.loads(row.result)
                files += result["files"]
                for name in _COUNTED:
                    counts[name] += result["counts"][name]
                starts = [counts["oldest_open_start_us"], result["counts"]["oldest_open_start_us"]]
                counts["oldest_open_start_us"] = min((start for start in starts if start is not None), default=None)
        return counts, files


def _add_read(counts, found):
    for name in ("rows_read", "rows_filtered", "events_accepted", "events_late"):
        counts[name] += found[name]
    for reason, rows in found["rejects"].items():
        counts["rejects"][reason] = counts["rejects"].get(reason, 0) + rows
    for name, choose in (("first_us", min), ("latest_us", max)):
        counts[name] = choose((us for us in (counts[name], found[name]) if us is not None), default=None)


def _collected(action):
    """The rows of an action. What a worker without this package says is made clear."""
    try:
        return action()
    except Exception as failure:
        text = str(failure)
        if "No module named 'sessionize" in text or "PYTHON_VERSION_MISMATCH" in text:
            raise error(
                "a worker has another Python than the driver, or no sessionize: export PYSPARK_PYTHON with an interpreter that has the wheel on every"
                " worker, or ship an archive of the environment (docs/scale.md)",
                1,
            ) from failure
        raise
