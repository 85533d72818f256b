# Sessions, events and seconds in files of sessions, whoever wrote them: the columns are found by their names.
BEGIN { FS = "," }
FNR == 1 {
    for (column = 1; column <= NF; column++) {
        name = $column
        gsub(/["\r]/, "", name)
        if (name == "events" || name == "event_count") events_at = column
        if (name == "duration_s") seconds_at = column
    }
    next
}
{ sessions++; events += $events_at; seconds += $seconds_at }
END { printf "%d %d %d\n", sessions, events, seconds }
