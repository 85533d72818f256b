"""The scenarios of docs/semantics.md by other engines, and the table there that says which of them agree."""

import os
import shutil
from operator import attrgetter

import pytest

import engines
import flink
import rules
from scenario import ROOT, stories
from session import agrees
from table import ENGINES, ROWS, lines
from times import Unfit

BEGIN, END = "<!-- engines: written by tests/differential -->\n", "<!-- end of engines -->\n"
FORMS = {"DuckDB, neighbours": rules.by_windows, "DuckDB, row after row": rules.by_fold}
DUCKDB = list(FORMS)


def every(row, why, of_engines):
    return {(row, engine): why for engine in of_engines}


# Each cell of the table in which not all scenarios agree, and why. No other one may differ.
WHY = {
    ("2. Late", "Flink's rules"): "an event before the watermark is late only if the session that it joins is over",
    ("3. The watermark advances", "Flink's rules"): "late as in rule 2",
    ("5. The gap", "Spark"): "with a gap of zero, there are no sessions",
    ("5. The gap", "Flink's rules"): "with a gap of zero, a session is over at its last event",
    ("6. A session is complete when the watermark has passed it", "Flink's rules"): (
        "a session is over when the watermark is at the gap, not when it has passed it"
    ),
    **every("7. Finalize is the explicit cut", "no cut: later events join", DUCKDB + ["Spark"]),
    ("7. Finalize is the explicit cut", "Flink's rules"): "no cut but the end of the stream, after which all is late; late as in rule 2",
    ("Aggregates: `first`, `last`", "Flink's rules"): "the order of arrival counts, not that of time",
    **every("Aggregates: `median`", "interpolated as a binary fraction; no bound", DUCKDB),
    **every("Aggregates: `median`", "a binary fraction; no bound", ["Spark", "Flink's rules"]),
    **every("Aggregates: `distinct`", "no bound: the exact number, however large", ENGINES),
    **every("Aggregates: `list`", "no bound: all values", ENGINES),
    ("Filters: `--where`", "Flink's rules"): "a row that is left out moves the watermark of its source",
    ("Splits: `--split-at midnight`", "DuckDB, neighbours"): "where clocks go back over midnight, a date comes back",
    ("Splits: `--split-at midnight`", "DuckDB, row after row"): "where clocks go back over midnight, a day goes on past its first end",
    ("Splits: `--split-on`", "DuckDB, neighbours"): "a value outlives its session",
    ("Gap by row", "Spark"): "an event whose gap is zero is in no session",
    ("Events with a duration", "Flink's rules"): "late as in rule 2",
    ("Order at one instant", "Flink's rules"): "the order of arrival counts, not that of time",
    ("Duplicates", "DuckDB, neighbours"): "an equal value in a later session is dropped, too",
    ("Duplicates", "Spark"): "an equal value in a later session is dropped, too",
    ("Duplicates", "Flink's rules"): "an equal value in a later session is dropped, too, and is never late",
    ("Corrections", "Flink's rules"): "an event is late only if the session that it joins is over for longer than that",
}


def has_spark():
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return False
    return shutil.which("java") is not None


@pytest.fixture(scope="module")
def told():
    """Each row with its stories."""
    found = {story.title: story for story in stories()}
    return {row: [found[title] for title in row.titles() if title in found] for row in ROWS}


@pytest.fixture(scope="module")
def all_told(told):
    found = list({story.title: story for of_row in told.values() for story in of_row}.values())
    assert len(found) >= 150, "the scenarios have another form"
    return found


@pytest.fixture(scope="module")
def windows(all_told):
    if not has_spark():
        pytest.skip("no Spark")
    from spark import by_session_window, started

    yield dict(zip((story.title for story in all_told), by_session_window(all_told)))
    started().stop()


@pytest.fixture(scope="module")
def answers(all_told, request):
    """For each story and engine, the function that says whether the engine agrees, given the aggregates that count."""
    of_spark = request.getfixturevalue("windows") if has_spark() else {}
    return {story.title: dict(by_each(story, of_spark.get(story.title))) for story in all_told}


def by_each(story, of_spark):
    aside = engines.filtered(story)
    at_once = lambda sessions: lambda only: agrees(story, sessions, aside, only)
    for engine, form in FORMS.items():
        try:
            yield engine, at_once(engines.by_duckdb(story, form(story)))
        except Unfit:
            continue
    if of_spark is not None:
        yield "Spark", at_once(of_spark)
    try:
        yield "Flink's rules", flink.by_flink_rules(story).agrees
    except Unfit:
        return


@pytest.fixture(scope="module")
def agreed(told, answers):
    """For each row and engine, which scenarios agree."""
    found = {(row.label, engine): {} for row in ROWS for engine in ENGINES}
    for row, of_row in told.items():
        for story in of_row:
            for engine, answer in answers[story.title].items():
                found[row.label, engine][story.title] = answer(row.only)
    return found


