"""One attempt at one run: a survey, a shuffle, a fold, and one commit."""

import json
import uuid

from sessionize._core import spark_after, spark_check_limit

from . import engine, tasks
from .layout import FORMAT_VERSION, error
from .report import balanced

BUCKETS = 256
_PARTITIONS = 32
_COUNTED = (
    "events_folded sessions_completed events_completed sessions_retracted events_retracted sessions_filtered events_filtered events_duplicate"
    " keys_open sessions_open events_open"
).split()


class Attempt:
    """An attempt, from what was committed when it began."""

    def __init__(self, spark, layout, wanted, buckets):
        self.spark, self.layout, self.wanted = spark, layout, wanted
        self.meta, self.before = layout.meta(), layout.newest()
        self.definition = self.commit = None
        self.run = self.before["run"] + 1 if self.before else self.meta["first_run"] if self.meta else 1
        self.stream_id = self.meta["stream_id"] if self.meta else str(uuid.uuid4())
        self.buckets = self.meta["buckets"] if self.meta else buckets
        self.attempt = str(uuid.uuid4())
        self.folder = f"data/{self.run:010}-{self.attempt}"
        if self.meta and not self.before and self.meta["first_kind"] == "import":
            raise error(
                f"{layout.address}: the export of a checkpoint into this root has not ended: run `sessionize export-state --parquet` again;"
                " nothing was changed",
                74,
            )
        if self.buckets != buckets and buckets != BUCKETS:
            raise error(f"{layout.address} has {self.buckets} buckets, the run asks for {buckets}: leave it out, it is fixed by the first run", 78)

    def known(self, name):
        """The run that has taken in the batch of this name, if any."""
        named = (commit["run"] for commit in self.layout.commits() if commit["batch"] == name) if name is not None else ()
        return next(iter(named), None)

    def decide(self, request, batch):
        """Fixes the definition, as the first run has or this batch does."""
        # What is wrong with the arguments is found here, not in a task.
        for name, limit in self.wanted["limits"].items():
            spark_check_limit(name, str(limit), 0, 0)
        kept = json.dumps(self.meta["definition"]) if self.meta else None
        self.definition = json.loads(batch.decide(request, kept))
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

    def survey(self, batch):
        """Reads the batch, which may be None, a first time: what it has, and the files of its rows that become no events."""
        counts = {"rows_read": 0, "rows_filtered": 0, "events_accepted": 0, "events_late": 0, "rejects": {}, "first_us": None, "latest_us": None}
        counts["events_digest"], files = 0, []
        job = self._job(None)
        spark_after(job)
        for result in batch.survey(job, self.layout, self.folder) if batch else []:
            files += result["files"]
            _add_read(counts, result["counts"])
        of = counts["rows_read"] - counts["rows_filtered"]
        for name, rows in (("max_late", counts["events_late"]), ("max_rejects", sum(counts["rejects"].values()))):
            spark_check_limit(name, str(self.wanted["limits"][name]), rows, of)
        return counts, files

    def take(self, batch, surveyed, form, partitions, name):
        """Folds the batch and commits it. False if another driver has committed this run meanwhile."""
        read, files = surveyed
        job = self._job(read["latest_us"])
        after = json.loads(spark_after(job))
        folded, of_fold = self._fold(batch, job, form, partitions)
        counts = balanced({**read, **folded, "events_open_before": self.before["counts"]["events_open"] if self.before else 0})
        if self.meta is None and self.layout.put_meta(self._new_meta())["stream_id"] != self.stream_id:
            return False
        self.commit = {
            "format_version": FORMAT_VERSION,
            "stream_id": self.stream_id,
            "run": self.run,
            "attempt": self.attempt,
            "kind": "batch" if batch else "finalize" if self.wanted["advance"] == "finalize" else "finalize-as-of",
            "now_us": self.wanted["now_us"],
            "event_time": after["after"],
            "purged": after["purged"],
            "counts": counts,
            "batch": name,
            "inputs": batch.inputs if batch else [],
            "files": sorted(files + of_fold, key=lambda file: file["path"]),
        }
        return self.layout.put_commit(self.commit)

    def _new_meta(self):
        return {
            "format_version": FORMAT_VERSION,
            "stream_id": self.stream_id,
            "buckets": self.buckets,
            "first_run": self.run,
            "first_kind": "batch",
            "definition": self.definition,
        }

    def _fold(self, batch, job, form, partitions):
        rows = [batch.rows(job)] if batch else []
        if state := [file for file in (self.before or {"files": []})["files"] if file["kind"] == "state"]:
            names = self.spark.createDataFrame([(file["path"], file["digest"]) for file in state], "name string, digest string")
            rows.append(names.repartition(len(state)).mapInArrow(tasks.opened_state(job, self.layout.address), tasks.ROWS))
        counts = dict.fromkeys(_COUNTED, 0) | {"oldest_open_start_us": None, "folded_digest": 0}
        files = []
        if rows:
            all_rows = rows[0] if len(rows) == 1 else rows[0].unionByName(rows[1])
            for result in engine.fold(all_rows, form, partitions or _PARTITIONS, job, self.layout.address, self.folder):
                files += result["files"]
                found = result["counts"]
                for name in _COUNTED:
                    counts[name] += found[name]
                counts["folded_digest"] = _digest(counts["folded_digest"], found)
                starts = (counts["oldest_open_start_us"], found["oldest_open_start_us"])
                counts["oldest_open_start_us"] = min((start for start in starts if start is not None), default=None)
        return counts, files


def _add_read(counts, found):
    for name in ("rows_read", "rows_filtered", "events_accepted", "events_late"):
        counts[name] += found[name]
    counts["events_digest"] = _digest(counts["events_digest"], found)
    for reason, rows in found["rejects"].items():
        counts["rejects"][reason] = counts["rejects"].get(reason, 0) + rows
    for name, choose in (("first_us", min), ("latest_us", max)):
        counts[name] = choose((us for us in (counts[name], found[name]) if us is not None), default=None)


def _digest(before, found):
    return (before + int(found["events_digest"], 16)) % 2**64
