"""The scenarios of rules 1 to 7 by other engines, and the table of docs/semantics.md that says which of them agree.

SESSIONIZE_TEST_WRITE=1 writes the table."""

import os
import shutil

import pytest

import engines
from story import ROOT, stories

RULES = {
    "1": "A batch is a set",
    "2": "Late",
    "3": "The watermark advances",
    "4": "Events are folded in order",
    "5": "The gap",
    "6": "A session is complete when the watermark has passed it",
    "7": "Finalize is the explicit cut",
}
ENGINES = ["DuckDB", "Spark", "Flink"]
BEGIN, END = "<!-- engines: written by tests/differential -->\n", "<!-- end of engines -->\n"
# Each cell of the table in which not all scenarios agree, and why. No other one may differ.
WHY = {
    ("2", "Flink"): "an event before the watermark is late only if the session that it joins is over",
    ("3", "Flink"): "late as in rule 2",
    ("5", "Flink"): "with a gap of zero, a session is over at its last event",
    ("5", "Spark"): "with a gap of zero, there are no sessions",
    ("6", "Flink"): "a session is over when the watermark is at the gap, not when it has passed it",
    ("7", "DuckDB"): "no cut: later events join",
    ("7", "Spark"): "no cut: later events join",
    ("7", "Flink"): "no cut but the end of the stream, after which all is late",
}


def has_spark():
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return False
    return shutil.which("java") is not None


def at_once(story, sessions):
    """Whether an engine that is given all accepted events at once agrees: what the watermark has passed is complete, the rest is open."""
    is_complete = lambda row: story.ends_with_a_cut() or row[2] + story.gap < story.watermark()
    complete = [row for row in sessions if is_complete(row)]
    waiting = [row for row in sessions if not is_complete(row)]
    return complete == story.sessions and story.opened in (None, waiting)


def by_flink(story):
    fired, waiting, late = engines.by_flink_rules(story)
    expected = {number for step in story.steps for number in step.late}
    return fired == story.sessions and late == expected and story.opened in (None, waiting)


@pytest.fixture(scope="module")
def told():
    found = [story for story in stories() if story.rule in RULES]
    assert len(found) >= 40, "the scenarios have another form"
    return found


@pytest.fixture(scope="module")
def windows(told):
    if not has_spark():
        pytest.skip("no Spark")
    from spark import by_session_window

    return by_session_window(told)


@pytest.fixture(scope="module")
def agreed(told, request):
    """For each rule and engine, which scenarios agree."""
    found = {}
    for number, story in enumerate(told):
        answers = {"DuckDB": at_once(story, engines.by_duckdb(story)), "Flink": by_flink(story)}
        if has_spark():
            of_spark = [row[:4] for row in request.getfixturevalue("windows")[number]]
            answers["Spark"] = at_once(story, of_spark)
        for engine, agrees in answers.items():
            found.setdefault((story.rule, engine), {})[story.title] = agrees
    return found


def test_each_difference_has_a_reason(agreed):
    differing = {cell for cell, stories in agreed.items() if not all(stories.values())}
    for cell in sorted(differing):
        print(cell, [title for title, agrees in agreed[cell].items() if not agrees])
    measured = {cell for cell in WHY if cell in agreed}
    assert differing == measured


def test_a_session_window_ends_a_gap_after_its_last_event(told, windows):
    ends = [(row[2] + story.gap, row[4]) for story, rows in zip(told, windows) for row in rows]
    assert ends and all(expected == end for expected, end in ends)
    assert [rows for story, rows in zip(told, windows) if story.gap == 0] == [[]]


def test_the_page_has_the_table(agreed):
    if not has_spark():
        pytest.skip("no Spark")
    page = ROOT / "docs/semantics.md"
    before, rest = page.read_text().split(BEGIN)
    said, after = rest.split(END)
    table = "| rule | DuckDB | Spark | Flink's rules |\n|---|---|---|---|\n"
    for rule, title in RULES.items():
        cells = [cell(agreed[rule, engine], (rule, engine)) for engine in ENGINES]
        table += f"| {rule}. {title} | {' | '.join(cells)} |\n"
    if os.environ.get("SESSIONIZE_TEST_WRITE"):
        page.write_text(before + BEGIN + table + END + after)
    else:
        assert said == table, "SESSIONIZE_TEST_WRITE=1 tests/differential/run.sh writes it"


def cell(stories, place):
    return "agrees" if all(stories.values()) else WHY[place]


@pytest.mark.parametrize("limit", ["pause < gap", "pause <= gap"])
def test_the_boundary_of_the_gap_is_noticed(told, limit, monkeypatch):
    """The suite would see an engine in which the gap itself does not join."""
    monkeypatch.setattr(engines, "GAPS", engines.GAPS.replace("<= $gap", "< $gap") if limit == "pause < gap" else engines.GAPS)
    same = all(at_once(story, engines.by_duckdb(story)) for story in told if story.rule == "5")
    assert same == (limit == "pause <= gap")
