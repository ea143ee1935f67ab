#!/usr/bin/env bats
# Flags of bind mounts: what stays of the source's, what goes, and what a user namespace does not let go.
load helpers

source_with() { # FLAGS: $TMP/data is a mount with these flags and no others
  mkdir "$TMP/data"
  own_mount -t tmpfs -o strictatime tmpfs "$TMP/data"
  mount -o "remount,bind,$1" "$TMP/data"
  bundle_busybox
}

flags() { # OPTION...: runs a container with the bind mount; $output is its flags, with commas at both ends
  bind "$TMP/data" /data bind "$@"
  inside "$(mount_line /data) | sed 's/ .*/,/; s/^/,/'"
}

@test "no word for a flag: all of the source stay" {
  source_with ro,nosuid,nodev,noexec,nosymfollow,noatime,nodiratime
  flags rprivate
  says ,ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow,
}

@test "no word for a flag, in a user namespace: all of the source stay" {
  source_with ro,nosuid,nodev,noexec,nosymfollow,noatime,nodiratime
  user_namespace
  flags rprivate
  says ,ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow,
}

@test "a word that sets a flag: the others are cleared" {
  source_with ro,nosuid,noexec,nosymfollow,relatime
  flags nodev
  says ,rw,nodev,relatime,
}

@test "a word that clears a flag: the others are cleared as well" {
  source_with ro,nosuid,noexec,nosymfollow,relatime
  flags dev
  says ,rw,relatime,
}

@test "a word that has no meaning for a bind mount: the flags are cleared" {
  source_with ro,nosuid,relatime
  flags async
  says ,rw,relatime,
}

@test "recursive words leave the other flags alone" {
  [ "$LEG" != enosys ] || skip "needs mount_setattr"
  source_with ro,nosuid,relatime
  flags rnodev
  says ,ro,nosuid,nodev,relatime,
}

@test "user namespace: flags that are locked stay where their end is only implied" {
  source_with ro,nosuid,noexec,relatime
  user_namespace
  flags nodev
  says ,ro,nosuid,nodev,noexec,relatime,
}

@test "user namespace: nosymfollow is never locked, and goes where its end is implied" {
  source_with ro,nosymfollow,relatime
  user_namespace
  flags nodev
  says ,ro,nodev,relatime,
}

@test "user namespace: without locked flags those that are not named go" {
  source_with nosymfollow,relatime
  user_namespace
  flags ro
  says ,ro,relatime,
}

@test "user namespace: to clear a locked flag is refused" {
  source_with ro,nosuid,nodev,noexec,relatime
  user_namespace
  local word
  cp "$BUNDLE/config.json" "$TMP/before.json"
  for word in rw suid dev exec; do
    cp "$TMP/before.json" "$BUNDLE/config.json"
    flags "$word"
    refused 'error mounting.*operation not permitted'
  done
}

@test "user namespace: symfollow may be asked for, it is not locked" {
  source_with nosuid,nosymfollow,relatime
  user_namespace
  flags ro symfollow
  says ,ro,nosuid,relatime,
}

@test "access times: no word for them keeps the source's" {
  source_with noatime,nodiratime
  flags nosuid
  says ,rw,nosuid,noatime,nodiratime,
}

@test "access times: a word that clears does not change the source's" {
  source_with noatime,nodiratime
  flags atime diratime norelatime nostrictatime
  says ,rw,noatime,nodiratime,
}

@test "access times: a word that sets replaces the whole setting" {
  source_with noatime,nodiratime
  flags relatime
  says ,rw,relatime,
}

@test "access times: strictatime" {
  source_with noatime,nodiratime
  flags strictatime
  says ,rw,
}

@test "access times: nodiratime alone implies relatime" {
  source_with noatime
  flags nodiratime
  says ,rw,nodiratime,relatime,
}

@test "access times: nodiratime with strictatime" {
  source_with noatime
  flags nodiratime strictatime
  says ,rw,nodiratime,
}

@test "access times: noatime is stronger than relatime, in either order" {
  source_with relatime
  flags noatime relatime
  says ,rw,noatime,
}

@test "access times: a word is taken back by its opposite" {
  source_with nodiratime
  flags noatime atime
  says ,rw,nodiratime,relatime,
}

@test "access times, user namespace: the same setting may be asked for" {
  source_with noatime,nosuid
  user_namespace
  flags noatime
  says ,rw,nosuid,noatime,
}

@test "access times, user namespace: another setting is refused" {
  source_with noatime
  user_namespace
  flags relatime
  refused 'error mounting.*operation not permitted'
}

@test "access times, user namespace: strictatime of the source cannot be relaxed" {
  source_with strictatime
  user_namespace
  flags noatime
  refused 'error mounting.*operation not permitted'
}

@test "access times, user namespace: a word that clears changes nothing" {
  source_with noatime
  user_namespace
  flags atime
  says ,rw,noatime,
}
