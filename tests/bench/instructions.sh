#!/usr/bin/env bash
# instructions.sh [--accept]: instructions of fixed runs of 200,000 rows, held against tests/bench/instructions.txt.
#
# A count of instructions is no time: it knows no cache miss and no wait. But it does not depend on what else the machine
# does. Look at `steady` first: it leaves out the allocator and the rest, and is the same to a few hundred instructions in every
# run. The checkpoint is in no sum: its threads wake when they like, and under valgrind they may spin for as long as the run takes.
# The counts depend on compiler, processor and C library: the file names those they were counted with.
#
# The runs, each with one thread unless it says otherwise: `1` and `2` (threads) with short keys, `1 + rule` the same under
# `--agg count`, `uuid` with keys of 36 characters, `quoted` with those keys in quotes, `jsonl` with them in JSON lines. The group
# `rules` is what the code of rules costs; in a run without rules that is nearly nothing. valgrind's processor has no SHA
# instructions, so ids count for more here than they cost. --accept writes what was counted as the new baseline.
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
fake=("$BIN" fake --rows 200000 --users 40000 --days 1 --session-events 4)
"${fake[@]}" >"$folder/rows.csv"
"${fake[@]}" --uuid-keys >"$folder/uuid.csv"
awk -F, -v OFS=, '{ $1 = "\"" $1 "\""; $4 = "\"" $4 "\""; print }' "$folder/uuid.csv" >"$folder/quoted.csv"
awk -F, '{ print "{\"user\":\"" $1 "\",\"time\":\"" $2 "\",\"event\":\"" $3 "\",\"page\":\"" $4 "\"}" }' \
    "$folder/uuid.csv" >"$folder/uuid.jsonl"

# Groups of functions by what they do; what fits none is `rest`. Inlined functions count for their caller.
group() {
    awk -v run="$1" '
        function group_of(name) {
            if (name ~ /PROGRAM TOTALS/) return "total"
            if (name ~ /sled|crc32|bincode|crossbeam_epoch|parking_lot|sessionize::state::/) return "checkpoint"
            if (name ~ /core::rules::|RuleReducer|core::aggregates::/) return "rules"
            if (name ~ /xxh3|xxhash|twox_hash|KeyHash/) return "digests"
            if (name ~ /input::time::|chrono/) return "times read"
            if (name ~ /event::buffer|core::partition|EventBatch/) return "partition"
            if (name ~ /core::reducer::|streaming|hashbrown|bcmp|memcmp|impls::<impl core::ops::function::Fn/) return "fold"
            if (name ~ /core::session|output|TimeText|timestamp::Timestamp|sha1|uuid::|itoa/) return "sessions written"
            if (name ~ /sessionize::input::|sessionize::run::decoding|memchr::|serde_json/) return "rows and fields"
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
            # How often the threads of the checkpoint look for work depends on the moment.
            sum["total"] -= sum["checkpoint"]
            delete sum["checkpoint"]
            # What waits and allocates depends on it too; the rest is the same in every run.
            sum["steady"] = sum["total"] - sum["memory"] - sum["rest"]
            for (group in sum) printf "%s\t%s\t%.0f\n", run, group, sum[group]
        }'
}

# count RUN FILE FLAGS...
count() {
    local run=$1 rows=$folder/$2 out=$folder/${1// /}
    shift 2
    valgrind --tool=callgrind --callgrind-out-file="$out.callgrind" "$BIN" run --batch "$rows" --state "$out/state" \
        --out "$out/out" "$@" --quiet 2>"$out.log" || { tail -3 "$out.log"; exit 1; }
    callgrind_annotate --auto=no --threshold=100 "$out.callgrind" 2>/dev/null | group "$run"
}

counted=$folder/counted.tsv
{
    count 1 rows.csv --threads 1
    count 2 rows.csv --threads 2
    count "1 + rule" rows.csv --threads 1 --agg count
    count uuid uuid.csv --threads 1
    count quoted quoted.csv --threads 1
    count jsonl uuid.jsonl --threads 1 --key user --time time
} | sort -t "$(printf '\t')" -k1,1 -k3,3nr >"$counted"

if [ "${1:-}" = --accept ]; then
    {
        echo "# Instructions of runs of 200,000 rows: run, group, count. Written by instructions.sh --accept."
        echo "# $(rustc --version), $(uname -m), glibc $(getconf GNU_LIBC_VERSION | cut -d' ' -f2)"
        cat "$counted"
    } >"$baseline"
fi

awk -F'\t' '
    FNR == NR { if ($0 !~ /^#/) before[$1, $2] = $3; next }
    FNR == 1 { printf "%-8s %-18s %15s %15s %9s\n", "run", "group", "baseline", "now", "change" }
    {
        change = before[$1, $2] ? sprintf("%+.2f%%", 100 * ($3 / before[$1, $2] - 1)) : "new"
        printf "%-8s %-18s %15.0f %15.0f %9s\n", $1, $2, before[$1, $2], $3, change
    }' "$baseline" "$counted"
