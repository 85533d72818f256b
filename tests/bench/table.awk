# raw.tsv to a table: for each work and tool the median, the fastest and the number of runs, the ratio of its median to
# that of this program in the same call, processor time and peak memory. Of several calls the last one counts.
# With -v stamp=... only that call.
BEGIN { FS = "\t" }

stamp == "" || $1 == stamp {
    key = $2 SUBSEP $3
    if (!(key in last)) { order[++tools] = key }
    if (last[key] != $1) { last[key] = $1; count[key] = cpu[key] = peak[key] = 0 }
    seconds[$1, key, ++count[key]] = $5
    runs[$1, key] = count[key]
    cpu[key] += $6
    if ($7 > peak[key]) peak[key] = $7
    if ($8 != "") counts[$2] = $8
}

function median(call, key,    n, i, j, kept, sorted) {
    n = runs[call, key]
    for (i = 1; i <= n; i++) {
        kept = seconds[call, key, i]
        for (j = i - 1; j >= 1 && sorted[j] > kept; j--) sorted[j + 1] = sorted[j]
        sorted[j + 1] = kept
    }
    fastest = sorted[1]
    return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

END {
    print "| work | tool | median s | fastest s | runs | x sessionize | processor s | peak MB |"
    print "|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= tools; i++) {
        key = order[i]
        split(key, names, SUBSEP)
        call = last[key]
        own = median(call, names[1] SUBSEP "sessionize")
        of_tool = median(call, key)
        ratio = own ? sprintf("%.2f", of_tool / own) : ""
        memory = peak[key] ? sprintf("%.0f", peak[key]) : ""
        printf "| %s | %s | %.3f | %.3f | %d | %s | %.2f | %s |\n", names[1], names[2], of_tool, fastest, \
            count[key], ratio, cpu[key] / count[key], memory
    }
    for (work in counts) {
        split(counts[work], n, ",")
        printf "\n%s: %d sessions, %d events, %d seconds in sessions, the same from every tool.", work, n[1], n[2], n[3]
    }
    print ""
}
