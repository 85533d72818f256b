#!/usr/bin/env bash
# instructions.sh [--accept]: instructions of a fixed run of 200,000 rows, held against tests/bench/instructions.txt.
#
# A count of instructions is no time: it knows no cache miss and no wait. But it does not depend on what else the machine
# does. Look at `steady` first: it leaves out the checkpoint, whose threads wake when they like, the allocator and the
# rest, and is the same to a few hundred instructions in every run. It depends on compiler, processor and C library: the
# file names those it was counted with. The run `1 + rule` is the one with one thread under `--agg count`: its group `rules`
# is what the code of rules costs when one is on, that of the runs `1` and `2` what it costs when none is. valgrind's processor has no SHA instructions, so ids count for more here than they
# cost. --accept writes what was counted as the new baseline.
#
# Needs valgrind and a release build (BIN, by default target/release/sessionize; it is built if it is not there).
set -euo pipefail
here=$(dirname "$0")
baseline=$here/instructions.txt
: "${BIN:=target/release/sessionize}" "${DIR:=target/bench}"
[ -x "$BIN" ] || cargo build --release --quiet
folder=$DIR/instructions
rm -rf "$folder"
mkdir -p "$folder"
rows=$folder/rows.csv
"$BIN" fake --rows 200000 --users 40000 --days 1 --session-events 4 >"$rows"

# Groups of functions by what they do; what fits none is `rest`. Inlined functions count for their caller.
group() {
    awk -v run="$1" '
        function group_of(name) {
            if (name ~ /PROGRAM TOTALS/) return "total"
            if (name ~ /rules::|RuleReducer|aggregates::|input::projection/) return "rules"
            if (name ~ /input::(csv|rows|separators|blocks|schema)|memchr::/) return "rows and fields"
            if (name ~ /input::(time|timestamp)::|chrono/) return "times read"
            if (name ~ /event::buffer|partition::/) return "partition"
            if (name ~ /reducer::|hashbrown|bcmp|memcmp/) return "fold"
            if (name ~ /session::|output::|write_rfc3339|sha1/) return "sessions written"
            if (name ~ /xxh3|xxhash/) return "digests"
            if (name ~ /sled|crc32|bincode|state::/) return "checkpoint"
            if (name ~ /memcpy|memmove|memset|malloc|free|realloc|calloc|mi_/) return "memory"
            return "rest"
        }
        /\(.*%\)/ {
            count = $1
            gsub(",", "", count)
            if (count !~ /^[0-9]+$/) next
            group = group_of($0)
            sum[group] += count
        }
        END {
            for (group in sum) if (group != "total") known += sum[group]
            sum["rest"] += sum["total"] - known
            # What waits and allocates depends on the moment; the rest is the same in every run.
            sum["steady"] = sum["total"] - sum["checkpoint"] - sum["memory"] - sum["rest"]
            for (group in sum) printf "%s\t%s\t%d\n", run, group, sum[group]
        }'
}

# count RUN FLAGS...
count() {
    local run=$1 out=$folder/${1// /}
    shift
    valgrind --tool=callgrind --callgrind-out-file="$out.callgrind" "$BIN" run --batch "$rows" --state "$out/state" \
        --out "$out/out" "$@" --quiet 2>"$out.log" || { tail -3 "$out.log"; exit 1; }
    callgrind_annotate --auto=no --threshold=100 "$out.callgrind" 2>/dev/null | group "$run"
}

counted=$folder/counted.tsv
{
    count 1 --threads 1
    count 2 --threads 2
    count "1 + rule" --threads 1 --agg count
} | sort -t "$(printf '\t')" -k1,1 -k3,3nr >"$counted"

if [ "${1:-}" = --accept ]; then
    {
        echo "# Instructions of a run of 200,000 rows: run, group, count. Written by instructions.sh --accept."
        echo "# $(rustc --version), $(uname -m), glibc $(getconf GNU_LIBC_VERSION | cut -d' ' -f2)"
        cat "$counted"
    } >"$baseline"
fi

awk -F'\t' '
    FNR == NR { if ($0 !~ /^#/) before[$1, $2] = $3; next }
    FNR == 1 { printf "%-8s %-18s %15s %15s %9s\n", "run", "group", "baseline", "now", "change" }
    {
        change = before[$1, $2] ? sprintf("%+.2f%%", 100 * ($3 / before[$1, $2] - 1)) : "new"
        printf "%-8s %-18s %15d %15d %9s\n", $1, $2, before[$1, $2], $3, change
    }' "$baseline" "$counted"
