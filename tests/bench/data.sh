#!/usr/bin/env bash
# data.sh SET...: makes the named data sets, all of them from `sessionize fake`, where they are not there yet.
#
# BIN is the program, DIR the folder. The same seed gives the same bytes on every machine. A set with the ending of a format,
# such as real-1.6M.jsonl, is the same events in that format: jsonl, parquet (by DuckDB, as DIR/venv has it), log. A set that
# ends in -uuid, such as real-16M-uuid, has UUIDs of 36 characters for keys, as trackers write them.
set -euo pipefail
here=$(dirname "$0")
: "${BIN:=target/release/sessionize}" "${DIR:=target/bench}"

# Two columns that nobody reads bring a row to about 83 bytes.
wide() { sed 's|$|,https://www.example.com/,Mozilla/5.0|'; }

# A stream of bytes that is the same everywhere: what `shuf` shuffles by.
dice() { openssl enc -aes-256-ctr -pass pass:sessionize -nosalt </dev/zero 2>/dev/null; }

# generated SET FLAGS...: the rows of a set that `fake` writes.
generated() {
    local set=$1
    shift
    case $set in
        smoke) "$BIN" fake --rows 20000 --users 2000 --days 2 --session-events 4 "$@" ;;
        origin-1.6M) "$BIN" fake --rows 1600000 --users 1000000 --days 7 --session-events 2 "$@" ;;
        real-1.6M) "$BIN" fake --rows 1600000 --users 200000 --days 7 --session-events 8 "$@" ;;
        real-16M) "$BIN" fake --rows 16000000 --users 1000000 --days 10 --session-events 8 "$@" | wide ;;
        *) echo "there is no data set $set" >&2; exit 2 ;;
    esac
}

make() {
    case $1 in
        quoted-16M) awk -F, -v OFS=, '{ $4 = "\"" $4 "\""; print }' "$(path real-16M)" ;;
        shuffled-16M) shuf --random-source=<(dice) "$(path real-16M)" ;;
        *-uuid) generated "${1%-uuid}" --uuid-keys ;;
        *) generated "$1" ;;
    esac
}

# Events of a set as an access log: the key is the host.
access_log() {
    awk -F, '
        BEGIN { split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", month, " ") }
        $2 != written {
            written = $2
            time = substr($2, 9, 2) "/" month[substr($2, 6, 2) + 0] "/" substr($2, 1, 4) ":" substr($2, 12)
        }
        { print $1 " - - [" time " +0000] \"GET " $4 " HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\"" }' "$1"
}

# in_format SET ENDING: the events of a set in another format.
in_format() {
    local csv file=$DIR/data/$1.$2
    csv=$(path "$1")
    if [ ! -e "$file" ]; then
        case $2 in
            jsonl) awk -F, '{ print "{\"user\":\"" $1 "\",\"time\":\"" $2 "\",\"event\":\"" $3 "\",\"page\":\"" $4 "\"}" }' "$csv" >"$file.part" ;;
            log) access_log "$csv" >"$file.part" ;;
            parquet) "$DIR/venv/bin/python" "$here/peers/run_sql.py" duckdb "$here/peers/duckdb_to_parquet.sql" "$csv" "$file.part" ;;
        esac
        mv "$file.part" "$file"
    fi
    echo "$file"
}

path() {
    local file=$DIR/data/$1.csv
    if [ ! -e "$file" ]; then
        mkdir -p "$DIR/data"
        make "$1" >"$file.part"
        mv "$file.part" "$file"
    fi
    echo "$file"
}

# The first ten days of real-16M, a file for each; what is left of the last visits goes into the tenth.
days() {
    local folder=$DIR/data/days-16M
    if [ ! -e "$folder" ]; then
        mkdir -p "$folder.part"
        awk -F'[, ]' -v folder="$folder.part" '
            { day = $2 < "2020-01-10" ? $2 : "2020-01-10"; print > (folder "/" day ".csv") }' "$(path real-16M)"
        mv "$folder.part" "$folder"
    fi
    ls "$folder"/*.csv
}

for set in "$@"; do
    case $set in
        days-16M) days ;;
        *.jsonl | *.parquet | *.log) in_format "${set%.*}" "${set##*.}" ;;
        *) path "$set" ;;
    esac
done
