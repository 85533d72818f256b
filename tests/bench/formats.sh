#!/usr/bin/env bash
# formats.sh [--set SET] [--runs N] [--contenders NAME,...]: the same events in each input format and to each output format, beside DuckDB.
#
# Contenders: `sessionize` (CSV in, CSV out), jsonl, parquet and weblog (that format in, CSV out), to-jsonl and to-parquet (CSV
# in, that format out), and DuckDB's SQL over the same files: duckdb-FORMAT-usual as most people write it, duckdb-FORMAT-tuned
# in its fastest form. A time counts only if sessions, events and seconds in the output equal those of the first contender. Runs
# alternate: every contender has its first run before any has its second.
#
# Contenders with Parquet or DuckDB need what `versus.sh --install` brings. BIN is a build with Parquet, DIR where data and results lie, SCRATCH where outputs go,
# THREADS for all.
set -euo pipefail
here=$(dirname "$0")
: "${BIN:=target/release/sessionize}" "${DIR:=target/bench}" "${THREADS:=2}"
set=real-1.6M runs=5
contenders='sessionize jsonl parquet weblog to-jsonl to-parquet'
contenders+=' duckdb-jsonl-usual duckdb-jsonl-tuned duckdb-parquet-usual duckdb-parquet-tuned'

while [ $# -gt 0 ]; do
    case $1 in
        --set) set=$2; shift ;;
        --runs) runs=$2; shift ;;
        --contenders) contenders=${2//,/ }; shift ;;
        *) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 2 ;;
    esac
    shift
done
export BIN DIR THREADS LC_ALL=C
mkdir -p "$DIR"
scratch=${SCRATCH:-$DIR/scratch}
python=$DIR/venv/bin/python
peak=()
[ ! -x /usr/bin/time ] || peak=(/usr/bin/time -a -o "$scratch/peak" -f %M)

# The input of a contender.
input_of() {
    case $1 in
        jsonl | duckdb-jsonl-*) bash "$here/data.sh" "$set.jsonl" ;;
        parquet | duckdb-parquet-*) bash "$here/data.sh" "$set.parquet" ;;
        weblog) bash "$here/data.sh" "$set.log" ;;
        *) bash "$here/data.sh" "$set" ;;
    esac
}

# ours INPUT FLAGS...
ours() {
    local file=$1
    shift
    "${peak[@]}" "$BIN" run --batch "$file" --state "$scratch/state" --out "$scratch/out" --threads "$THREADS" --quiet "$@"
}

sql() { "${peak[@]}" "$python" "$here/peers/run_sql.py" duckdb "$here/peers/duckdb_$1.sql" "$2" "$scratch/out-1.csv"; }

# contend NAME INPUT
contend() {
    case $1 in
        sessionize) ours "$2" ;;
        jsonl | parquet) ours "$2" --key user --time time ;;
        weblog) ours "$2" --key remote_host ;;
        to-jsonl | to-parquet) ours "$2" --output-format "${1#to-}" ;;
        duckdb-jsonl-* | duckdb-parquet-*) sql "${1##*-}" "$2" ;;
        *) echo "there is no contender $1" >&2; exit 2 ;;
    esac
}

# What a contender has found, not timed. This program keeps what is still open: here it is closed and counted too.
found() {
    if [ ! -e "$scratch/state" ]; then
        awk -f "$here/counts.awk" "$scratch"/out-*.csv
        return
    fi
    "$BIN" finalize --state "$scratch/state" --out "$scratch/out" --quiet
    for file in "$scratch"/out/sessions/*; do
        case $file in
            *.csv) ;;
            *) "$python" "$here/peers/run_sql.py" duckdb "$here/peers/duckdb_to_csv.sql" "$file" "${file%.*}.csv" ;;
        esac
    done
    awk -f "$here/counts.awk" "$scratch"/out/sessions/*.csv
}

# measure NAME RUN: one line of formats.tsv.
measure() {
    local name=$1 run=$2 input counts
    input=$(input_of "$name")
    rm -rf "$scratch"
    mkdir -p "$scratch"
    # Nobody's sync shall wait for what another has written.
    sync
    { TIMEFORMAT='%R %U %S'; time contend "$name" "$input" 2>"$scratch/errors" >"$scratch/said"; } 2>"$scratch/times" ||
        { echo "$name failed:"; tail -3 "$scratch/errors"; wrong=1; return; }
    counts=$(found "$name")
    : "${expected:=$counts}"
    if [ "$counts" != "$expected" ]; then
        echo "$name is WRONG: sessions, events, seconds $counts, not $expected"
        wrong=1
        return
    fi
    touch "$scratch/peak"
    awk -v OFS='\t' -v stamp="$stamp" -v work="$set" -v name="$name" -v run="$run" -v counts="${expected// /,}" '
        NF == 1 { if ($1 > peak) peak = $1; next }
        { print stamp, work, name, run, $1, $2 + $3, peak / 1024, counts }' \
        "$scratch/peak" "$scratch/times" >>"$DIR/formats.tsv"
}

for name in $contenders; do
    cat "$(input_of "$name")" >"$DIR/warm" && rm "$DIR/warm"
done
stamp=$(date -u +%Y-%m-%dT%H:%M:%S) wrong=0 expected=
for run in $(seq "$runs"); do
    for name in $contenders; do
        measure "$name" "$run"
    done
done
rm -rf "$scratch"
awk -v stamp="$stamp" -f "$here/table.awk" "$DIR/formats.tsv"
exit $wrong
