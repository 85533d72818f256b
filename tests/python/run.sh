#!/usr/bin/env bash
# Tests of the Python package and of the recipes of docs/delivery.md with the real program: what follows the published runs.
# Needs Python with these packages (pip install deltalake pyarrow pytest xxhash); PYTHON names another interpreter than python3.
# Arguments go to pytest: SESSIONIZE_TEST_KILLS=500 tests/python/run.sh -k killed
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-python3}
if ! "$python" -c 'import deltalake, pyarrow, pytest, xxhash' 2>/dev/null; then
  echo '!!!! THE PYTHON PACKAGE WAS NOT TESTED: pip install deltalake pyarrow pytest xxhash (PYTHON names the interpreter) !!!!'
  exit 0
fi
for package in chdb dbt.adapters.duckdb duckdb sqlglot; do
  "$python" -c "import $package" 2>/dev/null || echo "!!!! A RECIPE OF docs/delivery.md WAS NOT TESTED: there is no $package (pip install chdb 'dbt-core<1.10' 'dbt-duckdb<1.10' duckdb sqlglot) !!!!"
done
cargo build --locked --features "${FEATURES:-parquet}"
export SESSIONIZE=$PWD/target/debug/sessionize PYTHONPATH=$PWD/src/python
exec "$python" -m pytest -q -p no:cacheprovider tests/python "$@"
