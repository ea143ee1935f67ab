#!/usr/bin/env bats
# User namespaces: maps, and what root of the container may do.
load helpers

@test "the maps are as written" {
  bundle_busybox
  user_namespace
  inside 'cat /proc/self/uid_map /proc/self/gid_map'
  has '0 +100000 +65536' '0 +200000 +65536'
}

@test "a map of several lines" {
  bundle_busybox
  user_namespace
  config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 10, hostID: 300000, size: 20},
    {containerID: 1000, hostID: 400000, size: 1}]'
  inside 'awk "{print \$1, \$2, \$3}" /proc/self/uid_map'
  says $'0 100000 10\n10 300000 20\n1000 400000 1'
}

@test "root of the container is root inside" {
  bundle_busybox
  user_namespace
  inside 'id -u; id -g'
  says $'0\n0'
}

@test "its files belong to the mapped user on the host" {
  bundle_busybox
  user_namespace
  inside 'echo >/tmp/made'
  ok
  same "$(stat -c %u:%g "$ROOTFS/tmp/made")" 100000:200000
}

@test "an ordinary user of the container" {
  bundle_busybox
  user_namespace
  config '.process.user = {uid: 1000, gid: 1000, additionalGids: [5]}'
  inside 'echo >/tmp/made; id -u; id -G'
  says $'1000\n1000 5'
  same "$(stat -c %u:%g "$ROOTFS/tmp/made")" 101000:201000
}

@test "a user that is not mapped is refused" {
  bundle_busybox
  user_namespace
  config '.process.user = {uid: 70000, gid: 0}'
  start
  refused '/process/user/uid: 70000 is not mapped'
}

@test "an additional group that is not mapped is refused" {
  bundle_busybox
  user_namespace
  config '.process.user.additionalGids = [70000]'
  start
  refused
}

@test "a new user namespace without mappings is refused" {
  bundle_busybox
  add_namespace user
  start
  refused
}

@test "all new namespaces belong to the new user namespace" {
  bundle_busybox
  user_namespace
  add_namespace cgroup
  config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"])'
  inside 'hostname other && ip link set lo down && mount -t tmpfs none /tmp && hostname'
  says other
}

@test "devices, proc and sys are there" {
  bundle_busybox
  user_namespace
  inside 'echo x >/dev/null && head -c 3 /dev/zero | wc -c && test -d /proc/1 && test -d /sys/class && ls /dev/pts/ptmx'
  says $'3\n/dev/pts/ptmx'
}

@test "a bind mount of the host" {
  bundle_busybox
  user_namespace
  mkdir "$TMP/data"
  echo word >"$TMP/data/file"
  bind "$TMP/data" /data rbind ro
  inside 'cat /data/file; echo >/data/new'
  exits 1
  same "$output" word
}

@test "setgroups works with a full map" {
  bundle_busybox
  user_namespace
  inside 'cat /proc/self/setgroups'
  says allow
}

@test "time offsets in a user namespace" {
  bundle_busybox
  user_namespace
  add_namespace time
  config '.linux.timeOffsets = {boottime: {secs: 1000000}}'
  inside 'cut -d. -f1 /proc/uptime'
  ok
  [ "$output" -ge 1000000 ]
}
