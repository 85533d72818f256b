"""A session of another engine, and whether all of them are those of a scenario."""

from dataclasses import dataclass

from aggregates import functions, value_of


@dataclass
class Session:
    """Its key, the first time, the end, how many events; why another one begins (none: nothing but the gap and the end of the events);
    the time of the last event, the end of all that is covered, the beginning of the next session of the key, the numbers of its
    events, the values of its aggregates, and whether `--having` lets it through."""

    key: str
    first: int
    ends: int
    events: int
    reason: str | None
    last: int
    covers: int
    following: int | None
    members: list
    values: list
    kept: bool = True

    @classmethod
    def of(cls, row):
        *said, kept = row
        return cls(*said[:9], list(said[9:]), bool(kept))


def agrees(story, sessions, filtered, only=None):
    """Whether an engine that is given all accepted events at once agrees: what the watermark has passed is complete, the rest is open.
    `only` names the aggregates that count."""
    watermark = story.watermark(filtered)
    # With --order-by, events at the watermark wait for others of their time.
    reached = watermark - 1 if story.rule("--order-by") else watermark

    def is_complete(session):
        split = session.following is not None and session.following <= reached
        ended = session.reason == "end-on" and session.last <= reached
        return story.ends_with_a_cut() or session.covers < watermark or split or ended

    complete = [session for session in sessions if is_complete(session)]
    waiting = [session for session in sessions if not is_complete(session)]
    return is_told(story, [session for session in complete if session.kept], waiting, only)


def is_told(story, complete, waiting, only=None):
    """Whether these sessions are those that the scenario completes and leaves open, as far as it says so."""
    if story.rule("--emit") != "events" and not same(story, story.sessions, complete, only):
        return False
    if story.opened is not None and not same(story, story.opened, waiting, only):
        return False
    if story.events_open is not None and story.events_open != sum(session.events for session in waiting):
        return False
    rows = {event.seq: event.row for event in story.accepted()}
    labelled = [(rows[seq], number) for session in complete for number, seq in enumerate(session.members, 1)]
    return not story.emitted or sorted(labelled) == sorted(story.emitted)


def same(story, expected, found, only=None):
    """Whether each expected row has its session. An engine that knows no end but the gap cannot tell it from a finalize."""
    kind = lambda reason: "gap" if reason in (None, "gap", "finalize", "open") else reason
    named = [(place, function) for place, (function, _, _) in enumerate(functions(story)) if only is None or function in only]
    left = []
    for key, first, ends, events, *rest in expected:
        values = [value_of(function, rest[1 + place]) for place, function in named if rest[1:]]
        left.append([key, first, ends, events, *map(kind, rest[:1]), *values])
    for session in found:
        values = [bool(session.values[place]) if function == "any" else session.values[place] for place, function in named]
        row = [session.key, session.first, session.ends, session.events, kind(session.reason), *values]
        match = next((said for said in left if said == row[: len(said)]), None)
        if match is None:
            return False
        left.remove(match)
    return not left
