#!/usr/bin/env bash
# scale.sh threads|open [RUNS]: how the cost of a run grows.
#
#   threads   real-16M on one core, with one thread, with two: seconds, processor seconds, peak memory, seconds by phase
#   open      a batch of 10,000 rows onto a checkpoint with 0.1M, 1M and 5M open sessions
set -euo pipefail
here=$(dirname "$0")
what=${1:?threads or open} runs=${2:-3}
: "${BIN:=target/release/sessionize}" "${DIR:=target/bench}"
[ -x "$BIN" ] || cargo build --release --quiet
export BIN DIR
scratch=$DIR/scale
rm -rf "$scratch"
mkdir -p "$scratch"

# timed LABEL COMMAND...: a line with the label, wall seconds, processor seconds, peak MB and the phases of the report.
timed() {
    local label=$1
    shift
    sync
    { TIMEFORMAT='%R %U %S'; time /usr/bin/time -o "$scratch/peak" -f %M "$@" >"$scratch/report" 2>"$scratch/errors"; } \
        2>"$scratch/times" || { cat "$scratch/errors"; exit 1; }
    awk -v label="$label" '
        FILENAME ~ /peak$/ { peak = $1 / 1024 }
        FILENAME ~ /times$/ { wall = $1; cpu = $2 + $3 }
        FILENAME ~ /report$/ && /"(open|read|reduce|stage|commit|publish)":/ {
            gsub(/[":,]/, ""); phases = phases sprintf(" %s %.3f", $1, $2)
        }
        END { printf "%-24s %7.3f s %7.2f cpu-s %6.0f MB  %s\n", label, wall, cpu, peak, phases }' \
        "$scratch/peak" "$scratch/times" "$scratch/report"
}

run() { timed "$1" "${@:4}" "$BIN" run --batch "$2" --state "$scratch/state" --out "$scratch/out" --report json $3; }

threads() {
    local input
    input=$(bash "$here/data.sh" real-16M)
    cat "$input" >"$DIR/warm" && rm "$DIR/warm"
    for _ in $(seq "$runs"); do
        for way in "one core" "1 thread" "2 threads"; do
            rm -rf "$scratch/state" "$scratch/out"
            case $way in
                "one core") run "$way" "$input" "--threads 1" taskset -c 0 ;;
                "1 thread") run "$way" "$input" "--threads 1" ;;
                *) run "$way" "$input" "--threads 2" ;;
            esac
        done
    done
}

# Page views of a day in January 2020. Each has a user of its own, nearly: users are drawn from very many.
day() {
    local day=$1 next=$(($1 + 1))
    "$BIN" fake --rows "$2" --users 1000000000000000 --days 1 --session-events 1 --seed "$1" |
        sed "s/2020-01-02/$(date -d "2020-01-$next" +%F)/;s/2020-01-01/2020-01-$(printf %02d "$day")/"
}

open() {
    for sessions in 100000 1000000 5000000; do
        rm -rf "$scratch/state" "$scratch/out"
        day 1 "$sessions" >"$scratch/day-1.csv"
        run "first $sessions" "$scratch/day-1.csv" "--gap 300d"
        for number in $(seq 2 $((runs + 1))); do
            day "$number" 10000 >"$scratch/day-$number.csv"
            run "10,000 onto $sessions" "$scratch/day-$number.csv" "--threads 2"
        done
        du -sm "$scratch/state" | awk '{ print "    state on disk: " $1 " MB" }'
    done
}

case $what in threads) threads ;; open) open ;; *) echo "threads or open?" >&2; exit 2 ;; esac
rm -rf "$scratch"
