"""Rules as SQL for DuckDB: which event begins a session, by its neighbours or by a fold, and what a session says."""

from aggregates import expression, functions
from conditions import condition, number, text
from times import Unfit, duration_of

# Events that --where lets through, in the order of their key, with what the rules see in each.
ORDERED = """
ordered AS (
  SELECT *, {gap} AS covered, {day} AS day, {starts} AS starts, {ends} AS ends,
    row_number() OVER (PARTITION BY key ORDER BY {order}) AS place
  FROM events WHERE {where}
)"""

# The usual statement: a row begins a session because of the rows before it.
WINDOWS = """
WITH {ordered},
distinct_events AS (
  FROM ordered QUALIFY {equal} IS NULL OR row_number() OVER (PARTITION BY key, {equal} ORDER BY place) = 1
),
marked AS (
  SELECT *, CASE {cases} END AS begins FROM distinct_events
  WINDOW ordering AS (PARTITION BY key ORDER BY place),
    before AS (PARTITION BY key ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
labelled AS (
  SELECT *, count(begins) OVER (PARTITION BY key ORDER BY place) AS session FROM marked
)"""

# Row after row, with the session so far in a struct.
FOLD = """
WITH RECURSIVE {ordered},
folded AS (
  SELECT *, 1 AS session, 'gap' AS begins, FALSE AS again, {fresh} AS state FROM ordered AS event WHERE place = 1
  UNION ALL
  SELECT * EXCLUDE (state, begins, again, session), session + CAST(begins IS NOT NULL AND NOT again AS INTEGER), begins, again,
    CASE WHEN again THEN state WHEN begins IS NOT NULL THEN {fresh_after} ELSE {continued} END
  FROM (
    SELECT event.*, folded.session, folded.state, {cases_of_fold} AS begins, {again} AS again
    FROM folded JOIN ordered AS event ON event.key = folded.key AND event.place = folded.place + 1
  ) AS event
),
labelled AS (FROM folded WHERE NOT again)"""

SESSIONS = """
SELECT key, min(t) AS first, max(t + lasts) AS ends, count(*) AS events,
  CASE WHEN max_by(ends, place) THEN 'end-on' ELSE lead(min_by(begins, place)) OVER (PARTITION BY key ORDER BY session) END AS reason,
  max(t) AS last, max(t + lasts + covered) AS covers,
  lead(min(t)) OVER (PARTITION BY key ORDER BY session) AS following, list(seq ORDER BY place) AS members {aggregates}
FROM labelled GROUP BY key, session
"""


def by_windows(story):
    """The statement with window functions."""
    if story.rule("--max-duration") or story.rule("--max-events"):
        raise Unfit("where a session began is no neighbour")
    cases = ["WHEN lag(ends) OVER ordering THEN 'end-on'", "WHEN (t <= max(t + lasts + covered) OVER before) IS NOT TRUE THEN 'gap'"]
    cases.append("WHEN day <> lag(day) OVER ordering THEN 'midnight'")
    cases.append("WHEN starts THEN 'start-on'")
    cases += [f"WHEN {c} <> lag({c} IGNORE NULLS) OVER ordering THEN 'split-on'" for c in split_columns(story)]
    return WINDOWS.format(ordered=ordered(story), equal=equal(story), cases=" ".join(cases)) + sessions(story)


def by_fold(story):
    """The statement with a recursive common table expression."""
    state = lambda changes: "struct_pack(" + ", ".join(f"{name} := {sql}" for name, sql in changes.items()) + ")"
    columns, same = split_columns(story), equal(story)
    fresh = {
        "first": "event.t",
        "last": "event.t",
        "covers": "event.t + event.lasts + event.covered",
        "day": "event.day",
        "events": "1",
        "over": "event.ends",
        "seen": f"[CAST(event.{same} AS VARCHAR)]" if same != "NULL" else "CAST([] AS VARCHAR[])",
        "ended": "CAST([] AS VARCHAR[])",
        **{f"of_{c}": f"event.{c}" for c in columns},
    }
    # What is equal to an event of a session that ended at its own time is a duplicate, too.
    ended = "list_concat(CASE WHEN state.first = event.t THEN state.ended ELSE [] END, state.seen)"
    fresh_after = fresh | {"ended": f"CASE WHEN state.last = event.t THEN {ended} ELSE [] END"}
    continued = {
        "first": "state.first",
        "last": "event.t",
        "covers": "greatest(state.covers, event.t + event.lasts + event.covered)",
        "day": "state.day",
        "events": "state.events + 1",
        "over": "event.ends",
        "seen": f"list_concat(state.seen, {fresh['seen']})",
        "ended": "state.ended",
        **{f"of_{c}": f"coalesce(event.{c}, state.of_{c})" for c in columns},
    }
    again = "FALSE"
    if same != "NULL":
        value = f"event.{same}"
        again = f"""({value} IS NOT NULL AND (
          NOT state.over AND event.t <= state.covers AND list_contains(state.seen, {value})
          OR state.last = event.t AND list_contains(state.seen, {value})
          OR state.first = event.t AND list_contains(state.ended, {value})))"""
    cases = ["WHEN state.over THEN 'end-on'", "WHEN event.t > state.covers THEN 'gap'"]
    if story.rule("--max-duration"):
        cases.append(f"WHEN event.t - state.first > {duration_of(story.rule('--max-duration'))} THEN 'max-duration'")
    cases += ["WHEN event.day > state.day THEN 'midnight'", "WHEN event.starts THEN 'start-on'"]
    cases += [f"WHEN event.{c} <> state.of_{c} THEN 'split-on'" for c in columns]
    if story.rule("--max-events"):
        cases.append(f"WHEN state.events >= {story.rule('--max-events')} THEN 'max-events'")
    return FOLD.format(
        ordered=ordered(story),
        fresh=state(fresh),
        fresh_after=state(fresh_after),
        continued=state(continued),
        cases_of_fold=f"CASE {' '.join(cases)} END",
        again=again,
    ) + sessions(story)