def test_each_difference_has_a_reason(agreed):
    differing = {place for place, stories in agreed.items() if not all(stories.values())}
    for place in sorted(differing):
        print(place, [title for title, agrees in agreed[place].items() if not agrees])
    assert differing == {place for place in WHY if agreed[place]}


def test_a_session_window_ends_a_gap_after_its_last_event(told, windows):
    plain = [story for row, of_row in told.items() if row.label[0].isdigit() for story in of_row]
    ends = [(session.last + story.gap, session.covers) for story in plain for session in windows[story.title]]
    assert ends and all(expected == end for expected, end in ends)
    assert [windows[story.title] for story in plain if story.gap == 0] == [[]]


def test_the_page_has_the_table(agreed):
    if not has_spark():
        pytest.skip("no Spark")
    page = ROOT / "docs/semantics.md"
    before, rest = page.read_text().split(BEGIN)
    said, after = rest.split(END)
    table = "".join(f"{line}\n" for line in lines(agreed, WHY))
    if os.environ.get("SESSIONIZE_TEST_WRITE"):
        page.write_text(before + BEGIN + table + END + after)
    else:
        assert said == table, "SESSIONIZE_TEST_WRITE=1 tests/differential/run.sh writes it"


# For rows a statement that is almost right. Every one must be seen.
ALMOST = [
    ("4. Events are folded in order", rules.by_windows, "ORDER BY t, seq", "ORDER BY seq"),
    ("5. The gap", rules.by_windows, "(t <= max(", "(t < max("),
    ("5. The gap", rules.by_fold, "event.t > state.covers", "event.t >= state.covers"),
    ("Aggregates: `first`, `last`", rules.by_windows, "min_by(c3, place)", "max_by(c3, place)"),
    ("Aggregates: `count`, `count_if`, `any`", rules.by_windows, "count(c3)", "count(*)"),
    ("Aggregates: `sum`", rules.by_windows, "DECIMAL(38, 9)", "DOUBLE"),
    ("Aggregates: `min`, `max`", rules.by_windows, "min(try_cast(c3 AS DECIMAL(38, 9)))", "min(c3)"),
    ("Aggregates: `median`", rules.by_windows, "median(", "avg("),
    ("Aggregates: `distinct`", rules.by_windows, "count(DISTINCT c", "count(c"),
    ("Aggregates: `list`", rules.by_windows, " FILTER (WHERE c3 IS NOT NULL)", ""),
    ("Conditions", rules.by_windows, "c4 IS NULL OR c4 <> ", "c4 <> "),
    ("Filters: `--where`", rules.by_windows, " >= 200", " > 200"),
    ("Filters: `--having`", rules.by_windows, "events > 1", "events >= 1"),
    ("Missing values", rules.by_windows, "count(c3)", "count(*)"),
    ("Splits: `--max-duration`", rules.by_fold, "> 3600000000 THEN", ">= 3600000000 THEN"),
    ("Splits: `--split-at midnight`", rules.by_windows, "'Europe/Paris'", "'UTC'"),
    ("Splits: `--split-at midnight`", rules.by_fold, "'Europe/Paris'", "'UTC'"),
    ("Splits: `--start-on`", rules.by_windows, "WHEN starts THEN 'start-on'", "WHEN lag(starts) OVER ordering THEN 'start-on'"),
    ("Splits: `--start-on`", rules.by_fold, "WHEN event.starts THEN 'start-on'", "WHEN FALSE THEN 'start-on'"),
    ("Splits: `--split-on`", rules.by_windows, "<> lag(", "IS DISTINCT FROM lag("),
    ("Splits: `--split-on`", rules.by_fold, "event.c3 <> state.of_c3", "event.c3 IS DISTINCT FROM state.of_c3"),
    ("Splits: `--max-events`", rules.by_fold, "state.events >= 2", "state.events > 2"),
    ("Splits: `--end-on`", rules.by_windows, "WHEN lag(ends) OVER ordering", "WHEN ends"),
    ("Splits: `--end-on`", rules.by_fold, "WHEN state.over", "WHEN event.ends"),
    ("Gap by row", rules.by_windows, "7200000000", "7199999999"),
    ("Events with a duration", rules.by_windows, "max(t + lasts + covered) OVER", "max(t + covered) OVER"),
    ("Events with a duration", rules.by_fold, "greatest(state.covers, event.t + ", "(event.t + "),
    ("Order at one instant", rules.by_windows, "c3 IS NOT NULL, ", "c3 IS NULL, "),
    ("Duplicates", rules.by_windows, "(PARTITION BY key, c3 ", "(PARTITION BY c3 "),
    ("Duplicates", rules.by_fold, "event.t <= state.covers AND", ""),
    ("Events with their session", rules.by_windows, "list(seq ORDER BY place)", "list(seq ORDER BY place DESC)"),
    ("The open view", rules.by_windows, "WHEN max_by(ends, place)", "WHEN FALSE"),
    ("Corrections", rules.by_windows, "(t <= max(", "(t < max("),
]


