# What is to be run: reads .bats files as bats does, and writes down which of their tests are wanted. Sourced.
# shellcheck shell=bash

# plan DIR TESTS: reads lines "LEG FILE REGEX" (FILE lies in TESTS and has no .bats at its end) and writes
#
#   DIR/list      a line "NUMBER LEG FILE FUNCTION NAME" (tabs) for each test whose name matches REGEX, and FILTER
#   DIR/src/FILE  the file as bash reads it: each test a function; no line is moved
#
# Fails when bats would take a file for broken, too, and when no test is left.
plan() {
  local dir=$1 tests=$2 leg file regex function name number=0
  local -A names=()
  mkdir -p "$dir/src"
  : >"$dir/list"
  while read -r leg file regex; do
    if [ -z "${names[$file]:-}" ]; then
      names[$file]=$(as_functions "$tests/$file.bats" "$dir/src/$file.bats") || return
    fi
    while IFS=$'\t' read -r function name; do
      [[ $name =~ ${regex:-.} && $name =~ ${FILTER:-} ]] || continue
      number=$((number + 1))
      printf '%s\t%s\t%s\t%s\t%s\n' "$number" "$leg" "$file" "$function" "$name" >>"$dir/list"
    done <<<"${names[$file]}"
  done
  [ $number -gt 0 ] || { echo "no test of that name" >&2; return 2; }
}

# as_functions FILE COPY: writes the copy, prints a line "FUNCTION NAME" (tab) for each test.
#
# The name of a test reaches to the last brace on the line that stands behind a blank, and loses one quote at either end.
# It is evaluated by the shell when the test begins, as if it stood between double quotes. What else begins with @test, and
# two tests of one name, are errors: no test is to be lost.
as_functions() {
  awk -v copy="$2" '
    function fail(why) {
      printf "%s, line %d: %s\n", FILENAME, FNR, why >"/dev/stderr"
      failed = 1
    }
    { gsub(/\r/, "") }
    /^[ \t]*@test([ \t]|$)/ {
      head = $0
      sub(/^[ \t]*@test[ \t]*/, "", head)
      for (brace = length(head); brace > 1; brace--)
        if (substr(head, brace, 1) == "{" && substr(head, brace - 1, 1) ~ /[ \t]/) break
      name = brace > 1 ? substr(head, 1, brace - 1) : ""
      sub(/[ \t]+$/, "", name)
      if (name == "") fail("a test is written @test \"NAME\" {")
      sub(/^["\047]/, "", name)
      sub(/["\047]$/, "", name)
      if (name in known) fail("a second test with the name " name)
      known[name] = 1
      printf "runner_test_%d\t%s\n", ++count, name
      printf "runner_test_%d() { runner_begin \"%s\"; %s\n", count, name, substr(head, brace + 1) >copy
      next
    }
    /\{[ \t]+#[ \t]*@test[ \t]*$/ { fail("a test is written @test \"NAME\" {") }
    { print >copy }
    END { exit failed }' "$1"
}
