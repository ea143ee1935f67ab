#!/usr/bin/env bash
# conformance.sh: every test that docs/conformance.md names exists.
set -euo pipefail
cd "$(dirname "$0")/../.."
wrong=0 count=0
while IFS= read -r reference; do
  file=${reference%%:*}
  name=${reference#*: }
  if ! grep -qF "@test $name {" "tests/integration/$file"; then
    echo "docs/conformance.md: no test $name in tests/integration/$file"
    wrong=1
  fi
  count=$((count + 1))
done < <(grep -oE '[a-z_]+\.bats: "[^"]*"' docs/conformance.md)
[ "$wrong" = 0 ] && echo "conformance: all $count tests exist"
exit "$wrong"
