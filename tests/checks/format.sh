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
"$formatter" --dry-run --Werror "${sources[@]}"
echo "format: ${#sources[@]} files as clang-format has them"
mapfile -t scripts < <(grep -rlIE --include='*' '^#!/usr/bin/env (bash|bats)|^#!/bin/sh|^# shellcheck shell=bash' tests packages .ci bench | sort)
shellcheck -x --severity=warning "${scripts[@]}"
echo "shellcheck: ${#scripts[@]} scripts"
