"""Aggregates of flags as SQL. `place` is the order of the events of a key."""

import json
import re
from decimal import Decimal

from conditions import condition, number
from times import Unfit

# Aggregates whose text is the same in DuckDB and Spark.
SAME = {
    "first": "min_by({0}, place) FILTER (WHERE {0} IS NOT NULL)",
    "last": "max_by({0}, place) FILTER (WHERE {0} IS NOT NULL)",
    "count": "count({0})",
    "count_if": "count(*) FILTER (WHERE {0})",
    "any": "count(*) FILTER (WHERE {0}) > 0",
    "sum": "sum({1})",
    "min": "min({1})",
    "max": "max({1})",
    "distinct": "count(DISTINCT {0})",
}
# Flink's rules run in DuckDB; its PERCENTILE gives a DOUBLE.
ENTRIES = "coalesce(list({0} ORDER BY place) FILTER (WHERE {0} IS NOT NULL), [])"
OWN = {
    "DuckDB": {"median": "median({1})", "list": ENTRIES},
    "Spark": {
        "median": "median({1})",
        "list": "transform(array_sort(collect_list(struct(place, {0} AS one)) FILTER (WHERE {0} IS NOT NULL)), pair -> pair.one)",
    },
    "Flink": {"median": "median(CAST({0} AS DOUBLE))", "list": ENTRIES},
}


def functions(story):
    """Each aggregate: function, argument, name of the column."""
    found = []
    for said in story.rules.get("--agg", []):
        match = re.fullmatch(r"(\w+)(?:\((.*)\))?(?:=(\w+))?", said)
        if not match:
            raise Unfit(said)
        function, argument, name = match.groups()
        if function == "list" and name is None:
            name = f"list_{argument}"
        found.append((function, argument, name or re.sub(r"\W+", "_", said).strip("_")))
    return found


def expression(story, function, argument, dialect):
    if argument is None:
        return "count(*)"
    if function in ("count_if", "any"):
        return SAME[function].format(condition(argument, lambda name: (f"c{story.column(name)}", "text")))
    column = f"c{story.column(argument)}"
    return (SAME | OWN[dialect])[function].format(column, number(column))


def value_of(function, said):
    """What the text of an output means, to be compared with the value of an engine."""
    if function in ("sum", "min", "max", "median"):
        return Decimal(said) if said else None
    if function in ("first", "last"):
        return said or None
    if function in ("any", "list"):
        return json.loads(said)
    return int(said) if said.isdigit() else said
