#!/usr/bin/env bash
# Looks at the page of `sessionize report` in a browser: no scrolling to the side at three widths, nothing on the console, no request, what
# axe finds of accessibility and contrast in light and dark, the keyboard, and print.
# Needs chromium (apt-get install chromium; CHROMIUM names another program) and Python with playwright and axe-playwright-python.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-python3}
if ! command -v "${CHROMIUM:-chromium}" >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  { apt-get update && apt-get install -y --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 || echo 'apt-get could not install chromium'
fi
if ! browser=$(command -v "${CHROMIUM:-chromium}") || ! "$python" -c 'import playwright, axe_playwright_python' 2>/dev/null; then
  echo '!!!! THE PAGE OF FIGURES WAS NOT LOOKED AT IN A BROWSER: apt-get install chromium; pip install playwright axe-playwright-python (PYTHON names the interpreter) !!!!'
  exit 0
fi
cargo build --locked ${FEATURES:+--features "$FEATURES"}
exec "$python" tests/report/check.py "$PWD/target/debug/sessionize" "$browser"
