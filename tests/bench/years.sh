#!/usr/bin/env bash
# What commands cost after many runs: a run of two events, inspect, verify and backup at 10, 1,000 and 10,000 runs, before and after a prune.
# The folders grow from one number of runs to the next, and a copy of them is pruned.
# Usage: tests/bench/years.sh [RUNS...], in ascending order; SESSIONIZE names the program, TMPDIR the disk. With strace, it counts the system calls of a run too.
set -euo pipefail
cd "$(dirname "$0")/../.."
program=$(realpath "${SESSIONIZE:-target/release/sessionize}")
at_once=200

# Two events an hour, for so many hours, each hour in a file.
hours() {
  awk -v first="$1" -v last="$2" 'BEGIN {
    for (hour = first; hour <= last; hour++) {
      name = sprintf("hour-%06d.csv", hour)
      start = 1577836800 + hour * 3600
      printf "u%d,%d\nu%d,%d\n", hour % 50, start, hour % 70, start + 60 > name
      close(name)
    }
  }'
}

each() {
  "$program" run --each -q --now=2030-01-01 --gap=30m "$@"
}

# Milliseconds of a command; the quickest of three.
quickest() {
  local best=999999999 start took
  for _ in 1 2 3; do
    start=$(date +%s%N)
    "$@" >/dev/null
    took=$(( ($(date +%s%N) - start) / 100000 ))
    (( took < best )) && best=$took
  done
  printf '%d.%d' $((best / 10)) $((best % 10))
}

# The file of the hour after the last one, by its name. Measured in subshells: the last one is remembered in a file.
fresh_hour() {
  local hour=$(($(cat last) + 1))
  echo "$hour" > last
  hours "$hour" "$hour"
  printf 'hour-%06d.csv' "$hour"
}

next_hour() {
  each "$(fresh_hour)"
}

copy() {
  rm -rf copy
  "$program" backup copy
}

calls() {
  command -v strace >/dev/null || { echo '- | - | -'; return; }
  strace -f -qq -o calls.txt "$program" run -q --now=2030-01-01 "$(fresh_hour)"
  awk '
    /openat\(/ { opened++ }
    / (read|pread64)\(/ && / = [0-9]+$/ { bytes += $NF }
    { calls++ }
    END { printf "%d | %d | %d", calls, opened, bytes / 1024 }
  ' calls.txt
}

row() {
  printf '| %s | %s | %s | %s | %s | %s | %s | %s |\n' "$1" "$(quickest next_hour)" \
    "$(quickest "$program" inspect)" "$(quickest "$program" verify -q)" "$(quickest copy)" \
    "$(du -sm sessionize-state | cut -f1)" "$(find sessionize-out -type f | wc -l)" "$(calls)"
}

echo '| runs | a run, ms | inspect, ms | verify, ms | backup, ms | state, MiB | files in out | calls of a run | files opened | KiB read |'
echo '|---|---|---|---|---|---|---|---|---|---|'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo 0 > last
for runs in ${@:-10 1000 10000}; do
  while (( $(cat last) < runs )); do
    first=$(($(cat last) + 1))
    last=$((first + at_once - 1 < runs ? first + at_once - 1 : runs))
    hours "$first" "$last"
    each hour-*.csv
    rm -f hour-*.csv
    echo "$last" > last
  done
  row "$runs"
  mkdir pruned
  cp -r sessionize-state sessionize-out last pruned
  cd pruned
  if "$program" prune --older-than=1d --now=2040-01-01 --unfollowed >/dev/null 2>&1; then
    row "$runs, pruned"
  fi
  cd ..
  rm -rf pruned
done
