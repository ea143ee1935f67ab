#!/usr/bin/env bats
# How many system calls one `run` of the standard bundle takes. Each is time, so more of them should be somebody's
# decision: then raise the number here and say in the change what they are for.
load helpers

CALLS=494 # (62 of them: each signal back to its default; 18: which mount /proc, /sys and what is masked lie on) of the parent, init and its helpers together, up to the container's execve
SLACK=5   # percent

@test "the number of system calls of a run" {
  is_husk || skip "a bound for husk"
  [ "$LEG" = short ] || skip "bounded for the short way on this kernel"
  command -v strace >/dev/null || skip "needs strace"
  run --separate-stderr "$BATS_TEST_DIRNAME/../../bench/syscalls.sh" --names "$RUNTIME"
  ok
  local counted
  counted=$(awk '$1 == "CALL" { n += $4 } END { print n }' <<<"$output")
  echo "# system calls: $counted (bound: $CALLS + $SLACK %)" >&3
  [ "$counted" -gt 100 ] || { echo "this cannot be all"; show; return 1; }
  [ $((counted * 100)) -le $((CALLS * (100 + SLACK))) ] || { echo "$counted system calls"; show; return 1; }
}