def ordered(story):
    return ORDERED.format(
        gap=gap(story),
        day=day(story),
        starts=any_of(story, "--start-on"),
        ends=any_of(story, "--end-on"),
        order=order(story),
        where=where(story),
    )


def where(story):
    return " AND ".join(condition(said, column_of(story)) for said in story.rules.get("--where", [])) or "TRUE"


def any_of(story, flag):
    return " OR ".join(condition(said, column_of(story)) for said in story.rules.get(flag, [])) or "FALSE"


def column_of(story):
    return lambda name: (f"c{story.column(name)}", "text")


def gap(story):
    """How much an event covers: its own gap, that of its value, or that of all."""
    by_value, star = "", story.gap
    if story.rule("--gap-by"):
        column, _, pairs = story.rule("--gap-by").partition(":")
        pairs = [pair.split("=") for pair in pairs.split(",")]
        star = next((duration_of(gap) for value, gap in pairs if value == "*"), story.gap)
        cases = " ".join(f"WHEN {text(value)} THEN {duration_of(gap)}" for value, gap in pairs if value != "*")
        by_value = f"CASE c{story.column(column)} {cases} END, "
    return f"coalesce(gap, {by_value}{star})"


def day(story):
    if not story.rule("--split-at"):
        return "CAST(NULL AS DATE)"
    zone = text(story.rule("--timezone") or "UTC")
    return f"CAST(make_timestamp(t) AT TIME ZONE 'UTC' AT TIME ZONE {zone} AS DATE)"


def order(story):
    """Times, then missing values, numbers by their value and other texts, then the order of arrival."""
    columns = [f"c{story.column(name)}" for name in (story.rule("--order-by") or "").split(",") if name]
    by_value = [f"{c} IS NOT NULL, {number(c)} IS NULL, {number(c)}, CASE WHEN {number(c)} IS NULL THEN {c} END" for c in columns]
    return ", ".join(["t", *by_value, "seq"])


def split_columns(story):
    return [f"c{story.column(name)}" for said in story.rules.get("--split-on", []) for name in said.split(",")]


def equal(story):
    """What equal events have in common."""
    said = story.rule("--dedup")
    return "NULL" if said is None else "line" if said == "row" else f"c{story.column(said)}"


def sessions(story, dialect="DuckDB"):
    """What a session says, and whether --having lets it through."""
    return f"SELECT *, {having(story)} AS kept FROM ({SESSIONS.format(aggregates=selected(story, dialect)[0])})"


def selected(story, dialect):
    """The aggregates, and their names alone."""
    columns = [expression(story, function, argument, dialect) for function, argument, _ in functions(story)]
    names = [f"agg_{place}" for place, _ in enumerate(columns)]
    return "".join(f", {sql} AS {name}" for sql, name in zip(columns, names)), "".join(f", {name}" for name in names)


def having(story):
    """The condition of sessions, over the names of the statement around it."""
    names = {"session_start": ("first", "time"), "session_end": ("ends", "time"), "event_count": ("events", "number")}
    names["duration_s"] = ("(ends - first) / 1000000", "number")
    for place, (function, _, name) in enumerate(functions(story)):
        is_number = function in ("count", "count_if", "sum", "distinct", "median", "min", "max")
        names[name] = (f"agg_{place}", "number" if is_number else "text")
    parts = (story.rule("--key") or "1").split(",")
    for place, part in enumerate(parts, 1):
        column = story.columns[story.column(part) - 1]
        names["key" if column.isdigit() else column] = (f"split_part(key, ',', {place})" if len(parts) > 1 else "key", "text")

    def of(name):
        if name not in names:
            raise Unfit(name)
        return names[name]

    return " AND ".join(condition(said, of) for said in story.rules.get("--having", [])) or "TRUE"
