"""Scenarios as stories that other engines can be told: events with keys and times, and the sessions that are expected of them."""

import re
import shlex
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
UNITS = {"us": 1, "ms": 1000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
# What a story may ask for: these flags change which sessions come out, or only which mistakes are let through.
FLAGS = {"--gap", "--watermark-delay", "--watermark", "--as-of"}
LIMITS = {"--max-late", "--max-rejects", "--now", "--report", "--header"}
STEPS = ("run", "finalize", "rollback", "purge", "inspect", "file", "gzip", "zstd")


@dataclass(frozen=True)
class Event:
    """A row: its place among all rows, its key, its microseconds."""

    seq: int
    key: str
    time: int


@dataclass
class Step:
    """A run or a finalize. `late` are the numbers of the events that the scenario expects among the late ones."""

    verb: str
    flags: dict
    events: list = field(default_factory=list)
    late: set = field(default_factory=set)


@dataclass
class Story:
    """What a scenario says, in microseconds. `sessions` are all that it completes, `opened` those that it leaves open, if it says so."""

    title: str
    rule: str
    gap: int
    steps: list
    sessions: list
    opened: list | None

    def accepted(self):
        return [event for step in self.steps for event in step.events if event.seq not in step.late]

    def ends_with_a_cut(self):
        """Whether a finalize closes everything: nothing comes after it."""
        with_events = [
            number for number, step in enumerate(self.steps) if any(event.seq not in step.late for event in step.events)
        ]
        return any(step.verb == "finalize" and "--as-of" not in step.flags for step in self.steps[with_events[-1] :])

    def watermark(self):
        """Rule 3 and rule 7: where the watermark is in the end."""
        watermark, latest = -(1 << 62), -(1 << 62)
        for step in self.steps:
            latest = max([latest, *(event.time for event in step.events if event.seq not in step.late)])
            if step.verb == "finalize":
                reached = step.flags.get("--as-of", latest + 1)
            else:
                reached = step.flags.get("--watermark", latest - step.flags.get("--watermark-delay", 0))
            watermark = max(watermark, reached)
        return watermark


class Unfit(Exception):
    """The scenario is about something that the engines do not have."""


def stories():
    texts = [path.read_text() for path in sorted((ROOT / "tests/scenarios").glob("*.txt"))]
    page = (ROOT / "docs/semantics.md").read_text()
    texts.append("\n\n".join(re.findall(r"```scenario\n(.*?)```", page, re.S)))
    parts = [part for text in texts for part in re.split(r"^(?==== )", text, flags=re.M) if part.startswith("=== Rule ")]
    found = []
    for part in parts:
        try:
            found.append(story(part))
        except Unfit:
            continue
    return found


def story(text):
    head, _, body = text.partition("\n")
    title = head.removeprefix("=== ").strip()
    rule = re.match(r"Rule (\d+)", title).group(1)
    steps, sessions, opened, gap, batches, seq = [], [], None, None, 0, 0
    for block in re.split(r"\n\s*\n(?=#|(?:%s)\b)" % "|".join(STEPS), body.strip("\n")):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if not lines:
            continue
        words = shlex.split(lines[0])
        if words[0] == "inspect":
            continue
        flags = read_flags(words)
        if "----" not in lines:
            raise Unfit("no expectations")
        cut = lines.index("----")
        step = Step(words[0], flags)
        expected = [line for line in lines[cut + 1 :] if line.strip()]
        if any(line.startswith(("exit", "status")) for line in expected):
            raise Unfit("a run that is refused")
        rows, late, rejected = lines[1:cut], aside("late", expected), aside("reject", expected)
        batches += bool(rows)
        for number, row in enumerate(rows, 1):
            place = f"{batches}.csv", number
            if place in rejected:
                continue
            seq += 1
            step.events.append(event_of(seq, row))
            if place in late:
                step.late.add(seq)
        sessions += [session_of(said.split(" ", 1)[1]) for said in expected if said.startswith("session ")]
        opens = [said.split(" ", 1)[1] for said in expected if said.startswith("open ")]
        opened = [open_of(row) for row in opens] if opens else None
        now = flags.get("--gap", 300_000_000)
        if words[0] == "run":
            if gap not in (None, now) and "--gap" in flags:
                raise Unfit("the gap changes")
            gap = gap or now
        steps.append(step)
    if not any(step.events for step in steps):
        raise Unfit("no events")
    return Story(title, rule, gap, steps, sorted(sessions), opened and sorted(opened))


def aside(kind, expected):
    """Files and lines of the rows that are expected in a side output."""
    found = [said.split(" ", 1)[1].split(",")[:2] for said in expected if said.startswith(kind + " ")]
    if any(not number.isdigit() for _, number in found):
        raise Unfit("rows of another kind")
    return {(file, int(number)) for file, number in found}


def read_flags(words):
    if words[0] not in ("run", "finalize"):
        raise Unfit(words[0])
    flags, rest = {}, words[1:]
    while rest:
        name, rest = rest[0], rest[1:]
        if name in ("--watermark", "--as-of"):
            flags[name], rest = time_of(rest[0]), rest[1:]
        elif name in FLAGS:
            flags[name], rest = duration_of(rest[0]), rest[1:]
        elif name in LIMITS:
            rest = rest[1:]
        else:
            raise Unfit(name)
    return flags


def duration_of(text):
    parts = re.findall(r"(\d+)(us|ms|s|m|h|d)", text)
    if "".join(number + unit for number, unit in parts) != text or not parts:
        raise Unfit(text)
    return sum(int(number) * UNITS[unit] for number, unit in parts)


def time_of(text):
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?Z?", text)
    if not match:
        raise Unfit(text)
    day, clock, fraction = match.groups()
    second = datetime.fromisoformat(f"{day}T{clock}+00:00")
    return (second - EPOCH) // timedelta(microseconds=1) + int((fraction or "0").ljust(6, "0"))


def event_of(seq, line):
    if line.count(",") != 1 or "\\" in line or '"' in line:
        raise Unfit(line)
    key, time = line.split(",")
    return Event(seq, key, time_of(time))


def session_of(row):
    parts = row.split(",")
    if len(parts) != 6 or parts[0] in ("insert", "retract"):
        raise Unfit(row)
    return parts[0], time_of(parts[1]), time_of(parts[2]), int(parts[4])


def open_of(row):
    parts = row.split(",")
    if len(parts) != 4:
        raise Unfit(row)
    return parts[0], time_of(parts[1]), time_of(parts[2]), int(parts[3])
