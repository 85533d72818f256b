"""run_sql.py ENGINE SQL_FILE INPUT OUTPUT [--id] [--state FILE] [--last]: one query of a peer, as a process of its own.

${INPUT} and ${OUTPUT} are filled in; ${..._REST} declares the columns behind the second, which nobody reads. A line that
begins with `--id` counts only if an id is asked for.
"""

import argparse
import string
import subprocess


def statement(asked):
    with open(asked.input) as rows:
        rest = [f"c{number}" for number in range(3, rows.readline().count(",") + 2)]
    with open(asked.sql) as file:
        text = file.read()
    return string.Template(text.replace("--id ", "") if asked.id else text).substitute(
        INPUT=asked.input,
        OUTPUT=asked.output,
        LAST="true" if asked.last else "false",
        DUCKDB_REST="".join(f", '{name}': 'VARCHAR'" for name in rest),
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
