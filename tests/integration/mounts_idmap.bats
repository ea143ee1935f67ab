#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# Idmapped mounts: whose mapping, of which mounts, and what cannot be.
load helpers

setup() {
  prepare
  [ "$LEG" != enosys ] || skip "needs mount_setattr"
  bundle_busybox
  data_folder
  chown 7:8 "$TMP/data/file"
  config '.process.args = ["/bin/stat", "-c", "%u:%g", "/data/file"]'
}

mapped() { # OPTION... [-- JQ-FILTER]: the folder on /data
  local options=()
  while [ $# -gt 0 ] && [ "$1" != -- ]; do options+=("$1") && shift; done
  bind "$TMP/data" /data bind "${options[@]}"
  [ $# -lt 2 ] || config ".mounts[-1] |= (. + $2)"
}
OWN='{uidMappings: [{containerID: 0, hostID: 5000, size: 100}], gidMappings: [{containerID: 0, hostID: 6000, size: 100}]}'

two_ranges() { # a user namespace with two ranges: 0-9 at 100000 and 10-109 at 200000
  add_namespace user
  config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 10, hostID: 200000, size: 100}]
        | .linux.gidMappings = .linux.uidMappings'
  chown -R -h 100000:100000 "$ROOTFS"
  open_path
}

@test "mappings of its own, in several ranges" {
  mapped idmap -- '{uidMappings: [{containerID: 0, hostID: 500, size: 7}, {containerID: 7, hostID: 9000, size: 1}],
    gidMappings: [{containerID: 8, hostID: 31, size: 1}, {containerID: 0, hostID: 600, size: 8}]}'
  start
  says 9000:31
}

@test "mappings of its own without the option" {
  mapped -- "$OWN"
  start
  says 5007:6008
}

@test "the container's mappings: files belong to the same ids inside" {
  user_namespace
  mapped idmap
  start
  says 7:8
}

@test "the container's mappings, in several ranges" {
  two_ranges
  chown 12:3 "$TMP/data/file"
  mapped idmap
  start
  says 12:3
}

@test "what a mapping does not have belongs to nobody" {
  two_ranges
  chown 500:8 "$TMP/data/file"
  mapped idmap
  start
  says 65534:8
}

@test "mappings of its own in a user namespace go before the container's" {
  user_namespace
  mapped idmap -- '{uidMappings: [{containerID: 0, hostID: 100100, size: 10}], gidMappings: [{containerID: 0, hostID: 200200, size: 10}]}'
  start
  says 107:208
}

@test "what is written belongs to the mapped-back user" {
  user_namespace
  chmod 777 "$TMP/data"
  mapped idmap
  inside 'echo x >/data/new'
  ok
  same "$(stat -c %u:%g "$TMP/data/new")" 0:0
}

@test "a user namespace that is joined: its mappings" {
  join_mapped_user
  mapped idmap
  start
  says 7:8
}

@test "a user namespace that is joined, and mappings of its own" {
  join_mapped_user
  mapped idmap -- '{uidMappings: [{containerID: 0, hostID: 100300, size: 10}], gidMappings: [{containerID: 0, hostID: 200300, size: 10}]}'
  start
  says 307:308
}

nested() { # the folder with a mount in it, whose file belongs to 1:2
  mkdir "$TMP/data/sub"
  own_mount -t tmpfs tmpfs "$TMP/data/sub"
  echo below >"$TMP/data/sub/file"
  chown 1:2 "$TMP/data/sub/file"
  config '.process.args = ["/bin/stat", "-c", "%u:%g", "/data/file", "/data/sub/file"]'
}

@test "idmap maps the top of a tree alone" {
  nested
  mapped rbind idmap -- "$OWN"
  start
  says $'5007:6008\n1:2'
}

@test "ridmap maps all of a tree" {
  nested
  mapped rbind ridmap -- "$OWN"
  start
  says $'5007:6008\n5001:6002'
}

@test "idmap and ridmap with the container's mappings" {
  nested
  user_namespace
  mapped rbind idmap
  start
  says $'7:8\n65534:65534'
  config '.mounts[-1].options = ["rbind", "ridmap"]'
  start
  says $'7:8\n1:2'
}

@test "a file system that cannot: a sentence, and nothing is left" {
  mkdir "$TMP/proc"
  own_mount -t proc proc "$TMP/proc"
  bind "$TMP/proc" /data rbind idmap
  config ".mounts[-1] |= (. + $OWN)"
  start
  refused 'MOUNT_ATTR_IDMAP.*must support idmapped mounts'
}

@test "neither mappings nor a user namespace: refused" {
  mapped idmap
  start
  refused 'needs uidMappings and gidMappings, or a user namespace'
}

@test "one of two mappings: refused" {
  mapped idmap -- '{uidMappings: [{containerID: 0, hostID: 5000, size: 100}]}'
  start
  refused 'both uidMappings and gidMappings'
}

@test "what is no bind mount: refused" {
  add_mount "$(jq -nc "{destination: \"/data\", type: \"tmpfs\", source: \"tmpfs\", options: [\"idmap\"]} + $OWN")"
  start
  refused 'only bind mounts'
}

# ------------------------------------------------------------------------------------------------ crun's option

@test "idmap=uids=..;gids=..: ranges of its own" {
  is_husk || skip "of husk and crun"
  mapped 'idmap=uids=0-1-7#7-4000-10;gids=0-100-10'
  start
  says 4000:108
}

@test "idmap=..: relative to the container's ids" {
  is_husk || skip "of husk and crun"
  two_ranges
  mapped 'idmap=uids=@5-20-5;gids=@5-20-5'
  start
  says 22:23
}

@test "idmap=..: a relative range over two of the container's" {
  is_husk || skip "of husk and crun"
  two_ranges
  mapped 'idmap=uids=@0-5-20;gids=@0-1-20'
  start
  says 12:9
  chown 3:9 "$TMP/data/file"
  start
  says 8:10
}

@test "ridmap=..: all of a tree" {
  is_husk || skip "of husk and crun"
  nested
  mapped rbind 'ridmap=uids=0-10-10;gids=0-20-10'
  start
  says $'17:28\n11:22'
}

@test "idmap=..: what cannot be read is refused" {
  is_husk || skip "of husk and crun"
  cp "$BUNDLE/config.json" "$TMP/before.json"
  local value
  for value in 'uids=0-x-10;gids=0-1-1' 'uids=0-1;gids=0-1-10' 'uids=0-1-2-3;gids=0-1-10' 'uids=0-1-0;gids=0-1-1' 'users=0-1-2' \
    'uids=0-1-10' 'uids=@0-1-10;gids=0-1-10' 'uids=0-4294967295-2;gids=0-1-1' 'uids=-1-0-1;gids=0-1-1'; do
    cp "$TMP/before.json" "$BUNDLE/config.json"
    mapped "idmap=$value"
    start
    refused 'option idmap' || { echo "$value"; return 1; }
  done
}

@test "idmap=.. beside mappings: refused" {
  is_husk || skip "of husk and crun"
  mapped 'idmap=uids=0-1-1;gids=0-1-1' -- "$OWN"
  start
  refused 'leave one of them out'
}
