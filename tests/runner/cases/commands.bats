# What makes a test fail, and what does not. The first word of each name says which; tests/checks/runner.sh compares that
# with what bats says and with what the runner says.

wrong() {
  false
  true
}
deep() { wrong; }
negated() { ! true; }

@test "passes: nothing" { :; }
@test "fails: a command, first" {
  false
  true
}
@test "fails: a command, last" {
  true
  false
}
@test "fails: a program" {
  sh -c 'exit 3'
  true
}
@test "fails: a program that a signal ends" {
  sh -c 'kill -9 $$'
  true
}
@test "fails: what is no command" {
  no_such_command
  true
}
@test "fails: [" {
  [ a = b ]
  true
}
@test "fails: [ that is used wrongly" {
  [ a b ]
  true
}
@test "fails: [[" {
  [[ a = b ]]
  true
}
@test "fails: [[ with a regex that is none" {
  local regex='('
  [[ a =~ $regex ]]
  true
}
@test "fails: ((" {
  ((0))
  true
}
@test "fails: let" {
  let x=0
  true
}
@test "fails: counting up from 0" {
  local x=0
  ((x++))
  true
}
@test "fails: in a function" {
  wrong
  true
}
@test "fails: two functions deep" {
  deep
  true
}
@test "passes: in a function that is a condition" {
  if wrong; then true; fi
  wrong && true
  wrong || false
}
@test "fails: a function returns 1" {
  f() { return 1; }
  f
  true
}
@test "fails: the test returns 1" { return 1; }
@test "passes: the test returns 0 early" {
  return 0
  false
}
@test "fails: in a subshell" {
  (
    false
    true
  )
  true
}
@test "passes: in a subshell that may fail" {
  (
    false
    true
  ) || true
}
@test "fails: in a group" {
  {
    false
    true
  }
  true
}
@test "fails: in a group with a redirection" {
  {
    false
    true
  } >/dev/null
  true
}
@test "fails: in a for" {
  for x in 1 2; do false; done
  true
}
@test "fails: in a while" {
  while true; do
    false
    break
  done
  true
}
@test "passes: the condition of while, until and if" {
  while false; do :; done
  until true; do :; done
  if false; then :; elif false; then :; fi
}
@test "fails: in an if" {
  if true; then false; fi
  true
}
@test "fails: in an else" {
  if false; then true; else false; fi
  true
}
@test "fails: in a case" {
  case a in a) false ;; esac
  true
}
@test "fails: the end of a pipe" {
  true | false
  true
}
@test "passes: the beginning of a pipe" { false | true; }
@test "passes: the middle of a pipe" { true | false | cat; }
@test "fails: the beginning of a pipe, with pipefail" {
  set -o pipefail
  false | true
  true
}
@test "fails: a pipe into a loop" {
  echo x | while read -r x; do false; done
  true
}
@test "fails: ! at the end" { ! true; }
@test "passes: ! before the end" {
  ! true
  true
}
@test "passes: ! with what fails" { ! false; }
@test "fails: ! at the end of a function" {
  negated
  true
}
@test "fails: ! in a subshell" {
  (! true)
  true
}
@test "fails: ! before a pipe, at the end" { ! echo a | grep -q a; }
@test "fails: after &&" {
  true && false
  true
}
@test "passes: before &&" {
  false && true
  true
}
@test "fails: before &&, at the end" { false && true; }
@test "fails: before && at the end of a function" {
  f() { false && true; }
  f
  true
}
@test "passes: before ||" { false || true; }
@test "fails: after ||" {
  false || false
  true
}
@test "fails: x=\$(false)" {
  x=$(false)
  true
}
@test "passes: local x=\$(false)" {
  local x=$(false)
}
@test "fails: local x, then x=\$(false)" {
  local x
  x=$(false)
  true
}
@test "passes: a substitution that goes on" {
  x=$(
    false
    echo y
  )
}
@test "passes: a substitution as an argument" { echo "$(false)"; }
@test "passes: a process substitution" { cat <(false); }
@test "passes: in the background" {
  false &
  sleep 0
}
@test "fails: wait for the background" {
  false &
  wait $!
  true
}
@test "fails: a redirection" {
  : >/no/such/file
  true
}
@test "fails: a file that is not there" {
  cat </no/such/file
  true
}
@test "fails: source" {
  source /no/such/file
  true
}
@test "fails: cd" {
  cd /no/such/folder
  true
}
@test "fails: read at the end of a file" {
  read -r x </dev/null
  true
}
@test "fails: eval" {
  eval false
  true
}
@test "fails: eval of no shell" {
  eval 'if'
  true
}
@test "fails: a variable that must be there" {
  : "${no_such_variable:?}"
  true
}
@test "fails: a variable that is not there, with -u" {
  set -u
  : "$no_such_variable"
  true
}
@test "passes: a variable that is not there" { : "$no_such_variable"; }
@test "fails: a constant changed" {
  readonly constant=1
  constant=2
  true
}
@test "passes: with +e" {
  set +e
  false
  true
}
@test "passes: with +e, at the end" {
  set +e
  false
}
@test "fails: exit 1" { exit 1; }
@test "fails: exit 0" { exit 0; }
@test "passes: exit 0 in a subshell" { (exit 0); }
@test "fails: exec" { exec true; }
@test "fails: the EXIT trap replaced, and an end" {
  trap 'exit 0' EXIT
  exit 0
}
@test "fails: kills itself" { kill -9 $$; }
@test "fails: a heredoc" {
  grep -q b <<EOF
a
EOF
  true
}
@test "skipped: skip" {
  skip
  false
}
@test "skipped: skip with a reason" {
  skip "for a reason"
  false
}
@test "skipped: in a function" {
  f() { skip; }
  f
  false
}
@test "passes: skip in a subshell is none" {
  (skip)
  true
}
@test "passes: variables of its own" {
  PASSED=1 FAILED=1 verdict=failed status=1 number=7 name=x result=1
  dir=/nowhere
}
@test "fails: variables of its own, and a command" {
  PASSED=1 FAILED='' SKIPPED=1 verdict=ok status=0
  false
}
