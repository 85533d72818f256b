#!/usr/bin/env bash
# The scenarios of rules 1 to 7 and of the rules besides the gap by other engines: DuckDB, Spark's session_window, and Flink's rules as SQL. One to two minutes; docs/semantics.md has the results.
# Needs Python with duckdb and pytest, for Spark also pyspark and Java 17; PYTHON_OF_SPARK or PYTHON names the interpreter. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")"

python=${PYTHON_OF_SPARK:-${PYTHON:-python3}}
if ! "$python" -c 'import duckdb, pytest' 2>/dev/null; then
  echo '!!!! OTHER ENGINES WERE NOT ASKED: pip install duckdb pytest pyspark==4.3.0 (PYTHON_OF_SPARK names the interpreter) !!!!'
  exit 0
fi
if ! "$python" -c 'import pyspark' 2>/dev/null || ! java -version >/dev/null 2>&1; then
  echo '!!!! SPARK WAS NOT ASKED FOR ITS SESSION WINDOWS: it needs pyspark==4.3.0 and Java 17 (PYTHON_OF_SPARK names the interpreter) !!!!'
fi
PYTHONDONTWRITEBYTECODE=1 "$python" -m pytest -q -p no:cacheprovider . "$@"
