#!/usr/bin/env bash
# versus.sh: the whole program against other tools, on the same files, side by side.
#
#   tests/bench/versus.sh --install                    once: the peers that live on PyPI, into a folder under target/
#   tests/bench/versus.sh --install-spark              once: Spark, which is large and needs Java 17
#   tests/bench/versus.sh                              the small works against all peers that are there
#   tests/bench/versus.sh --works real-16M-uuid --peers wc,duckdb-usual,clickhouse --runs 5
#   tests/bench/versus.sh --works real-1.6M --peers /path/of/another/sessionize    one build against another
#   tests/bench/versus.sh --table                      the table of all that was measured so far
#
# Works: origin-1.6M real-1.6M real-16M quoted-16M shuffled-16M memory-16M days-16M smoke. Those of data.sh also with -uuid: keys
# of 36 characters, as trackers write them, which are the ones to lead with. Without --works: real-1.6M-uuid and origin-1.6M-uuid.
# Peers: wc duckdb-usual duckdb-tuned duckdb-behavioral clickhouse polars polars-over pandas sqlite spark sorted-awk sort-awk;
# duckdb-* and clickhouse also with -id (an md5 in each row). duckdb-behavioral uses a community extension, and is left out where
# that could not be installed. `sessionize-1` is this program with one thread.
#
# A time counts only if sessions, events and seconds in the output equal those of this program. Runs are interleaved:
# every tool has its first run before any has its second. Page cache warm, whole processes, CSV in, CSV out, two threads.
# Outputs are on the disk, and synced within the time: this program does that itself, and for a peer the script does.
#
# BIN is the program, DIR where data and results lie, SCRATCH where outputs go (by default below DIR, on the disk; with a tmpfs
# syncs are free), THREADS for all.
set -euo pipefail
here=$(dirname "$0")
: "${BIN:=target/release/sessionize}" "${DIR:=target/bench}" "${THREADS:=2}"
works=real-1.6M-uuid,origin-1.6M-uuid peers=all runs=3
all=wc,duckdb-usual,duckdb-usual-id,duckdb-tuned,duckdb-tuned-id,duckdb-behavioral,clickhouse,clickhouse-id,polars,polars-over,sorted-awk

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; }

install_peers() {
    python3 -m venv "$DIR/venv"
    "$DIR/venv/bin/pip" install --quiet duckdb chdb polars pandas pyarrow
    "$DIR/venv/bin/python" -c 'import duckdb; duckdb.sql("INSTALL behavioral FROM community")' ||
        echo "DuckDB could not download its extension behavioral: the peer duckdb-behavioral will be left out"
}

while [ $# -gt 0 ]; do
    case $1 in
        --works) works=$2; shift ;;
        --peers) peers=$2; shift ;;
        --runs) runs=$2; shift ;;
        --install) mkdir -p "$DIR"; install_peers; exit ;;
        --install-spark) "$DIR/venv/bin/pip" install --quiet pyspark; exit ;;
        --table) awk -f "$here/table.awk" "$DIR/raw.tsv"; exit ;;
        --smoke) works=smoke peers=sort-awk runs=1 ;;
        *) usage; exit 2 ;;
    esac
    shift
done
[ "$peers" != all ] || peers=$all

[ -x "$BIN" ] || cargo build --release --quiet
mkdir -p "$DIR"
export BIN DIR THREADS LC_ALL=C POLARS_MAX_THREADS=$THREADS OMP_NUM_THREADS=$THREADS
scratch=${SCRATCH:-$DIR/scratch}
python=$DIR/venv/bin/python
# GNU time tells the largest resident memory of each process; without it there is no such column.
peak=()
[ ! -x /usr/bin/time ] || peak=(/usr/bin/time -a -o "$scratch/peak" -f %M)

case ,$peers, in
    *,duckdb-behavioral*)
        if ! "$python" -c 'import duckdb; duckdb.sql("LOAD behavioral")' 2>/dev/null; then
            echo '!!!! duckdb-behavioral IS NOT MEASURED: DuckDB has no extension behavioral here (versus.sh --install) !!!!'
            peers=$(sed -E 's/(^|,)duckdb-behavioral(-id)?//g; s/^,//' <<<"$peers")
        fi
        ;;
esac

# The data sets of a work; every one but the last is a batch of its own.
inputs_of() {
    case $1 in
        memory-16M) bash "$here/data.sh" shuffled-16M ;;
        *) bash "$here/data.sh" "$1" ;;
    esac
}

sorted() { sort --parallel="$THREADS" -t, -k1,1 -k2,2 "$1"; }

# sessionize PROGRAM WORK THREADS INPUT...
sessionize() {
    local program=$1 work=$2 threads=$3 memory=()
    shift 3
    [ "$work" != memory-16M ] || memory=(--memory 128MiB)
    for input in "$@"; do
        "${peak[@]}" "$program" run --batch "$input" --state "$scratch/state" --out "$scratch/out" \
            --threads "$threads" "${memory[@]}" --quiet
    done
}

