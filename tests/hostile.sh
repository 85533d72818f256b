#!/usr/bin/env bash
# hostile.sh [CASE...]: input that is made to hurt, in full size, against a release build. Prints a row of the table in
# docs/trust.md for each case: exit code, peak memory, time, what was said.
#
# Sizes are in SIZE_GB (lines, bombs), COLUMNS and NAMES (first rows), KEYS (distinct keys); the input goes to DIR and is removed
# again. Needs GNU time, and 1 GB of disk at the default sizes, some of it again for state and outputs. ONLY_MAKE=1 makes the
# input and leaves it there for a later call (then it is all there at once, 8 GB), so that a measurement does not measure its
# making.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${SIZE_GB:=1}" "${COLUMNS:=10000000}" "${NAMES:=1000000}" "${KEYS:=10000000}" "${KEY_MB:=100}"
: "${BIN:=$PWD/target/release/sessionize}" "${DIR:=$PWD/target/hostile}" "${ONLY_MAKE:=0}"
[ -x "$BIN" ] || cargo build --release --quiet
export LC_ALL=C
mkdir -p "$DIR"
cd "$DIR"

# make NAME: writes the input of a case to standard output.
make() {
    local gigabyte=$((SIZE_GB * 1000000000))
    case $1 in
    line) head -c $gigabyte /dev/zero | tr '\0' x ;;
    newlines) head -c $gigabyte /dev/zero | tr '\0' '\n' ;;
    quotes) head -c $gigabyte /dev/zero | tr '\0' '"' ;;
    nul) head -c $gigabyte /dev/zero ;;
    nul-keys) yes 'aXb,2020-01-01 10:00:00' | head -c $gigabyte | tr X '\0' ;;
    gzip-bomb) yes 'ann,2020-01-01 10:00:00' | head -c $((4 * gigabyte)) | gzip -1 ;;
    zstd-bomb) yes 'ann,2020-01-01 10:00:00' | head -c $((4 * gigabyte)) | zstd -q ;;
    columns) head -c "$COLUMNS" /dev/zero | tr '\0' , && echo ;;
    names | names-emitted) awk -v n="$NAMES" 'BEGIN {
        for (i = 1; i < n; i++) printf "n%d,", i; print "time"
        for (r = 0; r < 3; r++) { for (i = 1; i < n; i++) printf "v,"; print "2020-01-01 10:00:0" r } }' ;;
    delimiters) echo 'ann,2020-01-01 10:00:00' && head -c 67000000 /dev/zero | tr '\0' , && printf '\nann,2020-01-01 10:01:00\n' ;;
    delimiters-quoted) echo '"ann",2020-01-01 10:00:00' && head -c 67000000 /dev/zero | tr '\0' , && printf '\nann,2020-01-01 10:01:00\n' ;;
    key) head -c $((KEY_MB * 1000000)) /dev/zero | tr '\0' k && echo ',2020-01-01 10:00:00' ;;
    key-rejected) echo 'ann,2020-01-01 10:00:00' && head -c 60000000 /dev/zero | tr '\0' k && echo ',2020-01-01 10:00:00' ;;
    keys) awk -v n="$KEYS" 'BEGIN { for (i = 0; i < n; i++) printf "key-%08d,2020-01-01 10:%02d:%02d\n", i, i / 60 % 60, i % 60 }' ;;
    # Keys whose XXH3-64 is the same in all of its bits: see tests/faults/hostile.rs.
    keys-colliding) awk -v n="$KEYS" 'BEGIN { for (i = 0; i < n; i++) printf "\270\376\154\071\043\244\113\276%08dthe same for all,2020-01-01 10:%02d:%02d\n", i, i / 60 % 60, i % 60 }' ;;
    one-key) awk -v n="$KEYS" 'BEGIN { for (i = 0; i < n; i++) printf "ann,2020-01-01 %02d:%02d:%02d\n", i / 3600 % 24, i / 60 % 60, i % 60 }' ;;
    esac
}

# flags NAME: what the run is given beside its file.
flags() {
    case $1 in
    *-bomb) echo --max-bytes=1GB ;;
    names) echo --key=n1 --time=time ;;
    names-emitted) echo --key=n1 --time=time --emit=events --max-rejects=100% ;;
    delimiters* | key-rejected) echo --max-rejects=1 ;;
    one-key) echo --watermark-delay=2d ;;
    esac
}

# measure NAME: runs the case, and says what came of it.
measure() {
    local case=$1 code=0
    # shellcheck disable=SC2046
    /usr/bin/time -o time -f '%M %e' "$BIN" run "$case" $(flags "$case") --state "$case.state" --out "$case.out" --report json \
        >report 2>said || code=$?
    local said
    said=$(tr '\n' ' ' <said | sed "s|^sessionize: ||; s|Command exited.*||" | cut -c1-110)
    [ $code -ne 0 ] || said="$(grep -o '"events_accepted": [0-9]*' report | grep -o '[0-9]*$') events ingested, $(grep -o '"rows_rejected": [0-9]*' report | grep -o '[0-9]*$') rows rejected"
    tail -1 time | awk -v case="$case" -v code=$code -v said="$said" -v size="$(stat -c %s "$case")" \
        '{ printf "| %s | %.0f MB | %d | %.0f MB | %.1f s | %s |\n", case, size / 1e6, code, $1 / 1000, $2, said }'
}

cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=(line newlines quotes nul nul-keys gzip-bomb zstd-bomb columns names names-emitted delimiters delimiters-quoted key key-rejected keys keys-colliding one-key)
for case in "${cases[@]}"; do
    [[ $case != zstd-bomb ]] || command -v zstd >/dev/null || continue
    # `yes` ends when nobody reads it any more, which is no failure here.
    [ -e "$case" ] || (set +o pipefail; make "$case" >"$case")
    [ "$ONLY_MAKE" = 0 ] || continue
    measure "$case"
    rm -rf "$case" "$case.state" "$case.out"
done
