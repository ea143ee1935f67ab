#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# crun's options for bind mounts whose source or destination is a symbolic link.
load helpers

setup() {
  prepare
  is_husk || skip "of husk and crun"
  bundle_busybox
  data_folder
  ln -s file "$TMP/data/link"
  ln -s /nowhere/else "$TMP/data/dangling"
  mkdir "$ROOTFS/t"
}

needs_mount_api() { [ "$LEG" != enosys ] || skip "needs open_tree"; }

@test "copy-symlink: the link itself, folders on the way are made" {
  bind "$TMP/data/dangling" /t/new/x bind copy-symlink
  inside 'readlink /t/new/x; grep -c " /t/" /proc/self/mountinfo'
  exits 1
  same "$output" $'/nowhere/else\n0'
  same "$(readlink "$ROOTFS/t/new/x")" /nowhere/else
}

@test "copy-symlink: what is no link is mounted" {
  bind "$TMP/data/file" /t/x bind copy-symlink
  inside 'cat /t/x'
  says word
}

@test "copy-symlink: the same link may be there, another one or a file may not" {
  ln -s file "$ROOTFS/t/x"
  bind "$TMP/data/link" /t/x bind copy-symlink
  inside 'readlink /t/x'
  says file
  ln -sfn other "$ROOTFS/t/x"
  start
  refused 'something else is there'
  rm "$ROOTFS/t/x"
  echo old >"$ROOTFS/t/x"
  start
  refused 'something else is there'
  same "$(<"$ROOTFS/t/x")" old
}

@test "copy-symlink: a link of the image on the way leads nowhere outside" {
  mkdir "$TMP/outside"
  ln -s "$TMP/outside" "$ROOTFS/t/way"
  bind "$TMP/data/link" /t/way/x bind copy-symlink
  start
  same "$(ls -A "$TMP/outside")" ''
}

@test "copy-symlink into a folder that is covered later: devices are made in what covers it" {
  # shellcheck disable=SC2016 # jq's
  config --arg s "$TMP/data/link" '.mounts = [{destination: "/dev/x", type: "bind", source: $s, options: ["bind", "copy-symlink"]}] + .mounts'
  inside 'test -c /dev/null && ! test -h /dev/x && echo good'
  says good
}

@test "src-nofollow and dest-nofollow: a link over a link, neither is followed" {
  needs_mount_api
  ln -s y "$ROOTFS/t/x"
  echo y >"$ROOTFS/t/y"
  bind "$TMP/data/link" /t/x bind src-nofollow dest-nofollow
  inside 'readlink /t/x; cat /t/y; grep -c " /t/x " /proc/self/mountinfo'
  says $'file\ny\n1'
  same "$(readlink "$ROOTFS/t/x")" y
}

@test "dest-nofollow: a file over a link" {
  needs_mount_api
  ln -s y "$ROOTFS/t/x"
  echo y >"$ROOTFS/t/y"
  bind "$TMP/data/file" /t/x bind dest-nofollow
  inside 'cat /t/x /t/y'
  says $'word\ny'
}

@test "dest-nofollow: what is not there is not made" {
  needs_mount_api
  bind "$TMP/data/file" /t/x bind dest-nofollow
  start
  refused 'no such file or directory'
  [ ! -e "$ROOTFS/t/x" ]
}

@test "src-nofollow: what is no link is mounted as ever" {
  needs_mount_api
  bind "$TMP/data/file" /t/x bind src-nofollow
  inside 'cat /t/x'
  says word
}

@test "src-nofollow: a link that leads to a secret does not show it" {
  needs_mount_api
  echo secret >"$TMP/secret"
  ln -s "$TMP/secret" "$TMP/data/bait"
  bind "$TMP/data/bait" /t/x bind src-nofollow
  inside 'cat /t/x'
  [[ $output != *secret* ]]
}

@test "without the mount API both are refused" {
  [ "$LEG" = enosys ] || skip "for a kernel without open_tree"
  bind "$TMP/data/file" /t/x bind src-nofollow
  start
  refused 'src-nofollow'
}
