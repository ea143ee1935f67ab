#!/usr/bin/env bash
# run.sh [checks|unit|asan|tidy|integration|attacks|guest]...: builds what is needed and runs these; default: all (tidy when
# TIDY=1; the unit tests once, with sanitizers).
# The guest (tests with systemd and cgroup v2) is made in the background meanwhile; where it cannot be made its tests are
# left out, which is no failure, and is said at the end. Every runner's own output is shown as it is; at the end one line
# for each, then once more what failed and why, and a status other than 0.
set -euo pipefail
cd "$(dirname "$0")/.."
jobs=$(nproc)
results=() failed=0
logs=$(mktemp -d)
: >"$logs/reasons"
trap 'rm -rf "$logs"' EXIT

# stage NAME COMMAND...: runs it and remembers how it ended.
stage() {
  local name=$1 began=$SECONDS
  shift
  echo "=== $name"
  if "$@" 2>&1 | tee "$logs/log"; then results+=("$name: passed ($((SECONDS - began)) s)"); else
    results+=("$name: FAILED (status $?, $((SECONDS - began)) s)")
    reasons "$name" >>"$logs/reasons"
    failed=1
  fi
}

# What stood beside each test that failed, or else the end: whoever sees the last lines alone is to see why.
reasons() { # STAGE
  echo "=== $1, FAILED:"
  if grep -q '^not ok' "$logs/log"; then
    awk '/^not ok/ { left = 16 } !/^(not ok|#)/ { left = 0 } left-- > 0' "$logs/log"
  else tail -n 16 "$logs/log"; fi
}

build() { # PRESET [TARGET...]
  local preset=$1 target targets=()
  shift
  for target in "$@"; do targets+=(--target "$target"); done
  [ -e "build/$preset/Makefile" ] || cmake --preset "$preset" >/dev/null || return
  cmake --build "build/$preset" -j "$jobs" "${targets[@]}"
}

unit() { # PRESET
  build "$1" husk-unit fuzz-{config,policy,words,wire} && (cd "build/$1" && ctest --output-on-failure -j "$jobs")
}
fetch_vectors() { # of the specification's schema
  export HUSK_VECTORS=${HUSK_VECTORS:-}
  if [ -z "$HUSK_VECTORS" ] && [ -x tests/vectors.sh ]; then
    HUSK_VECTORS=$(tests/vectors.sh | tail -n 1) || echo "run.sh: the schema test vectors could not be fetched" >&2
  fi
}

# In the background: the guest takes a while, and most of that is the network's. It gets twenty minutes.
guest_build=''
prepare_guest() {
  guest_log=$logs/guest
  trap end_guest_build EXIT
  timeout -k 30 1200 tests/vm/vm build >"$guest_log" 2>&1 3>&- &
  guest_build=$!
}
end_guest_build() { # that of a run which was interrupted
  if [ -n "$guest_build" ]; then kill "$guest_build"; fi 2>/dev/null
  rm -rf "$logs"
}
guest() {
  local status=0
  wait "$guest_build" || status=$?
  guest_build=''
  if [ $status = 0 ]; then
    stage 'integration, guest' guest_tests
  else
    cat "$guest_log" >&2
    [ $status != 124 ] || echo "vm: time ran out" >>"$guest_log"
    results+=("guest: NOT RUN ($(tail -n 1 "$guest_log"))")
  fi
}
guest_tests() { build release && tests/integration/run.sh guest guest-systemd guest-user guest-v1 guest-selinux; }
integration() { build release && tests/integration/run.sh; }
attacks() { build release && build weak husk-cli && tests/attacks/run.sh; }
asan() { unit asan; }
debug_unit() { unit debug; }
tidy() { build tidy husk-cli; }

[ $# -gt 0 ] || set -- checks asan ${TIDY:+tidy} integration attacks guest
[[ " $* " != *' guest '* || $(id -u) != 0 ]] || prepare_guest
[[ " $* " != *' unit '* && " $* " != *' asan '* ]] || fetch_vectors
for what in "$@"; do
  case $what in
    checks) for check in tests/checks/*; do stage "$(basename "${check%.*}")" "$check"; done ;;
    unit) stage 'unit tests' debug_unit ;;
    asan) stage 'unit tests, sanitizers' asan ;;
    tidy) stage clang-tidy tidy ;;
    integration | attacks)
      if [ "$(id -u)" = 0 ]; then stage "$what" "$what"; else
        results+=("$what: NOT RUN (needs root)")
        failed=1
      fi
      ;;
    guest)
      if [ "$(id -u)" = 0 ]; then guest; else results+=("guest: NOT RUN (needs root)"); fi
      ;;
    *) sed -n 2,6p "$0" >&2; exit 2 ;;
  esac
done
echo
printf '%s\n' "${results[@]}"
[ $failed = 0 ] || cat "$logs/reasons"
exit "$failed"
