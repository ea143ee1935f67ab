# `run` and what it sets.
bats_require_minimum_version 1.5.0

both() {
  echo out
  echo err >&2
  return 3
}
fail_within() {
  false
  echo after
}
outer() {
  run inner
  echo "[$output]"
}
inner() { echo in; }

@test "passes: a status" {
  run both
  [ "$status" = 3 ]
}
@test "passes: standard error is in it" {
  run both
  [ "$output" = $'out\nerr' ]
}
@test "passes: standard error apart" {
  run --separate-stderr both
  [ "$output" = out ]
  [ "$stderr" = err ]
  [ "${stderr_lines[0]}" = err ]
}
@test "passes: what was in stderr is gone" {
  run --separate-stderr both
  run --separate-stderr true
  [ "$stderr" = '' ] && [ ${#stderr_lines[@]} = 0 ] && [ ${#lines[@]} = 0 ] && [ "$output" = '' ]
}
@test "passes: a function goes on after a failure" {
  run fail_within
  [ "$status" = 0 ] && [ "$output" = after ]
}
@test "passes: no such command" {
  run no_such_command
  [ "$status" = 127 ]
}
@test "passes: lines have no empty ones" {
  run printf '\n\na\n\n b \n\n'
  [ ${#lines[@]} = 2 ]
  [ "${lines[0]}" = a ]
  [ "${lines[1]}" = ' b ' ]
  [ "$output" = $'\n\na\n\n b ' ]
}
@test "passes: lines with the empty ones" {
  run --keep-empty-lines printf 'a\n\nb\n'
  [ ${#lines[@]} = 4 ] && [ "${lines[2]}" = b ] && [ "$output" = $'a\n\nb\n' ]
}
@test "passes: a star stays one" {
  run echo '*'
  [ "$output" = '*' ] && [ "${lines[0]}" = '*' ]
}
@test "passes: standard error loses blanks at its ends" {
  run --separate-stderr sh -c 'printf " \n a \n\n" >&2'
  [ "$stderr" = a ]
}
@test "passes: set -e is back afterwards" {
  run false
  [[ $- == *e* ]]
}
@test "fails: set -e is back afterwards" {
  run false
  false
  true
}
@test "passes: set +e stays" {
  set +e
  run true
  [[ $- != *e* ]]
}
@test "passes: a wanted status" { run -3 both; }
@test "fails: another status" {
  run -2 both
  true
}
@test "passes: wanted to fail" { run ! both; }
@test "fails: wanted to fail" {
  run ! true
  true
}
@test "fails: an option that is none" {
  run -x true
  true
}
@test "passes: an end of options" {
  run -- echo -n x
  [ "$output" = x ]
}
@test "passes: two options" {
  run -3 --separate-stderr both
  [ "$stderr" = err ]
}
@test "passes: run in a function of run" {
  run outer
  [ "$output" = '[in]' ]
}
@test "passes: exit ends the command alone" {
  f() { exit 4; }
  run f
  [ "$status" = 4 ]
}
@test "passes: the command's variables are lost" {
  x=1
  f() { x=2; }
  run f
  [ $x = 1 ]
}
@test "passes: a path of the test's own" {
  [ -d "$BATS_TEST_TMPDIR" ]
  [ -z "$(ls "$BATS_TEST_TMPDIR")" ]
  [[ $BATS_TEST_TMPDIR == "$BATS_RUN_TMPDIR"/* ]]
  [ -f "$BATS_TEST_DIRNAME/run.bats" ] && [ -f "$BATS_TEST_FILENAME" ]
}
@test "passes: a process of its own" { [ "$$" = "$BASHPID" ]; }
@test "passes: nothing from the tests before" { [ -z "${x:-}${left:-}" ] && left=1; }
@test "passes: standard input is empty" {
  [ -z "$(cat)" ]
}
@test "passes: descriptor 3 is there" { echo '# said by descriptor 3' >&3; }
@test "passes: INT and TERM are not ignored" {
  ! grep -qE '^SigIgn:.*[^048cC].$|^SigIgn:.*[4-7cdefCDEF]...$' /proc/self/status
}
