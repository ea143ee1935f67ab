#!/usr/bin/env bash
# rootfs.sh busybox|debian: prepares that root file system once, in the cache folder, and prints where it is.
set -euo pipefail
cache=${HUSK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/husk}

users() { # a minimal /etc for root file system $1
  printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'daemon:x:1:1:daemon:/usr/sbin:/bin/false' \
    'alice:x:1000:1000:Alice:/home/alice:/bin/sh' 'nobody:x:65534:65534:nobody:/nonexistent:/bin/false' >"$1/etc/passwd"
  printf '%s\n' 'root:x:0:' 'daemon:x:1:' 'tty:x:5:' 'alice:x:1000:' 'nogroup:x:65534:' >"$1/etc/group"
}

make_busybox() {
  local root=$1 applet
  mkdir -p "$root"/{bin,dev,etc,home/alice,proc,root,sys,tmp,var}
  chmod 1777 "$root/tmp"
  chmod 700 "$root/root"
  cp "$(command -v busybox)" "$root/bin/busybox"
  while read -r applet; do
    [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
  done < <("$root/bin/busybox" --list)
  users "$root"
}

make_debian() {
  local site
  site=$(apt-get indextargets --format '$(SITE)' 'Label: Debian' | head -n 1)
  [ -n "$site" ] || site=$(apt-get indextargets --format '$(SITE)' | grep -v -e '-security' | head -n 1)
  [ -n "$site" ] || { echo "rootfs.sh: apt has no Debian mirror configured" >&2; return 1; }
  debootstrap --variant=minbase --include=procps,iproute2,libcap2-bin,util-linux bookworm "$1" "$site" >"$1.log" 2>&1 ||
    { echo "rootfs.sh: debootstrap failed, see $1.log" >&2; return 1; }
  rm -rf "$1"/var/cache/apt/*.bin "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* "$1"/usr/share/{doc,man,locale}/*
}

case ${1:-} in
  busybox | debian) ;;
  *) sed -n 2p "$0" >&2; exit 2 ;;
esac
if [ ! -e "$cache/$1.ready" ]; then
  mkdir -p "$cache"
  exec 9>"$cache/$1.lock" # two callers at once: one makes it, the other one waits
  flock 9
  if [ ! -e "$cache/$1.ready" ]; then
    rm -rf "${cache:?}/$1" "$cache/$1.new"
    "make_$1" "$cache/$1.new"
    mv "$cache/$1.new" "$cache/$1"
    touch "$cache/$1.ready"
  fi
fi
echo "$cache/$1"
