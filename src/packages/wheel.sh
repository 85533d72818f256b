#!/usr/bin/env bash
# The wheel, with the command and all formats and targets, into a folder: wheel.sh [FOLDER]
# PROFILE=dev builds in the time of the tests, and large. Needs cargo, a C compiler, and Python with maturin (pip install maturin); PYTHON names another interpreter than python3.
set -euo pipefail
out=$(realpath -m "${1:-target/packages}")
cd "$(dirname "$0")/../.."

python=${PYTHON:-python3}
PYO3_PYTHON=$("$python" -c 'import sys; print(sys.executable)')
export PYO3_PYTHON
mkdir -p "$out"
"$python" src/packages/notices.py --package=sessionize-python >src/python/sessionize/NOTICES
"$python" -m maturin build --locked --profile "${PROFILE:-release}" --manifest-path src/python/Cargo.toml --out "$out"
