#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# What `make install` puts in place: programs are built against it as their authors would, and run.
# Legs: short
load helpers

setup() {
  prepare
  is_husk || skip "a test of libhusk"
  [ "${LEG:-short}" = short ] || skip "the same on every leg"
  BUILD=${RUNTIME%/*}
  TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")
  [ -f "$BUILD/cmake_install.cmake" ] || skip "$BUILD is no build directory"
  PREFIX=$TMP/prefix
  cmake --install "$BUILD" --prefix "$PREFIX" >"$TMP/installed"
  export PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig
}

with_pkg_config() { # SOURCE PROGRAM
  # shellcheck disable=SC2046
  g++ -std=c++20 $(pkg-config --cflags husk) -o "$2" "$1" $(pkg-config --libs husk)
}

waiting_bundle() {
  bundle_busybox
  script 'exec sleep 1000'
}

runs_example() { # PROGRAM
  run --separate-stderr timeout 60 "$1" "$BUNDLE" "$ID" "$ROOT" 3>&-
  has '^created: pid [0-9]+, created' 'started: running' 'hello from exec' 'exec: exit code 3' 'killed: exit code 137' \
    "listed: $ID stopped" 'removed: 0 left$'
}

@test "the example, built with pkg-config" {
  waiting_bundle
  cp -r "$TOP/examples" "$TMP/examples"
  make -s -C "$TMP/examples"
  runs_example "$TMP/examples/lifecycle"
}

@test "the example, built with CMake" {
  waiting_bundle
  cmake -S "$TOP/examples" -B "$TMP/example" -DCMAKE_PREFIX_PATH="$PREFIX" >/dev/null
  cmake --build "$TMP/example" >/dev/null
  runs_example "$TMP/example/lifecycle"
}

@test "installed below DESTDIR, pkg-config finds it there" {
  DESTDIR=$TMP/stage cmake --install "$BUILD" --prefix /usr/local >/dev/null
  export PKG_CONFIG_PATH=$TMP/stage/usr/local/lib/pkgconfig
  echo '#include <husk/husk.h>
    int main() { return husk::version()[0] == 0; }' >"$TMP/small.cpp"
  rm -r "$PREFIX"
  with_pkg_config "$TMP/small.cpp" "$TMP/small"
  "$TMP/small"
}

@test "pkg-config and CMake say the version of the program" {
  local version
  version=$("$PREFIX/bin/husk" --version | sed -n 's/^husk version \([0-9.]*\).*/\1/p')
  same "$(pkg-config --modversion husk)" "$version"
  grep -q "PACKAGE_VERSION \"$version\"" "$PREFIX/lib/cmake/husk/huskConfigVersion.cmake"
}

@test "each header compiles by itself, without a warning" {
  local header
  for header in "$PREFIX"/include/husk/*.h; do
    echo "#include <husk/${header##*/}>" >"$TMP/one.cpp"
    g++ -std=c++20 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I"$PREFIX/include" "$TMP/one.cpp"
  done
}

@test "headers include nothing of the inside" {
  local wrong
  wrong=$(grep -rhE '^#include "' "$PREFIX/include" | grep -v '^#include "husk/') || true
  same "$wrong" ''
}

@test "the program's own names do not meet those of the library" {
  local foreign
  foreign=$(nm -C --defined-only --extern-only "$PREFIX/lib/libhusk.a" 2>/dev/null |
    sed -n 's/^[0-9a-f]* [TDBR] //p' | grep -v '^husk' || true)
  same "$foreign" ''
}

sigchld() { # handler|ignore
  bundle_busybox
  script 'exit 7'
  hook createRuntime 'cat >/dev/null'
  hook poststop 'cat >/dev/null'
  with_pkg_config "$TOP/tests/host/sigchld.cpp" "$TMP/sigchld"
  run --separate-stderr timeout 60 "$TMP/sigchld" "$BUNDLE" "$ROOT" "$ID" "$1" 3>&-
}

@test "in a program that handles SIGCHLD itself" {
  sigchld handler
  says 'run, 7, removed'
}

@test "in a program that ignores SIGCHLD" {
  sigchld ignore
  says 'run, -1, removed'
}
