# The busybox of the tests. Copying a file system of some hundred links takes longer than most tests: those are left out that
# no test names.
# shellcheck shell=bash

# small_busybox DIR: a copy of $BUSYBOX_ROOTFS, with fewer programs. The tests in whose files the names are looked for are all
# of tests/integration and tests/attacks.
small_busybox() {
  local tests unused
  tests=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/..
  cp -a "$BUSYBOX_ROOTFS" "$1"
  mapfile -t unused < <(LC_ALL=C comm -23 <(cd "$1/bin" && printf '%s\n' * | LC_ALL=C sort) \
    <({ printf '%s\n' busybox '[' '[[' && grep -ohE '[a-zA-Z0-9_]+' "$tests"/{integration,attacks}/*.{bats,bash}; } | LC_ALL=C sort -u))
  (cd "$1/bin" && rm -- "${unused[@]}")
}
