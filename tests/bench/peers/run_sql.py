"""run_sql.py ENGINE SQL_FILE INPUT OUTPUT [--id] [--state FILE] [--last]: one query of a peer, as a process of its own.

${INPUT} and ${OUTPUT} are filled in; ${..._REST} declares the columns behind the second, which nobody reads; ${USUAL_EVENTS}
and ${TUNED_EVENTS} select key and time of the input, whose format its name shows: found by DuckDB, or declared. A line that
begins with `--id` counts only if an id is asked for.
"""

import argparse
import string
import subprocess


NAMED = 'SELECT "user" AS key, "time" AS t FROM'


def events(path, rest):
    """The usual and the tuned way to read key and time from a file of any format."""
    if path.endswith(".parquet"):
        return [f"{NAMED} read_parquet('{path}')"] * 2
    if path.endswith(".jsonl"):
        columns = "{'user': 'VARCHAR', 'time': 'TIMESTAMP'}"
        return [
            f"{NAMED} read_json('{path}')",
            f"{NAMED} read_json('{path}', format = 'newline_delimited', columns = {columns})",
        ]
    columns = f"{{'key': 'VARCHAR', 't': 'TIMESTAMP'{rest}}}"
    return [
        f"SELECT column0 AS key, column1 AS t FROM read_csv('{path}', header = false)",
        "SELECT key, t FROM "
        f"read_csv('{path}', header = false, auto_detect = false, delim = ',', quote = '\"', columns = {columns})",
    ]


def columns_behind(path):
    """Names for the columns of a CSV file behind the second."""
    if not path.endswith(".csv"):
        return []
    with open(path) as rows:
        return [f"c{number}" for number in range(3, rows.readline().count(",") + 2)]


def statement(asked):
    rest = columns_behind(asked.input)
    duckdb_rest = "".join(f", '{name}': 'VARCHAR'" for name in rest)
    usual, tuned = events(asked.input, duckdb_rest)
    with open(asked.sql) as file:
        text = file.read()
    return string.Template(text.replace("--id ", "") if asked.id else text).substitute(
        INPUT=asked.input,
        OUTPUT=asked.output,
        LAST="true" if asked.last else "false",
        USUAL_EVENTS=usual,
        TUNED_EVENTS=tuned,
        DUCKDB_REST=duckdb_rest,
        CLICKHOUSE_REST="".join(f", {name} String" for name in rest),
        SQLITE_REST="".join(f", {name} TEXT" for name in rest),
    )


def main():
    parser = argparse.ArgumentParser()
    for name in ("engine", "sql", "input", "output"):
        parser.add_argument(name)
    parser.add_argument("--id", action="store_true")
    parser.add_argument("--last", action="store_true")
    parser.add_argument("--state", default=":memory:")
    asked = parser.parse_args()
    text = statement(asked)
    if asked.engine == "duckdb":
        import duckdb

        with duckdb.connect(asked.state, config={"threads": 2}) as database:
            database.execute(text)
    elif asked.engine == "clickhouse":
        import chdb

        chdb.query(text)
    else:
        subprocess.run(["sqlite3", asked.state], input=text, text=True, check=True)


if __name__ == "__main__":
    main()
