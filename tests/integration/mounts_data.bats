#!/usr/bin/env bats
# Options that go to the file system itself, and tmpfs with a copy of what it covers.
# shellcheck disable=SC2016 # (jq's own variables)
load helpers

tmpfs() { # DESTINATION OPTION...
  local destination=$1
  shift
  config --arg d "$destination" \
    '.mounts += [{destination: $d, type: "tmpfs", source: "tmpfs", options: $ARGS.positional}]' --args "$@"
}

@test "several options of the file system in one text" {
  bundle_busybox
  tmpfs /data size=1m,mode=700
  inside "$(mount_line /data)"
  has 'size=1024k' 'mode=700'
}

@test "a comma in a list of numbers is part of it" {
  bundle_busybox
  tmpfs /data mpol=interleave:0,0,mode=700
  inside "$(mount_line /data)"
  has 'mpol=interleave:0' 'mode=700'
}

@test "flags in one text with commas are refused" {
  bundle_busybox
  tmpfs /data ro,nosuid
  start
  refused 'error mounting.*invalid argument'
}

@test "an option that is longer than fsconfig takes" {
  bundle_busybox
  local long lower
  long=$(printf '%0150d' 0)
  lower=$TMP/$long/$long
  mkdir -p "$lower" "$TMP/upper" "$TMP/work"
  echo word >"$lower/file"
  add_mount '{"destination": "/data", "type": "overlay", "source": "overlay",
    "options": ["lowerdir='"$lower"'", "upperdir='"$TMP/upper"'", "workdir='"$TMP/work"'"]}'
  inside 'cat /data/file'
  says word
}

@test "options that are longer than a page are refused, not cut off" {
  bundle_busybox
  local long
  long=$(printf '%0250d' 0)
  add_mount '{"destination": "/data", "type": "overlay", "source": "overlay",
    "options": ["lowerdir='"$(for _ in $(seq 18); do printf '/%s:' "$long"; done)/tmp"'"]}'
  start
  refused 'error mounting.*argument list too long'
}

@test "tmpcopyup on a folder that is missing has the mode of any tmpfs" {
  bundle_busybox
  tmpfs /new/data tmpcopyup
  inside 'stat -c %a /new/data'
  says 1777
}

@test "tmpcopyup takes over the mode of the folder, not its owner" {
  bundle_busybox
  mkdir -m 711 "$ROOTFS/data"
  chown 7:8 "$ROOTFS/data"
  tmpfs /data tmpcopyup
  inside 'stat -c %a:%u:%g /data'
  says 711:0:0
}

@test "tmpcopyup: mode and owner may be given" {
  bundle_busybox
  mkdir -m 711 "$ROOTFS/data"
  tmpfs /data tmpcopyup mode=1750 uid=3
  inside 'stat -c %a:%u /data'
  says 1750:3
}

@test "tmpcopyup: files inside have their owners and modes" {
  bundle_busybox
  mkdir -p "$ROOTFS/data/folder"
  chmod 2751 "$ROOTFS/data/folder"
  chown 7:8 "$ROOTFS/data/folder"
  chmod 2751 "$ROOTFS/data/folder"
  tmpfs /data tmpcopyup
  inside 'stat -c %a:%u:%g /data/folder'
  says 2751:7:8
}

@test "access times of a file system: noatime is stronger than relatime" {
  bundle_busybox
  tmpfs /data noatime relatime
  inside "$(mount_line /data)"
  has '^rw,noatime '
}
