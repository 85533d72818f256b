#!/usr/bin/env bash
# rules.sh [RUNS]: what each rule costs when it is on: median seconds over RUNS (default 5), and the ratio to the run without
# rules, all in turn in one call, so that a machine that slows down does so for all of them. Input: the data set `real-1.6M`
# of data.sh, 1.6M page views with eight events a session.
set -euo pipefail
: "${BIN:=target/release/sessionize}" "${DIR:=target/bench}"
[ -x "$BIN" ] || cargo build --release --quiet
export BIN DIR
runs=${1:-5}
input=$(bash "$(dirname "$0")/data.sh" real-1.6M)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

ways=(
    "no rules|"
    "count|--agg count"
    "first(page)|--agg first(4)=landing"
    "count_if, any|--agg count_if(3=pageview) --agg any(4=/home)"
    "distinct(page)|--agg distinct(4)"
    "list(page)|--agg list(4)"
    "max-duration|--max-duration 1h"
    "max-events|--max-events 100"
    "split-on page|--split-on 4"
    "split-at midnight|--split-at midnight --timezone Europe/Paris"
    "gap-by page|--gap-by 4:/home=2h,*=5m"
    "dedup row|--dedup row"
    "dedup page|--dedup 4"
    "emit both|--emit both"
    "retain 1d|--late correct --retain 1d"
    "emit-open|--emit-open"
)

cat "$input" >/dev/null
for _ in $(seq "$runs"); do
    for way in "${ways[@]}"; do
        rm -rf "$scratch/state" "$scratch/out"
        sync
        start=$(date +%s%N)
        # shellcheck disable=SC2086 # the flags are words
        "$BIN" run --batch "$input" --state "$scratch/state" --out "$scratch/out" -q ${way#*|}
        echo "${way%%|*}|$((($(date +%s%N) - start) / 1000))" >>"$scratch/times"
    done
done

sort -t'|' -k1,1 -k2,2n "$scratch/times" | awk -F'|' '
    { seconds[$1, ++count[$1]] = $2 / 1e6 }
    END { for (way in count) printf "%s|%.3f\n", way, seconds[way, int((count[way] + 1) / 2)] }' >"$scratch/medians"
echo "| rule | median s | x no rules |"
echo "|---|---|---|"
for way in "${ways[@]}"; do
    awk -F'|' -v way="${way%%|*}" '
        $1 == "no rules" { plain = $2 } $1 == way { own = $2 }
        END { printf "| %s | %.3f | %.2f |\n", way, own, own / plain }' "$scratch/medians"
done