@pytest.mark.parametrize("label, form, right, wrong", ALMOST)
def test_a_statement_that_is_almost_right_is_noticed(told, agreed, label, form, right, wrong):
    engine = next(engine for engine, other in FORMS.items() if other is form)
    row = next(row for row in ROWS if row.label == label)

    def still_agrees(story):
        sessions = engines.by_duckdb(story, form(story).replace(right, wrong))
        return agrees(story, sessions, engines.filtered(story), row.only)

    assert not all(still_agrees(story) for story in told[row] if agreed[label, engine].get(story.title))


ALMOST_SPARK = [
    ("5. The gap", "concat(lasts + covered,", "concat(lasts + covered - 1,"),
    ("Aggregates: `first`, `last`", "max_by(c3, place)", "min_by(c3, place)"),
    ("Aggregates: `count`, `count_if`, `any`", "count(c3)", "count(*)"),
    ("Aggregates: `sum`", "DECIMAL(38, 9)", "DOUBLE"),
    ("Aggregates: `min`, `max`", "min(try_cast(c3 AS DECIMAL(38, 9)))", "min(c3)"),
    ("Aggregates: `median`", "median(", "avg("),
    ("Aggregates: `distinct`", "count(DISTINCT c", "count(c"),
    ("Aggregates: `list`", " FILTER (WHERE c3 IS NOT NULL)", ""),
    ("Conditions", "c4 IS NULL OR c4 <> ", "c4 <> "),
    ("Filters: `--where`", " >= 200", " > 200"),
    ("Filters: `--having`", "events > 1", "events >= 1"),
    ("Missing values", "count(c3)", "count(*)"),
    ("Gap by row", "7200000000", "7199999999"),
    ("Events with a duration", "concat(lasts + covered,", "concat(covered,"),
    ("Order at one instant", "c3 IS NOT NULL, ", "c3 IS NULL, "),
    ("Duplicates", "OR number = 1", "OR TRUE"),
    ("Events with their session", "struct(place, seq)", "struct(-place, seq)"),
]


@pytest.mark.parametrize("label, right, wrong", ALMOST_SPARK)
def test_a_session_window_that_is_almost_right_is_noticed(told, agreed, windows, label, right, wrong):
    from spark import by_session_window

    row = next(row for row in ROWS if row.label == label)
    fitting = [story for story in told[row] if agreed[label, "Spark"].get(story.title)]
    found = by_session_window(fitting, lambda text: text.replace(right, wrong))
    assert not all(agrees(story, sessions, engines.filtered(story), row.only) for story, sessions in zip(fitting, found))


def instead(right, wrong):
    """What takes the place of a text, or of a function that gives one."""
    return lambda old: old.replace(right, wrong) if isinstance(old, str) else lambda *given: old(*given).replace(right, wrong)


ALMOST_FLINK = [
    ("5. The gap", "MERGED", instead("ends >= $t", "ends > $t")),
    ("Aggregates: `first`, `last`", "LABELLED", instead("events.seq AS place", "-events.seq AS place")),
    ("Aggregates: `count`, `count_if`, `any`", "sessions", instead("count(c3)", "count(*)")),
    ("Aggregates: `sum`", "sessions", instead("DECIMAL(38, 9)", "DOUBLE")),
    ("Aggregates: `min`, `max`", "sessions", instead("min(try_cast(c3 AS DECIMAL(38, 9)))", "min(c3)")),
    ("Aggregates: `median`", "sessions", instead("median(", "avg(")),
    ("Aggregates: `distinct`", "sessions", instead("count(DISTINCT c", "count(c")),
    ("Aggregates: `list`", "sessions", instead(" FILTER (WHERE c3 IS NOT NULL)", "")),
    ("Conditions", "sessions", instead("c4 IS NULL OR c4 <> ", "c4 <> ")),
    ("Filters: `--where`", "where", instead(" >= 200", " > 200")),
    ("Filters: `--having`", "sessions", instead("events > 1", "events >= 1")),
    ("Missing values", "sessions", instead("count(c3)", "count(*)")),
    ("Gap by row", "MERGED", instead("greatest(max(ends), $ends)", "$ends")),
    ("Events with a duration", "MERGED", instead("greatest(max(ends), $ends)", "$ends")),
    ("Duplicates", "Stream.is_again", lambda _: lambda stream, event: False),
    ("Corrections", "MERGED", instead("ends >= $t", "ends > $t")),
]


@pytest.mark.parametrize("label, name, change", ALMOST_FLINK)
def test_a_rule_of_flink_that_is_almost_right_is_noticed(told, agreed, label, name, change, monkeypatch):
    monkeypatch.setattr(f"flink.{name}", change(attrgetter(name)(flink)))
    row = next(row for row in ROWS if row.label == label)
    fitting = [story for story in told[row] if agreed[label, "Flink's rules"].get(story.title)]
    assert not all(flink.by_flink_rules(story).agrees(row.only) for story in fitting)
