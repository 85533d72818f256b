#!/usr/bin/env bash
# Tests of the Python package, as the wheel that it is, and of the recipes of docs/delivery.md with the real program.
# Needs Python with these packages (pip install deltalake duckdb maturin pandas polars pyarrow pytest xxhash); PYTHON names another interpreter than python3.
# Arguments go to pytest: SESSIONIZE_TEST_KILLS=500 tests/python/run.sh -k killed
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-python3}
if ! "$python" -c 'import deltalake, duckdb, maturin, pandas, polars, pyarrow, pytest, xxhash' 2>/dev/null; then
  echo '!!!! THE PYTHON PACKAGE WAS NOT TESTED: pip install deltalake duckdb maturin pandas polars pyarrow pytest xxhash (PYTHON names the interpreter) !!!!'
  exit 0
fi
for package in chdb dbt.adapters.duckdb duckdb sqlglot; do
  "$python" -c "import $package" 2>/dev/null || echo "!!!! A RECIPE OF docs/delivery.md WAS NOT TESTED: there is no $package (pip install chdb 'dbt-core<1.10' 'dbt-duckdb<1.10' duckdb sqlglot) !!!!"
done
cargo build --locked --features "${FEATURES:-parquet}"
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT
PYO3_PYTHON=$("$python" -c 'import sys; print(sys.executable)')
export PYO3_PYTHON
"$python" -m maturin build --locked --profile dev --manifest-path src/python/Cargo.toml --out "$site/wheel"
"$python" -m pip install -q --no-deps --no-index --target "$site" "$site"/wheel/*.whl
export SESSIONIZE=$PWD/target/debug/sessionize PYTHONPATH=$site PYTHONDONTWRITEBYTECODE=1
"$python" -m pytest -q -p no:cacheprovider tests/python "$@"
