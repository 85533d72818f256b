"""Conditions of flags as SQL, for DuckDB and Spark: both know `regexp_like`, DuckDB by a macro."""

import re

from times import Unfit, time_of

COMPARISON = re.compile(r"""\s*('(?:[^']|'')*'|[^=!<>~]+?)\s*(!=|!~|<=|>=|=|~|<|>)\s*(.*?)\s*$""")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")


def text(value):
    return "'" + value.replace("'", "''") + "'"


def number(expression):
    return f"try_cast({expression} AS DECIMAL(38, 9))"


def condition(said, column_of):
    """Comparisons that are joined by `and`. `column_of` gives the SQL of a column, and its kind: text, number or time."""
    parts = re.split(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)", said)
    return "(" + " AND ".join(comparison(part, column_of) for part in parts) + ")"


def comparison(said, column_of):
    match = COMPARISON.match(said)
    if not match:
        raise Unfit(said)
    name, operator, value = match.groups()
    column, kind = column_of(unquoted(name))
    is_text = value.startswith("'")
    value = unquoted(value)
    if not value and operator in ("=", "!="):
        return f"{column} IS NULL" if operator == "=" else f"{column} IS NOT NULL"
    if kind != "text" and operator in ("~", "!~"):
        raise Unfit("the form of a number or a time in the output")
    if operator == "~":
        return f"coalesce(regexp_like({column}, {text(value)}), false)"
    if operator == "!~":
        return f"NOT coalesce(regexp_like({column}, {text(value)}), false)"
    if kind == "time":
        column, value = column, str(time_of(value))
    elif kind == "number" or (operator not in ("=", "!=") and not is_text and NUMBER.fullmatch(value)):
        column = column if kind == "number" else number(column)
    else:
        value = text(value)
    # A missing value is another value than any; no other comparison holds for it.
    return f"({column} IS NULL OR {column} <> {value})" if operator == "!=" else f"coalesce({column} {operator} {value}, false)"


def unquoted(said):
    return said[1:-1].replace("''", "'") if said.startswith("'") else said
