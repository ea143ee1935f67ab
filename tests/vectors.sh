#!/bin/sh
# Fetches the runtime specification's own test configurations (schema/test of opencontainers/runtime-spec) from Debian's
# newest source package of it, for the unit test SpecVectors. They are not ours, so they are not kept in this repository.
#
#   tests/vectors.sh          prints the folder that has config/good and config/bad; fetches it first if need be
#
# The folder is $HUSK_CACHE/vectors (by default ~/.cache/husk/vectors). apt runs with a configuration of its own: the
# machine's sources, lists and preferences are neither used nor changed, only its mirror's address and keyring.
set -eu

package=golang-github-opencontainers-specs
suite=${HUSK_VECTORS_SUITE:-sid}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
target=${HUSK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/husk}/vectors

fail() {
  echo "vectors.sh: $*" >&2
  exit 1
}

# One apt-get that sees nothing of the machine's configuration but what $work holds.
private_apt() {
  apt-get -qq \
    -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/sources" \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
    -o APT::Sandbox::User="$(id -un)" "$@"
}

write_sources() {
  mirror=$(apt-get indextargets --format '$(SITE)' | head -n 1)
  [ -n "$mirror" ] || mirror=http://deb.debian.org/debian
  mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial" "$work/download"
  cat >"$work/sources/vectors.sources" <<END
Types: deb-src
URIs: $mirror
Suites: $suite
Components: main
Signed-By: $keyring
END
}

# Only the upstream archive is needed. Mirrors have been seen that lack the rest of a source package, so apt may fail as
# long as it brings that one; the checksum is the one of the signed index.
download() {
  cd "$work/download"
  private_apt source --print-uris "$package" | sed -n "s/.* \([^ ]*\.orig\.tar\.[^ ]*\) [0-9]* SHA256:\(.*\)/\2  \1/p" >SUM
  [ -s SUM ] || fail "no upstream archive of $package in Debian $suite"
  private_apt source --download-only "$package" >&2 || true
  sha256sum --quiet --check SUM >&2 || fail "cannot get $(cut -c 67- SUM) from $mirror"
}

unpack() {
  set -- "$work"/download/*.orig.tar.*
  mkdir "$work/tree"
  tar -xf "$1" -C "$work/tree" --strip-components=1
  [ -d "$work/tree/schema/test/config/good" ] || fail "$(basename "$1") has no schema/test/config"
  basename "$1" >"$work/tree/schema/test/ORIGIN"
}

if [ ! -e "$target/ORIGIN" ]; then
  [ -r "$keyring" ] || fail "no $keyring: install debian-archive-keyring"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  write_sources
  private_apt update >&2
  (download)
  unpack
  # Renamed into place whole, so that an interrupted run leaves nothing half done.
  mkdir -p "$(dirname "$target")"
  cp -R "$work/tree/schema/test" "$target.new.$$"
  rm -rf "$target"
  mv "$target.new.$$" "$target"
fi
echo "$target"
