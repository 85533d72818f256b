"""What a run has come to, in the words of the command's report."""

import datetime

from .layout import error


def balanced(counts):
    """The counts of a run, which must balance (rule 13 of docs/semantics.md)."""
    if (counts["events_folded"], counts["folded_digest"]) != (counts["events_accepted"], counts["events_digest"]):
        raise error(
            f"the two passes over the batch have read different rows ({counts['events_accepted']} events, then {counts['events_folded']}):"
            " write the batch to files first, so that it does not change; nothing was changed",
            65,
        )
    before = counts["rows_read"] + counts["events_open_before"] + counts["events_retracted"]
    kept = ("rows_filtered", "events_late", "events_duplicate", "events_completed", "events_filtered", "events_open")
    after = sum(counts["rejects"].values()) + sum(counts[name] for name in kept)
    if before != after:
        raise error(f"the accounts do not balance: {before} against {after}; nothing was changed", 1)
    return {name: value for name, value in counts.items() if name not in ("events_folded", "folded_digest", "events_digest")}


def rfc3339(us):
    if us is None:
        return None
    time = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(microseconds=us)
    return time.isoformat().replace("+00:00", "Z")


def report(commit):
    counts = commit["counts"]
    times = {"first_us", "latest_us", "oldest_open_start_us", "events_open_before", "rejects"}
    return {
        "run": commit["run"],
        "status": "committed",
        **{name: value for name, value in counts.items() if name not in times},
        "rows_rejected": sum(counts["rejects"].values()),
        "rejects": counts["rejects"],
        "watermark": rfc3339(commit["event_time"]["watermark_us"]),
        "first_event": rfc3339(counts["first_us"]),
        "last_event": rfc3339(counts["latest_us"]),
        "files": len(commit["files"]),
    }
