# Rows sorted by key and time to sessions: one comparison a row, nothing kept but the open session.
# Seconds are worked out here: not every awk has mktime. A date is worked out once, then remembered.
BEGIN { FS = ","; OFS = ","; print "key,start,end,duration_s,events" }

function day_number(text,    year, month, era, of_year) {
    year = substr(text, 1, 4); month = substr(text, 6, 2)
    if (month <= 2) year--
    era = int(year / 400)
    of_year = int((153 * ((month + 9) % 12) + 2) / 5) + substr(text, 9, 2) - 1
    year -= era * 400
    return era * 146097 + year * 365 + int(year / 4) - int(year / 100) + of_year
}

function seconds(text,    day) {
    day = substr(text, 1, 10)
    if (!(day in days)) days[day] = day_number(day) * 86400
    return days[day] + substr(text, 12, 2) * 3600 + substr(text, 15, 2) * 60 + substr(text, 18, 2)
}

function close_session() { if (events) print key, start, end, last - first, events }

{
    now = seconds($2)
    if ($1 != key || now - last > 300) {
        close_session()
        key = $1; start = $2; first = now; events = 0
    }
    end = $2; last = now; events++
}

END { close_session() }
