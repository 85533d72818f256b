"""Flink's session windows, event after event: each is a window [t, t + what it covers); those that meet are merged, also where one begins as
the other ends. A watermark fires the windows that it has passed; with allowed lateness they stay, and a late event fires again."""

from engines import table
from rules import gap, sessions, where
from session import Session, is_told, same
from story import NEVER
from times import Unfit, duration_of

# What session windows do not have.
MISSING = {"--max-duration", "--split-at", "--start-on", "--split-on", "--max-events", "--end-on", "--emit"}

JOINED = "FROM windows WHERE key = $key AND first <= $ends AND ends >= $t"
MERGED = f"SELECT coalesce(least(min(first), $t), $t), coalesce(greatest(max(ends), $ends), $ends), flatten(list(members)) {JOINED}"
WINDOWS = "CREATE OR REPLACE TABLE windows (key VARCHAR, first BIGINT, ends BIGINT, members INTEGER[], fired BOOLEAN)"
# The events of a window in the order of their arrival, which is the one that aggregates see.
LABELLED = """
WITH labelled AS (
  SELECT events.*, {gap} AS covered, FALSE AS ends, NULL AS begins, events.seq AS place, windows.first AS session
  FROM windows JOIN events ON events.key = windows.key AND list_contains(windows.members, events.seq) WHERE {which}
)"""


class Stream:
    """The state of the stream: windows, those that have fired, and those that a later firing has replaced."""

    def __init__(self, story):
        if MISSING & set(story.rules) or any("--emit-open" in step.flags for step in story.steps):
            raise Unfit("no rule of session windows")
        self.story, self.watermark, self.latest = story, NEVER, NEVER
        self.fired, self.replaced, self.waiting, self.late, self.seen = [], [], [], set(), set()
        self.lateness = duration_of(story.rule("--allowed-lateness") or "0s")
        self.db = table(event for step in story.steps for event in step.events)
        self.db.execute(WINDOWS)
        found = self.db.execute(f"SELECT seq, t + lasts + {gap(story)} FROM events WHERE {where(story)}")
        self.ends = dict(found.fetchall())

    def run(self):
        for step in self.story.steps:
            for event in step.events:
                self.take(event)
            reached = step.flags.get("--watermark", self.latest - step.flags.get("--watermark-delay", 0))
            if step.verb == "finalize":
                # The end of a stream: a watermark behind all times.
                reached = step.flags.get("--as-of", -NEVER)
            self.watermark = max(self.watermark, reached)
            self.fire()
        self.waiting = self.said("NOT windows.fired")
        return self

    def take(self, event):
        # A filter and the first of equal events stand behind the source, which moves the watermark.
        if event.seq in self.ends and not self.is_again(event):
            self.merge(event)
        if event.time is not None and event.seq not in self.late:
            self.latest = max(self.latest, event.time)

    def is_again(self, event):
        column = self.story.rule("--dedup")
        value = column and (event.line if column == "row" else event.values[self.story.column(column) - 1])
        again = value is not None and (event.key, value) in self.seen
        self.seen.add((event.key, value))
        return again

    def merge(self, event):
        window = {"key": event.key, "t": event.time, "ends": self.ends[event.seq]}
        first, ends, members = self.db.execute(MERGED, window).fetchone()
        # A window is late if the watermark has passed its end and the lateness, after it was merged.
        if ends + self.lateness <= self.watermark:
            self.late.add(event.seq)
            return
        before = self.said(f"windows.fired AND windows.key = '{event.key}' AND windows.first <= {window['ends']} AND windows.ends >= {event.time}")
        for session in before:
            self.fired.remove(session)
        self.replaced += before
        self.db.execute(f"DELETE {JOINED}", window)
        self.db.execute("INSERT INTO windows VALUES (?, ?, ?, ?, FALSE)", [event.key, first, ends, [*(members or []), event.seq]])
        self.fire()

    def fire(self):
        due = f"NOT windows.fired AND windows.ends <= {self.watermark}"
        self.fired += self.said(due)
        self.db.execute(f"UPDATE windows SET fired = TRUE WHERE {due}")
        self.db.execute(f"DELETE FROM windows WHERE ends + {self.lateness} <= {self.watermark}")

    def said(self, which):
        statement = LABELLED.format(gap=gap(self.story), which=which) + sessions(self.story, "Flink")
        return [Session.of(row) for row in self.db.execute(statement).fetchall()]

    def agrees(self, only=None):
        story = self.story
        expected = {number for step in story.steps for number in step.late}
        fired = [session for session in self.fired if session.kept]
        replaced = [session for session in self.replaced if session.kept]
        told = is_told(story, fired, self.waiting, only)
        return told and self.late == expected and same(story, story.retracted, replaced, only)


def by_flink_rules(story):
    return Stream(story).run()
