"""The memory of a task that folds one key with half of all events: `hot_key.py EVENTS [RULE]` folds EVENTS, then three times as many.

The peak of this process may grow little from the first to the second: what an interpreter and its packages take differs from machine to
machine, what a fold holds of a key does not. With fewer than 2,000,000 EVENTS the buffers on the way are not full yet. Without rules,
events are parts of sessions, and each event of the hot key is a session of its own.
"""

import json
import pathlib
import struct
import sys

import pyarrow as pa
from sessionize._core import SparkFold, SparkMapper, spark_decide

GROWTH_MB = 60
BASE_US = 1_577_836_800_000_000


def job(rules):
    schema = pa.schema([("user", pa.string()), ("ts", pa.timestamp("us", "UTC"))])
    request = json.dumps({"gap": "5m", "key": ["user"], "time": ["ts"], "timezone": None, "time_format": None, "rules": rules})
    nothing = {"watermark_us": None, "accepts_from_us": None, "latest_us": None}
    return json.dumps(
        {
            "definition": json.loads(spark_decide(request, None, schema)),
            "stream_id": "07070707-0707-4707-8707-070707070707",
            "run": 1,
            "buckets": 256,
            "before": nothing,
            "purged": [],
            "latest_us": BASE_US + 10**16,
            "now_us": BASE_US + 10**16,
            "max_future": "5m",
            "advance": {"delay": "0s"},
        }
    )


def peak_of(events, rule):
    """The peak of this process in MB so far, when it has folded these events.

    Rows as an engine sorts them, in batches of 10,000: the hot key with half of the events, then others with two each."""
    text = job([rule] if rule else [])
    fold, rows = SparkFold(text), 10_000
    is_part, seconds = not rule, 1 if rule else 600
    written = 0

    def length(pending):
        sessions, emitted, state = pending
        return len(sessions) + len(emitted) + sum(len(content) for content, _ in state)

    for begin in range(0, events // 2, rows):
        times = pa.array(range(begin * seconds, (begin + rows) * seconds, seconds), pa.int64())
        written += length(fold.take(_rows([b"hot"] * rows, times, is_part)))
    for begin in range(0, events // 2, rows):
        times = pa.array([number % 2 for number in range(begin, begin + rows)], pa.int64())
        written += length(fold.take(_rows([b"user-%09d" % (number // 2) for number in range(begin, begin + rows)], times, is_part)))
    written += length(fold.finish())
    counts = json.loads(fold.counts())
    assert counts["events_folded"] == events
    # Not `ru_maxrss`, which a child begins with that of its parent.
    status = pathlib.Path("/proc/self/status").read_text()
    peak = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))) / 1024
    print(f"{events} events, {counts['sessions_completed']} sessions, {written} bytes, peak {peak:.0f} MB")
    return peak


def _rows(keys, times, is_part):
    count = len(keys)
    micro = pa.compute.add(pa.compute.multiply(times, 1_000_000), BASE_US)
    # Of a part: its end, its events, and their digest.
    payload = [struct.pack("<qQQ", last, 1, 0) for last in micro.to_pylist()] if is_part else [b""] * count
    columns = [pa.array([0] * count, pa.int32()), pa.array(keys, pa.binary()), pa.array([1 if is_part else 2] * count, pa.int32())]
    columns += [micro, times, pa.array(payload, pa.binary())]
    return pa.record_batch(columns, names=["bucket", "key", "kind", "time", "seq", "payload"])


def main(events, rule):
    """0 when the peak grows as little as it may: a fold that holds a key grows by 80 MB with a rule, by more without."""
    before = peak_of(events, rule)
    grown = peak_of(3 * events, rule) - before
    print(f"the peak has grown by {grown:.0f} MB; at most {GROWTH_MB}")
    return 0 if grown <= GROWTH_MB else 1


if __name__ == "__main__":
    import pyarrow.compute

    sys.exit(main(int(sys.argv[1]), sys.argv[2].split("=", 1) if len(sys.argv) > 2 else None))
