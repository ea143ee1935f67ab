#!/usr/bin/env bash
# unit.bash DIR UNIT FILE NUMBER:FUNCTION...: runs these tests of one file, one after the other, each in a process group of its
# own, and tells run.bash by DIR/events when each begins and ends.
dir=$1 unit=$2
export BATS_TEST_FILENAME=$3
here=${BASH_SOURCE[0]%/*} source=$dir/src/${3##*/}
shift 3
exec 9>"$dir/events"
set -m # process groups
test=''
trap 'interrupted' TERM

interrupted() { # the test has its teardown, if that is quick
  trap '' TERM
  if [ -n "$test" ]; then
    kill -TERM -- "-$test" 2>/dev/null
    wait "$test"
  fi
  exit 143
}

one() { # NUMBER FUNCTION: sets status
  bash "$here/test.bash" "$dir" "$1" "$2" </dev/null >"$dir/$1.log" 2>&1 3>"$dir/$1.said" 4>&1 9>&- &
  test=$!
  printf 'begin %s %s %s\n' "$unit" "$1" "$test" >&9
  wait "$test"
  status=$?
  kill -KILL -- "-$test" # what it left behind
  test=''
}

# Runs setup_file, if the file has one; what that exports is there in the tests. If it skips or fails, so do all tests: sets
# `instead` to their verdict.
instead=''
set_up_file() {
  local text
  read -r -d '' text <"$source"
  [[ $text =~ (^|$'\n')[[:blank:]]*setup_file[[:blank:]]*\( ]] || return 0
  one "$unit.file" setup_file
  IFS= read -r -d '' instead <"$dir/$unit.file.verdict" || instead=${instead%$'\n'}
  if [ "$instead" = ok ]; then
    instead=''
  elif [[ $instead != skip* ]]; then
    instead="failed in setup_file: $instead"$'\n'$(<"$dir/$unit.file.log")
  fi
}

for number in "${@%%:*}"; do tmp+=("$dir/test/$number"); done
mkdir "${tmp[@]}" "$dir/test/$unit.file"
set_up_file 2>/dev/null
# shellcheck disable=SC1090
[ ! -e "$dir/$unit.file.env" ] || source "$dir/$unit.file.env"
for test_of in "$@"; do
  number=${test_of%%:*} began=${EPOCHREALTIME//[!0-9]/} status=1
  if [ -z "$instead" ]; then one "$number" "${test_of#*:}" 2>/dev/null; else
    printf '%s\n' "$instead" >"$dir/$number.verdict"
    [[ $instead != skip* ]] || status=0
  fi
  printf 'end %s %s %s %s\n' "$unit" "$number" "$status" $(((${EPOCHREALTIME//[!0-9]/} - began) / 1000)) >&9
done
