"""The table of docs/semantics.md: its rows, which scenarios each has, and what its cells say."""

import re
from dataclasses import dataclass

from scenario import scenarios

ENGINES = ["DuckDB, neighbours", "DuckDB, row after row", "Spark", "Flink's rules"]
SPLITS = {
    "Splits", "Max duration", "Max events", "Split on", "Midnight", "Start on", "End on", "The order of reasons",
    "Sessions that begin at the same instant",
    "Sessions of a key that begin at the same instant have ids of their own, in the order of arrival",
}  # fmt: skip
# What an engine has no rule for.
NO_RULE = {"DuckDB, neighbours": "depends on more than neighbours"}


@dataclass(frozen=True)
class Row:
    """What it is about: scenarios of these subjects whose text has the pattern. `only` names the aggregates that are compared."""

    label: str
    subjects: frozenset
    pattern: str = ""
    only: tuple | None = None

    def has(self, title, body):
        return title.split(":")[0] in self.subjects and re.search(self.pattern, body, re.M) is not None

    def titles(self):
        return [title for title, body in scenarios() if self.has(title, body)]


def aggregate(*functions, pattern=None):
    label = "Aggregates: " + ", ".join(f"`{function}`" for function in functions)
    return Row(label, frozenset({"Aggregates"}), pattern or rf"--agg \"?({'|'.join(functions)})\(", functions)


def split(flag):
    return Row(f"Splits: `{flag}`", frozenset(SPLITS), rf"^run.* {flag}")


def section(label, *subjects, pattern=""):
    return Row(label, frozenset(subjects), pattern)


ROWS = [
    section("1. A batch is a set", "Rule 1"),
    section("2. Late", "Rule 2"),
    section("3. The watermark advances", "Rule 3"),
    section("4. Events are folded in order", "Rule 4"),
    section("5. The gap", "Rule 5"),
    section("6. A session is complete when the watermark has passed it", "Rule 6"),
    section("7. Finalize is the explicit cut", "Rule 7"),
    aggregate("first", "last"),
    aggregate("count", "count_if", "any", pattern=r"--agg \"?(count|any)"),
    aggregate("sum"),
    aggregate("min", "max"),
    aggregate("median"),
    aggregate("distinct"),
    aggregate("list"),
    section("Conditions", "Conditions"),
    section("Filters: `--where`", "Filters", "Having", pattern="--where"),
    section("Filters: `--having`", "Filters", "Having", pattern="--having"),
    section("Missing values", "Missing values"),
    split("--max-duration"),
    split("--split-at midnight"),
    split("--start-on"),
    split("--split-on"),
    split("--max-events"),
    split("--end-on"),
    section("Gap by row", "Gap by row", "Gap by value", "Gap column"),
    section("Events with a duration", "Events with a duration", "Duration"),
    section("Order at one instant", "Order at one instant", "Order by"),
    section("Duplicates", "Duplicates"),
    section("Events with their session", "Events"),
    section("The open view", "The open view"),
    section("Corrections", "Corrections"),
]


def lines(agreed, why):
    """The table. `agreed` has for each row and engine the scenarios that were told, and whether the engine agrees."""
    yield f"| rule | scenarios told | {' | '.join(ENGINES)} |"
    yield "|" + "---|" * (len(ENGINES) + 2)
    for row in ROWS:
        told = {title for engine in ENGINES for title in agreed[row.label, engine]}
        cells = [cell(agreed[row.label, engine], len(told), engine, why.get((row.label, engine))) for engine in ENGINES]
        yield f"| {row.label} | {len(told)} of {len(row.titles())} | {' | '.join(cells)} |"


def cell(found, of_all, engine, why):
    if not found:
        return NO_RULE.get(engine, "no rule of the engine")
    same = sum(found.values())
    if same < len(found):
        return f"{same} of {len(found)}: {why}"
    return "agrees" if same == of_all else f"agrees in the {same} that it can be told"
