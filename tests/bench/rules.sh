#!/usr/bin/env bash
# rules.sh [RUNS [GAP]]: what each rule costs when it is on: median seconds over RUNS (default 5), the ratio to the run without
# rules, all in turn in one call, so that a machine that slows down does so for all of them; the largest resident set, and
# what the checkpoint has on the disk in the end. Input: the data set `real-1.6M` of data.sh, 1.6M page views with eight
# events a session. With a GAP of 30d every event is still open in the end. Needs GNU time.
set -euo pipefail
: "${BIN:=target/release/sessionize}" "${DIR:=target/bench}"
[ -x "$BIN" ] || cargo build --release --quiet
export BIN DIR
runs=${1:-5} gap=${2:-5m}
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
    "emit events|--emit events"
    "emit both|--emit both"
    "retain 1d|--allowed-lateness 1d"
    "emit-open|--emit-open"
)

cat "$input" >/dev/null
for _ in $(seq "$runs"); do
    for way in "${ways[@]}"; do
        rm -rf "$scratch/state" "$scratch/out"
        sync
        start=$(date +%s%N)
        # shellcheck disable=SC2086 # the flags are words
        command time -f %M -o "$scratch/peak" "$BIN" run --batch "$input" --gap "$gap" --state "$scratch/state" \
            --out "$scratch/out" -q ${way#*|}
        end=$(date +%s%N)
        state=$(du -sk "$scratch/state" | cut -f1)
        echo "${way%%|*}|$(((end - start) / 1000))|$(tail -1 "$scratch/peak")|$state" >>"$scratch/times"
    done
done

sort -t'|' -k1,1 -k2,2n "$scratch/times" | awk -F'|' '
    { seconds[$1, ++count[$1]] = $2 / 1e6; if ($3 > peak[$1]) peak[$1] = $3; state[$1] = $4 }
    END {
        for (way in count)
            printf "%s|%.3f|%.0f|%.0f\n", way, seconds[way, int((count[way] + 1) / 2)], peak[way] / 1024, state[way] / 1024
    }' >"$scratch/medians"
echo "| rule | median s | x no rules | peak MB | checkpoint MB |"
echo "|---|---|---|---|---|"
for way in "${ways[@]}"; do
    awk -F'|' -v way="${way%%|*}" '
        $1 == "no rules" { plain = $2 } $1 == way { own = $2; peak = $3; state = $4 }
        END { printf "| %s | %.3f | %.2f | %d | %d |\n", way, own, own / plain, peak, state }' "$scratch/medians"
done
