"""What other engines are told of a scenario: rules, events with their columns, and the sessions that are expected of them."""

from dataclasses import dataclass, field

from times import Unfit

NEVER = -(1 << 62)


@dataclass(frozen=True)
class Event:
    """A row: its place among all rows, its key, its microseconds (none if it has no time, and `--where` leaves it out), the gap and the
    duration that it contains, its values (none if they are missing), and the row as it was written, in cells and as a line."""

    seq: int
    key: str
    time: int | None
    gap: int | None
    lasts: int
    values: tuple
    row: tuple
    line: str


@dataclass
class Step:
    """A run or a finalize. `late` are the numbers of the events that the scenario expects among the late ones."""

    verb: str
    flags: dict
    events: list = field(default_factory=list)
    late: set = field(default_factory=set)


@dataclass
class Story:
    """What a scenario says, in microseconds. `sessions` are all that it completes and does not retract, `retracted` those that it does,
    `opened` and `events_open` what it leaves open, `emitted` the rows of its events, each if it says so. A session is a row: key, start,
    end, events, reason, and the texts of its aggregates."""

    title: str
    gap: int = 300_000_000
    rules: dict = field(default_factory=dict)
    columns: list = field(default_factory=list)
    steps: list = field(default_factory=list)
    sessions: list = field(default_factory=list)
    retracted: list = field(default_factory=list)
    emitted: list = field(default_factory=list)
    opened: list | None = None
    events_open: int | None = None

    def subject(self):
        return self.title.split(":")[0]

    def rule(self, flag):
        """The one value of a flag of the definition."""
        return self.rules.get(flag, [None])[0]

    def column(self, name):
        """The place of a column that is named, or counted from 1."""
        if name in self.columns:
            return self.columns.index(name) + 1
        if not name.isdigit():
            raise Unfit(f"no column {name}")
        return int(name)

    def accepted(self):
        return [event for step in self.steps for event in step.events if event.seq not in step.late]

    def ends_with_a_cut(self):
        """Whether a finalize closes everything: nothing comes after it."""
        with_events = [number for number, step in enumerate(self.steps) if any(event.seq not in step.late for event in step.events)]
        return any(step.verb == "finalize" and "--as-of" not in step.flags for step in self.steps[with_events[-1] :])

    def watermark(self, filtered=frozenset()):
        """Rule 3 and rule 7: where the watermark is in the end, given the rows that `--where` leaves out."""
        watermark, latest = NEVER, NEVER
        for step in self.steps:
            aside = step.late | filtered
            latest = max([latest, *(event.time for event in step.events if event.seq not in aside)])
            if step.verb == "finalize":
                reached = step.flags.get("--as-of", latest + 1)
            else:
                reached = step.flags.get("--watermark", latest - step.flags.get("--watermark-delay", 0))
            watermark = max(watermark, reached)
        return watermark
