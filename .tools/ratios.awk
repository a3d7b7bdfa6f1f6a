# Reads the output of go test -bench, keeps the best of several runs of each
# benchmark (the least disturbed one), and prints it as a ratio to the baseline
# of its group: the first sub-benchmark that ran.

/^Benchmark/ {
	name = $1
	sub(/-[0-9]+$/, "", name)
	group = name
	sub(/\/.*/, "", group)
	if (!(name in best)) {
		order[++n] = name
		groupOf[name] = group
		if (!(group in base)) base[group] = name
	}
	if (!(name in best) || $3 < best[name]) best[name] = $3
}

END {
	for (i = 1; i <= n; i++) {
		name = order[i]
		printf "%-60s %10.1f ns %6.2f times the baseline\n", name, best[name], best[name] / best[base[groupOf[name]]]
	}
}
