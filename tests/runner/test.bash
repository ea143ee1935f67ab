#!/usr/bin/env bash
# test.bash DIR NUMBER FUNCTION: runs one test (or setup_file) of the plan in DIR, in a process of its own, and writes DIR/NUMBER.verdict: "ok",
# "skip" and the reason, or "failed" and where. It ends with 0 if that says ok or skip. $BATS_TEST_FILENAME is the file.
#
# What a test has of bats is here, and what makes it fail is what makes it fail there: a command that fails under set -e,
# in the test, its setup, or a file that is loaded; an end by `exit`; a teardown whose last command fails.
# Names that begin with runner_ or BATS_ are the runner's, all others the test's.
# shellcheck disable=SC2034 # (the variables are read by tests)
BATS_RUN_TMPDIR=$1 BATS_TEST_NUMBER=$2 BATS_TEST_NAME=$3
BATS_SUITE_TEST_NUMBER=$BATS_TEST_NUMBER
BATS_TEST_DIRNAME=${BATS_TEST_FILENAME%/*}
BATS_TEST_TMPDIR=$BATS_RUN_TMPDIR/test/$BATS_TEST_NUMBER
export BATS_RUN_TMPDIR BATS_TEST_NUMBER BATS_SUITE_TEST_NUMBER BATS_TEST_NAME BATS_TEST_TMPDIR BATS_TEST_DIRNAME
runner_verdict=$BATS_RUN_TMPDIR/$BATS_TEST_NUMBER.verdict
runner_phase=failed # failed (until it is known better), passed, skipped
runner_reason='' runner_where='' runner_runs=0
set --

# ------------------------------------------------------------------------------------------------ what bats gives a test

setup() { :; }
teardown() { :; }
bats_require_minimum_version() { :; }

load() { # FILE: with .bash at its end or without, beside the test or anywhere
  local runner_file=$1
  [[ $runner_file == /* ]] || runner_file=$BATS_TEST_DIRNAME/$runner_file
  [ ! -f "$runner_file.bash" ] || runner_file+=.bash
  # shellcheck disable=SC1090
  source "$runner_file" || exit 1
}

skip() { # [REASON]
  case $runner_phase in
    teardown) runner_say "$runner_torn" && exit 0 ;; # the rest of the teardown is left out
    *) runner_phase=skipped runner_reason=${1:-} ;;
  esac
  exit 0
}

# run [!|-STATUS] [--separate-stderr] [--keep-empty-lines] [--] COMMAND...: sets $status, $output and $lines, which has no empty
# ones unless asked to, and $stderr and $stderr_lines if asked to. Fails if the status is another than the one named.
run() {
  local runner_wanted='' runner_empty='' runner_errors=''
  while [[ $# -gt 0 && ($1 == -* || $1 == !) ]]; do
    case $1 in
      !) runner_wanted=! ;;
      --keep-empty-lines) runner_empty=1 ;;
      --separate-stderr) runner_errors=$BATS_TEST_TMPDIR/stderr-$BASHPID-$((++runner_runs)) ;;
      --) shift && break ;;
      -*[!0-9]* | -) echo "run: unknown option $1" >&2 && return 1 ;;
      *)
        runner_wanted=${1#-}
        [ "$runner_wanted" -le 255 ] || { echo "run: no status is $runner_wanted" >&2 && return 1; }
        ;;
    esac
    shift
  done
  local runner_flags=$-
  set +eET
  if [ -n "$runner_empty" ]; then
    output=$(runner_apart "$@"; status=$?; printf .; exit $status) && status=0 || status=$?
    output=${output%.}
  else
    output=$(runner_apart "$@") && status=0 || status=$?
  fi
  runner_split lines "$output"
  if [ -n "$runner_errors" ]; then
    read -r -d '' stderr <"$runner_errors"
    runner_split stderr_lines "$stderr"
  fi
  BATS_RUN_COMMAND=$*
  set "-$runner_flags"
  case $runner_wanted in
    '') [ "$status" != 127 ] || echo "run: is there a command like that? '$*' ended with 127" ;;
    !) [ "$status" != 0 ] || { echo "run: ended with 0: $*" && return 1; } ;;
    *) [ "$status" = "$runner_wanted" ] || { echo "run: ended with $status: $*" && return 1; } ;;
  esac
}
runner_apart() { if [ -n "$runner_errors" ]; then "$@" 2>>"$runner_errors"; else "$@" 2>&1; fi; }
runner_split() { # ARRAY TEXT
  local -n runner_array=$1
  mapfile -t runner_array <<<"$2"
  if [ -z "$2" ]; then runner_array=(); fi
  [ -n "$runner_empty" ] || runner_without_empty
}
runner_without_empty() {
  local runner_line runner_kept=()
  for runner_line in "${runner_array[@]}"; do [ -z "$runner_line" ] || runner_kept+=("$runner_line"); done
  runner_array=("${runner_kept[@]}")
}

# ------------------------------------------------------------------------------------------------ the course of a test

runner_begin() { # NAME: the first command of each test
  BATS_TEST_DESCRIPTION=$1
  setup
}

# At a command that fails: where that is, from the inside to the test. In a subshell it is said by the command around it.
runner_note() { # LINE COMMAND STATUS
  local frame place
  runner_where="${BASH_SOURCE[1]##*/}, line $1: $2 (status $3)"
  [[ $runner_where != test.bash,* ]] || runner_where="the last command: $2 (status $3)"
  for ((frame = 1; frame < ${#FUNCNAME[@]} - 1; frame++)); do
    [[ ${FUNCNAME[frame]} != runner_test_* ]] || break
    place="${BASH_SOURCE[frame + 1]##*/}, line ${BASH_LINENO[frame]}"
    [[ $place == test.bash,* ]] || runner_where+=$'\n'"in ${FUNCNAME[frame]}, called from $place"
  done
}

runner_say() { # VERDICT: the last thing that is done
  printf '%s\n' "$1" >"$runner_verdict"
}

# However it ends: the teardown, then the verdict. A teardown that ends the shell leaves none.
runner_end() {
  trap - EXIT ERR TERM
  case $runner_phase in
    passed) runner_torn=ok ;;
    skipped) runner_torn="skip $runner_reason" ;;
    *) runner_torn="failed ${runner_where:-no command failed, but the test was left before its end}" ;;
  esac
  runner_phase=teardown
  teardown || {
    [[ $runner_torn == failed* ]] || runner_torn='failed in teardown'
  }
  runner_say "$runner_torn"
  [[ $runner_torn != failed* ]] || exit 1
  exit 0
}

trap runner_end EXIT
trap 'runner_where="out of time or interrupted"; exit 143' TERM
set -eET
trap 'runner_note "$LINENO" "$BASH_COMMAND" "$?"' ERR
# shellcheck disable=SC1090
source "$BATS_RUN_TMPDIR/src/${BATS_TEST_FILENAME##*/}"
[ "$BATS_TEST_NAME" != setup_file ] || teardown() { :; }
"$BATS_TEST_NAME"
[ "$BATS_TEST_NAME" != setup_file ] || export -p >"${runner_verdict%.verdict}.env"
runner_phase=passed