# sql ENGINE FORM ID WORK INPUT...
sql() {
    local engine=$1 form=$2 id=$3 work=$4 number=0 flags=()
    shift 4
    [ "$id" = no ] || flags+=(--id)
    if [ "$work" = days-16M ]; then
        form=${form/_/_daily_}
        flags+=(--state "$scratch/state.duckdb")
    fi
    for input in "$@"; do
        number=$((number + 1))
        [ $number -lt $# ] || flags+=(--last)
        "${peak[@]}" "$python" "$here/peers/run_sql.py" "$engine" "$here/peers/$form.sql" "$input" \
            "$scratch/out-$number.csv" "${flags[@]}"
    done
}

# contend NAME WORK INPUT...: runs a contender; its sessions go below $scratch.
contend() {
    local name=$1 work=$2
    shift 2
    local id=no
    [ "${name%-id}" = "$name" ] || id=yes
    case ${name%-id} in
        sessionize) sessionize "$BIN" "$work" "$THREADS" "$@" ;;
        sessionize-1) sessionize "$BIN" "$work" 1 "$@" ;;
        */*) sessionize "$name" "$work" "$THREADS" "$@" ;;
        wc) "${peak[@]}" wc -l "$@" >"$scratch/lines" ;;
        duckdb-usual) sql duckdb duckdb_usual $id "$work" "$@" ;;
        duckdb-tuned) sql duckdb duckdb_tuned $id "$work" "$@" ;;
        duckdb-behavioral) sql duckdb duckdb_behavioral $id "$work" "$@" ;;
        clickhouse) sql clickhouse clickhouse $id "$work" "$@" ;;
        sqlite) sql sqlite sqlite no "$work" "$@" ;;
        polars) "${peak[@]}" "$python" "$here/peers/with_polars.py" "$1" "$scratch/out-1.csv" ;;
        polars-over) "${peak[@]}" "$python" "$here/peers/with_polars.py" "$1" "$scratch/out-1.csv" over ;;
        pandas) "${peak[@]}" "$python" "$here/peers/with_pandas.py" "$1" "$scratch/out-1.csv" ;;
        spark) "${peak[@]}" "$python" "$here/peers/with_spark.py" "$1" "$scratch/out-1.csv" ;;
        sorted-awk) "${peak[@]}" awk -f "$here/peers/sorted.awk" "$scratch/sorted.csv" >"$scratch/out-1.csv" ;;
        sort-awk) sorted "$1" | "${peak[@]}" awk -f "$here/peers/sorted.awk" >"$scratch/out-1.csv" ;;
        *) echo "there is no peer $name" >&2; exit 2 ;;
    esac
    # This program has synced its outputs itself.
    case $name in sessionize* | */* | wc) ;; *) sync "$scratch"/out-*.csv ;; esac
}

# What a contender has found, not timed. This program keeps what is still open: here it is closed and counted too.
found() {
    local program=$BIN
    case $1 in */*) program=$1 ;; esac
    if [ -e "$scratch/state" ]; then
        "$program" finalize --state "$scratch/state" --out "$scratch/out" --quiet
        awk -f "$here/counts.awk" "$scratch"/out/sessions/*.csv
    else
        awk -f "$here/counts.awk" "$scratch"/out-*.csv
    fi
}

# measure WORK NAME RUN INPUT...: one line of raw.tsv.
measure() {
    local work=$1 name=$2 run=$3
    shift 3
    rm -rf "$scratch"
    mkdir -p "$scratch"
    [ "$name" != sorted-awk ] || sorted "$1" >"$scratch/sorted.csv"
    # Nobody's sync shall wait for what another has written.
    sync
    { TIMEFORMAT='%R %U %S'; time contend "$name" "$work" "$@" 2>"$scratch/errors" >"$scratch/said"; } \
        2>"$scratch/times" || { echo "$work: $name failed:"; tail -3 "$scratch/errors"; return; }
    if [ "$name" != wc ]; then
        local counts
        counts=$(found "$name")
        : "${expected:=$counts}"
        if [ "$counts" != "$expected" ]; then
            echo "$work: $name is WRONG: sessions, events, seconds $counts, not $expected"
            wrong=1
            return
        fi
    fi
    touch "$scratch/peak"
    awk -v OFS='\t' -v stamp="$stamp" -v work="$work" -v name="$name" -v run="$run" -v counts="${expected// /,}" '
        NF == 1 { if ($1 > peak) peak = $1; next }
        { print stamp, work, name, run, $1, $2 + $3, peak / 1024, counts }' \
        "$scratch/peak" "$scratch/times" >>"$DIR/raw.tsv"
}

stamp=$(date -u +%Y-%m-%dT%H:%M:%S) wrong=0
for work in ${works//,/ }; do
    expected=
    mapfile -t inputs < <(inputs_of "$work")
    cat "${inputs[@]}" >"$DIR/warm" && rm "$DIR/warm"
    for run in $(seq "$runs"); do
        for name in sessionize ${peers//,/ }; do
            measure "$work" "$name" "$run" "${inputs[@]}"
        done
    done
done
rm -rf "$scratch"
awk -v stamp="$stamp" -f "$here/table.awk" "$DIR/raw.tsv"
exit $wrong
