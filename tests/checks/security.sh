#!/usr/bin/env bash
# security.sh: docs/security.md has a row for each defence that src/base/weakness.h names, and for no other; the files that a
# row names exist, one of them asks for the weakness, and the tests are there.
#
# A row is "| `name` | why | `src/FILE`, ... | DIR/FILE.bats: "begin of a test's name", ... |", DIR below tests.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=docs/security.md
wrong=0 rows=0 tests=0
complain() { printf '%s: %s\n' "$page" "$*" && wrong=1; }

mapfile -t names < <(sed -n 's/^ *X(\([a-z_]*\),.*/\1/p' src/base/weakness.h)
[ ${#names[@]} -gt 0 ] || { echo "security: no names in src/base/weakness.h"; exit 1; }

while IFS= read -r row; do
  name=${row#| \`}
  name=${name%%\`*}
  rows=$((rows + 1))
  [[ " ${names[*]} " == *" $name "* ]] || complain "$name is not in src/base/weakness.h"
  asked=''
  while IFS= read -r file; do
    [ -e "$file" ] || complain "$name: there is no $file"
    ! grep -qsF "Weakness::$name)" "$file" || asked=1
  done < <(grep -oE 'src/[a-z_/]+\.(cpp|h)' <<<"$row")
  [ -n "$asked" ] || complain "$name: no file of its row asks for Weakness::$name"
  grep -qE '[a-z]+/[a-z_]+\.bats: "' <<<"$row" || complain "$name: no test"
done < <(grep '^| `[a-z_]*` |' "$page")

for name in "${names[@]}"; do
  grep -q "^| \`$name\` |" "$page" || complain "$name has no row"
done

while IFS= read -r reference; do
  file=tests/${reference%%:*} name=${reference#*: \"}
  grep -qsF "@test \"${name%\"}" "$file" || complain "no test \"${name%\"}... in $file"
  tests=$((tests + 1))
done < <(grep -oE '[a-z]+/[a-z_]+\.bats: "[^"]*"' "$page")

[ $wrong = 0 ] && echo "security: $rows defences, $tests references to tests"
exit $wrong
