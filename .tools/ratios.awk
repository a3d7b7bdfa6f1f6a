# Reads the output of go test -bench, keeps the best of several runs of each
# benchmark (the least disturbed one), and prints it as a ratio to the baseline
# of its group: the first that ran of those that share all but the last part of
# their names. What else a benchmark reports is printed as it is.

/^Benchmark/ {
	name = $1
	sub(/-[0-9]+$/, "", name)
	group = name
	sub(/\/[^\/]*$/, "", group)
	if (!(name in best)) {
		order[++n] = name
		groupOf[name] = group
		if (!(group in base)) base[group] = name
	}
	if (!(name in best) || $3 < best[name]) {
		best[name] = $3
		more[name] = ""
		for (i = 5; i < NF; i += 2)
			if ($(i + 1) !~ /^(B|allocs)\/op$/) more[name] = more[name] "  " $i " " $(i + 1)
	}
}

END {
	for (i = 1; i <= n; i++) {
		name = order[i]
		ratio = base[groupOf[name]] == name ? "baseline" : sprintf("%.2f times the baseline", best[name] / best[base[groupOf[name]]])
		printf "%-58s %12.1f ns  %s%s\n", name, best[name], ratio, more[name]
	}
}
