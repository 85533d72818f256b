#!/usr/bin/env bash
# Holds our Parquet against other programs: files that pyarrow, pandas, Polars and DuckDB write give the sessions of the same rows in CSV,
# and they read back from our outputs what stands in CSV and JSON lines.
# Needs Python with these packages (pip install duckdb pandas polars pyarrow); PYTHON names another interpreter than python3.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-python3}
if ! "$python" -c 'import duckdb, pandas, polars, pyarrow' 2>/dev/null; then
  echo '!!!! PARQUET WAS NOT CHECKED AGAINST OTHER PROGRAMS: pip install duckdb pandas polars pyarrow (PYTHON names the interpreter) !!!!'
  exit 0
fi
cargo build --locked --features "${FEATURES:-parquet}"
exec "$python" tests/parquet/check.py "$PWD/target/debug/sessionize"
