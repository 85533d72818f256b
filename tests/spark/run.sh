#!/usr/bin/env bash
# sessionize.spark on real engines against the command: Sail (all tests), and Spark with Java (a short part of them; all with SPARK_TESTS=all).
# Needs python3, pip and for Spark Java 17. Arguments go to pytest.
# More random cases, with other seeds, of an optimized build: SESSIONIZE_TEST_CASES=1000 SESSIONIZE_TEST_SPARK_CASES=20 SESSIONIZE_TEST_SEED=5000 PROFILE=release tests/spark/run.sh -k comes_to_the_rows
# Environments that are there already: PYTHON_OF_SAIL and PYTHON_OF_SPARK name their interpreters.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
skip() { echo "!!!! $1 !!!!"; }

# An interpreter with the packages of an engine.
environment() {
  local name=$1
  shift
  python3 -m venv "$folder/$name" && "$folder/$name/bin/pip" install -q pytest pyarrow xxhash 'pandas<3' "$@" >"$folder/$name.log" 2>&1 && echo "$folder/$name/bin/python"
}
sail=${PYTHON_OF_SAIL:-$(environment sail pysail==0.7.2 pyspark-client==4.2.0 maturin || true)}
if [ -z "$sail" ] || ! "$sail" -c 'import maturin, pysail, pyspark, pytest, xxhash' 2>/dev/null; then
  skip 'THE PACKAGE ON SPARK WAS NOT TESTED: pip install maturin pytest pyarrow xxhash "pandas<3" pysail==0.7.2 pyspark-client==4.2.0 (PYTHON_OF_SAIL names the interpreter)'
  exit 0
fi

profile=${PROFILE:-dev}
cargo build --locked --profile "$profile" --features "${FEATURES:-full}"
PYO3_PYTHON=$("$sail" -c 'import sys; print(sys.executable)')
export PYO3_PYTHON
"$sail" -m maturin build --locked --profile "$profile" --manifest-path src/python/Cargo.toml --out "$folder/wheel"
"$sail" -m pip install -q --no-deps --no-index --target "$folder/site" "$folder"/wheel/*.whl
export SESSIONIZE=$PWD/target/${profile/#dev/debug}/sessionize PYTHONPATH=$folder/site PYTHONDONTWRITEBYTECODE=1

SESSIONIZE_TEST_ENGINE=sail "$sail" -m pytest -q -p no:cacheprovider tests/spark "$@"

if ! java -version >/dev/null 2>&1; then
  skip 'SPARK ITSELF WAS NOT TESTED: there is no Java (apt-get install openjdk-17-jre-headless)'
  exit 0
fi
spark=${PYTHON_OF_SPARK:-$(environment spark pyspark==4.3.0 || true)}
if [ -z "$spark" ] || ! "$spark" -c 'import pyspark, pytest, xxhash' 2>/dev/null; then
  skip 'SPARK ITSELF WAS NOT TESTED: pip install pyspark==4.3.0 pytest pyarrow xxhash "pandas<3" (PYTHON_OF_SPARK names the interpreter)'
  exit 0
fi
if [ "${SPARK_TESTS:-short}" = all ]; then
  SESSIONIZE_TEST_ENGINE=spark "$spark" -m pytest -q -p no:cacheprovider tests/spark "$@"
else
  skip 'ON SPARK ITSELF ONLY A SHORT PART IS TESTED: SPARK_TESTS=all tests/spark/run.sh has clusters, kills and every form of the fold'
  SESSIONIZE_TEST_ENGINE=spark "$spark" -m pytest -q -p no:cacheprovider tests/spark -k 'readme or loses or rows_of_the_command' "$@"
fi
