#!/usr/bin/env bash
# run.sh [NAME]...: lets the fuzzers of build/fuzz (default: all) look for inputs that break something, FUZZ_SECONDS each
# (default 60), one after another. One line for each; a status other than 0 if any found something.
#
# What they learn is kept in build/fuzz/corpus and used the next time. An input that broke something is left in
# build/fuzz/findings: mended, it goes to tests/fuzz/corpus/NAME, which the unit tests go through.
set -euo pipefail
cd "$(dirname "$0")/../.."
built=build/fuzz/tests/fuzz seconds=${FUZZ_SECONDS:-60} failed=0
[ $# -gt 0 ] || set -- config words wire policy
log=$(mktemp)
TMPDIR=$(mktemp -d /dev/shm/husk-fuzz-XXXXXX) # what a fuzzer that breaks leaves behind
export TMPDIR
trap 'rm -rf "$log" "$TMPDIR"' EXIT
for name in "$@"; do
  seeds=tests/fuzz/corpus/$name corpus=build/fuzz/corpus/$name findings=build/fuzz/findings/$name
  mkdir -p "$corpus" "$findings"
  options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1)
  [ ! -e "tests/fuzz/$name.dict" ] || options+=(-dict="tests/fuzz/$name.dict")
  status=0
  TIMEFORMAT='cpu %U %S'
  { time timeout -k 10 $((seconds + 120)) "$built/fuzz-$name" "${options[@]}" -artifact_prefix="$findings/" \
    "$corpus" "$seeds" >"$log" 2>&1 || status=$?; } 2>"$log.time"
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  cpu=$(awk '$1 == "cpu" { printf "%d", $2 + $3 }' "$log.time")
  rm -f "$log.time"
  printf 'fuzz-%-7s %5s s of processor, %9s executions, %s\n' "$name" "$cpu" "${executions:-?}" \
    "$([ $status = 0 ] && echo 'no findings' || echo "FOUND something (status $status): $findings")"
  [ $status = 0 ] || { failed=1; tail -n 40 "$log" >&2; }
done
exit $failed
