# report.awk: turns the lines of figures into the table and, with -v json=FILE, into JSON.
#
# Input, sorted by its first four fields (the fourth as a number):
#   time OP TOOL WALL_US CPU_US MAXRSS_KB STATUS    one measurement
#   memory OP TOOL RUNTIME_KB DESCENDANT_KB STATUS  one weighing
#   failed OP TOOL COUNT                            measurements that ended with another status than 0
#   na OP TOOL REASON...                            a pair that could not be measured at all

function larger(a, b) { return a > b ? a : b }

# The smallest value that at least the share p of all values do not exceed.
function quantile(key, p,    rank) {
    rank = int(p * count[key])
    if (rank < p * count[key]) rank++
    return wall[key, rank < 1 ? 1 : rank]
}

function median(key,    n) {
    n = count[key]
    return n % 2 ? wall[key, (n + 1) / 2] : (wall[key, n / 2] + wall[key, n / 2 + 1]) / 2
}

function ms(us) { return sprintf("%.2f", us / 1000) }

function mb(kb) { return kb ? sprintf("%.2f", kb / 1024) : "-" }

function known(key) { return (key in count) || (key in refused) }

function print_row(op, tool,    key) {
    key = op " " tool
    if (!known(key)) {
        if (key in failed) printf "%-13s%-8s all %d measurements failed\n", op, tool, failed[key]
        return
    }
    if (key in refused) {
        printf "%-13s%-8s%5s   %s\n", op, tool, "n/a", refused[key]
        return
    }
    printf "%-13s%-8s%5d%9s%9s%9s%9s%9s%10s%10s", op, tool, count[key], ms(median(key)), ms(quantile(key, 0.1)),
        ms(quantile(key, 0.9)), ms(wall[key, 1]), ms(cpu[key] / count[key]), mb(own[key]), mb(others[key])
    print (key in failed ? "   " failed[key] " FAILED" : "")
}

# One ratio by medians, by the tenth percentiles (what is left when the machine is at rest), and by peak memory.
function print_ratio(op, a, b,    x, y, note) {
    x = op " " a
    y = op " " b
    if (!known(x) || !known(y) || (b == "empty" && op != "version")) return
    if (!(x in count) || !(y in count)) {
        printf "%-13s%-12s%8s\n", op, a "/" b, "n/a"
        return
    }
    printf "%-13s%-12s%8.2f%8.2f", op, a "/" b, median(x) / median(y), quantile(x, 0.1) / quantile(y, 0.1)
    if (peak(x) && peak(y)) printf "%10.2f", peak(x) / peak(y)
    print ""
    ratios[op] = ratios[op] (ratios[op] == "" ? "" : ", ") \
        sprintf("\"%s/%s\": {\"median\": %.4f, \"p10\": %.4f, \"memory\": %s}", a, b, median(x) / median(y),
            quantile(x, 0.1) / quantile(y, 0.1), peak(x) && peak(y) ? sprintf("%.4f", peak(x) / peak(y)) : "null")
}

function peak(key) { return larger(own[key], others[key]) }

function json_tool(op, tool,    key) {
    key = op " " tool
    if (key in refused) return sprintf("{\"na\": \"%s\"}", refused[key])
    if (!(key in count)) return sprintf("{\"failed\": %d}", failed[key])
    return sprintf("{\"n\": %d, \"failed\": %d, \"median_us\": %.1f, \"p10_us\": %d, \"p90_us\": %d, \"min_us\": %d, " \
        "\"cpu_us\": %.1f, \"maxrss_kb\": %d, \"runtime_kb\": %d, \"descendant_kb\": %d}", count[key], failed[key],
        median(key), quantile(key, 0.1), quantile(key, 0.9), wall[key, 1], cpu[key] / count[key], maxrss[key],
        own[key], others[key])
}

function write_json(    i, j, out, separator) {
    printf "{\"date\": \"%s\", \"kernel\": \"%s\", \"cpus\": %d, \"view\": \"%s\", \"rounds\": %d, \"settle_ms\": %d,\n",
        date, kernel, cpus, view, rounds, settle >json
    printf " \"ops\": {" >json
    for (i = 1; i <= op_count; i++) {
        printf "%s\n  \"%s\": {", (i > 1 ? "," : ""), op_list[i] >json
        separator = ""
        for (j = 1; j <= tool_count; j++) {
            if (!known(op_list[i] " " tool_list[j]) && !((op_list[i] " " tool_list[j]) in failed)) continue
            printf "%s\n   \"%s\": %s", separator, tool_list[j], json_tool(op_list[i], tool_list[j]) >json
            separator = ","
        }
        printf "%s\n   \"ratios\": {%s}}", separator, ratios[op_list[i]] >json
    }
    print "\n }\n}" >json
    close(json)
}

$1 == "time" {
    key = $2 " " $3
    wall[key, ++count[key]] = $4
    cpu[key] += $5
    maxrss[key] = larger(maxrss[key], $6)
}
$1 == "memory" {
    key = $2 " " $3
    own[key] = larger(own[key], $4)
    others[key] = larger(others[key], $5)
}
$1 == "failed" { failed[$2 " " $3] = $4 }
$1 == "na" {
    key = $2 " " $3
    $1 = $2 = $3 = ""
    sub(/^ +/, "")
    refused[key] = $0
}

END {
    op_count = split(ops, op_list, " ")
    tool_count = split(tools, tool_list, " ")
    pair_count = split("husk/crun husk/runc husk/floor husk/floor+ husk/empty crun/floor", pairs, " ")
    printf "kernel %s, %d CPUs, %s, %d rounds, settled %d ms, load %s, %s\n\n", kernel, cpus, view, rounds, settle, busy, date
    printf "%-13s%-8s%5s%9s%9s%9s%9s%9s%10s%10s\n", "operation", "tool", "n", "median", "p10", "p90", "min", "cpu",
        "runtime", "children"
    printf "%-13s%-8s%5s%9s%9s%9s%9s%9s%10s%10s\n", "", "", "", "ms", "ms", "ms", "ms", "ms", "peak MB", "peak MB"
    for (i = 1; i <= op_count; i++)
        for (j = 1; j <= tool_count; j++) print_row(op_list[i], tool_list[j])
    printf "\n%-13s%-12s%8s%8s%10s\n", "operation", "ratio", "median", "p10", "peak MB"
    for (i = 1; i <= op_count; i++)
        for (j = 1; j <= pair_count; j++) {
            split(pairs[j], pair, "/")
            print_ratio(op_list[i], pair[1], pair[2])
        }
    if (json != "") write_json()
}
