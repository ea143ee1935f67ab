#!/usr/bin/env bash
# runner.sh: the runner of the integration tests judges as bats does. tests/runner/cases are small tests whose names say what
# is to become of them; both run them, and both must say so. Then what the runner alone has: limits, legs, interruptions.
set -euo pipefail
cd "$(dirname "$0")/../runner"
. ./plan.bash
. ./run.bash
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0
fault() { printf 'runner: %s\n' "$*" && wrong=1; }

# by_runner TESTS FILE...: in a fresh directory, $dir; the output is $dir/out
by_runner() {
  local tests=$1 file
  dir=$(mktemp -d "$work/XXXXXX")
  shift
  for file; do echo "${LEGS:-leg} $file"; done | tr , '\n' | plan "$dir" "$tests" 2>"$dir/out" || return
  run_plan "$dir" "$tests" >>"$dir/out" 2>&1
}

# Of TAP: a word for each test, in order. One of which nothing is said has failed.
verdicts() { # NUMBER-OF-TESTS
  sed -nE 's/^ok ([0-9]+) .*# skip.*/\1 skipped/p;t; s/^ok ([0-9]+) .*/\1 passes/p; s/^not ok ([0-9]+) .*/\1 fails/p' |
    awk -v last="$1" '{ said[$1] = $2 } END { for (i = 1; i <= last; i++) print i in said ? said[i] : "fails" }'
}

same_as_bats() { # FILE
  local expected number
  expected=$(sed -nE 's/^[ \t]*@test[ \t]+["'\'']?(passes|fails|skipped):.*/\1/p' "cases/$1.bats")
  number=$(wc -l <<<"$expected")
  by_runner cases "$1" || true
  bats --tap "cases/$1.bats" </dev/null >"$work/bats" 2>&1 || true
  verdicts "$number" <"$work/bats" | diff - <(echo "$expected") || fault "$1.bats: bats says otherwise than the names"
  verdicts "$number" <"$dir/out" | diff - <(echo "$expected") || fault "$1.bats: the runner says otherwise than the names"
  counted=$((counted + number))
}

# A file that is broken as a whole: neither may let a test pass, nor end with 0.
both_refuse() { # FILE
  if by_runner cases/broken "$1"; then fault "$1.bats: the runner ended with 0"; fi
  ! grep '^ok' "$dir/out" || fault "$1.bats: a test passes"
  if bats --tap "cases/broken/$1.bats" </dev/null >"$work/bats" 2>&1; then fault "$1.bats: bats ended with 0"; fi
  ! grep '^ok' "$work/bats" || fault "$1.bats: a test passes in bats"
}

counted=0
for file in cases/*.bats; do same_as_bats "$(basename "$file" .bats)"; done
for file in cases/broken/*.bats; do both_refuse "$(basename "$file" .bats)"; done

# ------------------------------------------------------------------------------------------------ the runner's own

mkdir "$work/own"
wrote() { cat >"$work/own/$1.bats"; }
expect() { grep -qE -- "$1" "$dir/out" || fault "no '$1' in:" "$(cat "$dir/out")"; }

wrote hangs <<'END'
@test "one that never ends" { sleep 1000.25; }
@test "one that does not let itself be ended" {
  trap '' TERM
  sleep 1000.25
}
@test "one after them" { true; }
END
wrote leaves <<'END'
@test "a process is left" { sleep 1000.25 & }
END
wrote said <<'END'
@test "by descriptor 3" { echo "# word by 3" >&3; }
@test "by standard output, passed" { echo "word by 1"; }
@test "by standard output, failed" {
  echo "word of failure"
  false
}
END
wrote ends_unit <<'END'
@test "its unit is killed" { kill -9 $PPID; }
@test "nobody runs this one" { true; }
END
wrote legs <<'END'
@test "which leg" {
  mkdir "$BATS_RUN_TMPDIR/only-$LEG"
  echo "$LEG $WITHIN" >>"$BATS_RUN_TMPDIR/legs"
  rmdir "$BATS_RUN_TMPDIR/only-$LEG"
}
END
sed 's/which leg/which leg, too/' "$work/own/legs.bats" >"$work/own/legs_too.bats"

wrote skipped <<'END'
setup_file() { skip "all of it"; }
@test "one" { false; }
@test "two" { true; }
END
wrote malformed <<'END'
@test "the brace is on the next line"
{
  true
}
END

LIMIT=1 by_runner "$work/own" hangs && fault "hangs.bats passes"
expect '^not ok 1 .*'
expect '^not ok 2 .*'
expect '^# no end after 1 s'
expect '^ok 3 '
by_runner "$work/own" leaves || fault "leaves.bats fails"
by_runner "$work/own" skipped || fault "skipped.bats fails"
expect '^2 tests, 0 failed, 2 skipped'
by_runner "$work/own" malformed && fault "malformed.bats passes"
expect 'malformed.bats, line 1: a test is written'
by_runner "$work/own" said && fault "said.bats passes"
expect '^# word by 3'
expect '^# word of failure'
expect '^# failed said.bats, line 5: false \(status 1\)'
! grep -q 'word by 1' "$dir/out" || fault "what a test that passed has written is shown"
by_runner "$work/own" ends_unit && fault "ends_unit.bats passes"
expect '^not ok 2 .*never ended'
enter_leg() { local leg=$1 && shift && WITHIN=in-$leg "$@"; }
LEGS=one ALONE=1 JOBS=4 by_runner "$work/own" legs legs_too || fault "legs.bats:" "$(cat "$dir/out")"
[ "$(sort -u "$dir/legs")" = 'one in-one' ] || fault "the legs were:" "$(cat "$dir/legs")"
FILTER='too$' by_runner "$work/own" legs legs_too || fault "FILTER: fails"
expect '^1\.\.1$'
FILTER='nothing' by_runner "$work/own" legs && fault "no test is a success"

# Ended by a signal (TERM: what bash makes of INT depends on what it is just waiting for): so are the tests, after their teardown.
wrote interrupted <<'END'
teardown() { echo torn >>"$BATS_RUN_TMPDIR/torn"; }
@test "the first" { mkfifo "$BATS_RUN_TMPDIR/one" && cat "$BATS_RUN_TMPDIR/one"; }
@test "the second" { true; }
END
dir=$(mktemp -d "$work/XXXXXX")
echo leg interrupted | plan "$dir" "$work/own"
(
  trap - TERM
  set -m
  (trap - TERM; run_plan "$dir" "$work/own" >"$dir/out" 2>&1) &
  until [ -e "$dir/one" ]; do sleep 0.01; done
  kill -TERM $!
  wait $!
) && fault "interrupted: ended with 0" || status=$?
[ "$status" = 130 ] || fault "interrupted: ended with $status"
[ "$(cat "$dir/torn" 2>&1)" = torn ] || fault "interrupted: no teardown, or that of a second test"
expect 'the second \(not run\)'
! grep -lsF 1000.25 /proc/[0-9]*/cmdline || fault "these processes were left behind"

[ "$wrong" = 0 ] && echo "runner: judges $counted tests as bats does"
exit "$wrong"
