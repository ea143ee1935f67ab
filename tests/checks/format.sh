#!/usr/bin/env bash
# format.sh [--fix]: C++ as clang-format has it; shell scripts as shellcheck wants them.
set -euo pipefail
cd "$(dirname "$0")/../.."
formatter=$(command -v clang-format-14 || command -v clang-format)
mapfile -d '' -t sources < <(find src cli include bench tests -name build -prune -o \( -name '*.cpp' -o -name '*.h' -o -name '*.c' \) -print0)
if [ "${1:-}" = --fix ]; then
  "$formatter" -i "${sources[@]}"
  exit
fi
unformatted=()
for source in "${sources[@]}"; do
  "$formatter" --dry-run --Werror "$source" 2>/dev/null || unformatted+=("$source")
done
if [ ${#unformatted[@]} -gt 0 ]; then
  printf 'not as clang-format has it (make format): %s\n' "${unformatted[@]}"
  exit 1
fi
echo "format: ${#sources[@]} files as clang-format has them"
mapfile -t scripts < <(grep -rlIE --include='*' '^#!(/usr/bin/env |/bin/)(bash|bats|sh)|^# shellcheck shell=bash' tests packages .ci bench | sort)
shellcheck -x --severity=warning "${scripts[@]}"
echo "shellcheck: ${#scripts[@]} scripts"
