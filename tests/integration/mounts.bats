#!/usr/bin/env bats
# Mounts: types, options, bind mounts.
load helpers

# ------------------------------------------------------------------------------------------------ types and options

@test "the usual mounts are there" {
  bundle_busybox
  inside "awk '{ print \$5 }' /proc/self/mountinfo | sort -u | grep -xE '/|/proc|/dev|/dev/pts|/dev/shm|/dev/mqueue|/sys|/sys/fs/cgroup'"
  says $'/\n/dev\n/dev/mqueue\n/dev/pts\n/dev/shm\n/proc\n/sys\n/sys/fs/cgroup'
}

@test "proc" {
  bundle_busybox
  inside "$(mount_line /proc)"
  has ' - proc proc '
}

@test "sysfs is read-only" {
  bundle_busybox
  inside "$(mount_line /sys)"
  has '^ro,nosuid,nodev,noexec'
}

@test "devpts with its options" {
  bundle_busybox
  inside "$(mount_line /dev/pts)"
  has '^rw,nosuid,noexec' 'devpts' 'gid=5,mode=620,ptmxmode=666'
}

@test "mqueue" {
  bundle_busybox
  inside "$(mount_line /dev/mqueue)"
  has '^rw,nosuid,nodev,noexec' ' - mqueue '
}

@test "tmpfs: size, mode, uid, gid" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["size=1024k", "mode=750", "uid=7", "gid=8"]}'
  inside "$(mount_line /data); stat -c '%a %u %g' /data"
  has 'size=1024k' 'mode=750' '750 7 8'
}

@test "tmpfs on a directory takes over its mode and owner" {
  bundle_busybox
  mkdir -m 711 "$ROOTFS/data"
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs"}'
  inside "stat -c '%a' /data"
  says 711
}

@test "tmpfs: tmpcopyup takes over the files" {
  bundle_busybox
  mkdir "$ROOTFS/data"
  echo word >"$ROOTFS/data/file"
  ln -s file "$ROOTFS/data/link"
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"]}'
  inside 'cat /data/link; echo other >/data/file'
  says word
  same "$(<"$ROOTFS/data/file")" word
}

@test "flags: ro nosuid nodev noexec noatime" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["ro", "nosuid", "nodev", "noexec", "noatime"]}'
  inside "$(mount_line /data)"
  has '^ro,nosuid,nodev,noexec,noatime '
}

@test "flags: sync dirsync" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["sync", "dirsync"]}'
  inside "$(mount_line /data)"
  has 'sync' 'dirsync'
}

@test "flags: the last of two opposites holds" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["ro", "noexec", "rw", "exec"]}'
  inside "$(mount_line /data)"
  has '^rw'
  lacks noexec
}

@test "flags: nosymfollow" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["nosymfollow"]}'
  inside 'echo x >/data/file; ln -s file /data/link; cat /data/link'
  exits 1
}

@test "flags: what is no flag goes to the file system" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["nr_inodes=100"]}'
  inside "$(mount_line /data)"
  has 'nr_inodes=100'
}

@test "an option that the file system does not know is refused" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["nosuchoption=1"]}'
  start
  refused
}

@test "a file system that the kernel does not know is refused" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "nosuchfs", "source": "none"}'
  start
  refused '/data'
}

@test "a later mount covers an earlier one" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["size=1m"]}'
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["size=2m"]}'
  inside 'df -k /data | grep -c " 2048 "'
  says 1
}

@test "a mount in a mount" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "tmpfs", "source": "one"}'
  add_mount '{"destination": "/data/deep/down", "type": "tmpfs", "source": "two"}'
  inside 'df /data/deep/down | tail -n 1 | cut -d" " -f 1'
  says two
}

@test "a relative destination counts from the root" {
  bundle_busybox
  add_mount '{"destination": "data", "type": "tmpfs", "source": "tmpfs"}'
  inside "$(mount_line /data)"
  has tmpfs
}

# ------------------------------------------------------------------------------------------------ bind mounts

@test "bind: a directory" {
  bundle_busybox
  data_folder
  bind "$TMP/data" /data bind
  inside 'cat /data/file; echo new >/data/new'
  says word
  same "$(<"$TMP/data/new")" new
}

@test "bind: a file" {
  bundle_busybox
  data_folder
  bind "$TMP/data/file" /etc/passwd bind
  inside 'cat /etc/passwd'
  says word
}

@test "bind: a file onto a name that does not exist" {
  bundle_busybox
  data_folder
  bind "$TMP/data/file" /new/deep/file bind
  inside 'cat /new/deep/file'
  says word
}

@test "bind: a source relative to the bundle" {
  bundle_busybox
  mkdir "$BUNDLE/data"
  echo word >"$BUNDLE/data/file"
  bind data /data bind
  inside 'cat /data/file'
  says word
}

@test "bind: the source's symlink is followed, on the host" {
  bundle_busybox
  data_folder
  ln -s data "$TMP/link"
  bind "$TMP/link" /data bind
  inside 'cat /data/file'
  says word
}

@test "bind: a source that does not exist is refused" {
  bundle_busybox
  bind "$TMP/nothing" /data bind
  start
  refused 'no such file or directory'
}

@test "bind: a directory on a file is refused" {
  bundle_busybox
  data_folder
  bind "$TMP/data" /etc/passwd bind
  start
  refused
}

@test "bind: the option without a type" {
  bundle_busybox
  data_folder
  config --arg s "$TMP/data" '.mounts += [{destination: "/data", source: $s, options: ["bind"]}]'
  inside 'cat /data/file'
  says word
}

@test "bind: ro" {
  bundle_busybox
  data_folder
  bind "$TMP/data" /data bind ro
  inside 'echo >/data/new'
  exits 1
  [ ! -e "$TMP/data/new" ]
}

@test "bind: ro does not make the source read-only" {
  bundle_busybox
  data_folder
  bind "$TMP/data" /data bind ro
  start
  ok
  echo >"$TMP/data/new"
}

@test "bind: flags" {
  bundle_busybox
  data_folder
  bind "$TMP/data" /data bind nosuid nodev noexec
  inside "$(mount_line /data)"
  has '^rw,nosuid,nodev,noexec'
}

submounted_folder() { # data_folder, and a mount in it
  data_folder
  mkdir "$TMP/data/sub"
  own_mount -t tmpfs tmpfs "$TMP/data/sub"
  echo below >"$TMP/data/sub/file"
}

@test "bind: without what is mounted in it" {
  bundle_busybox
  submounted_folder
  bind "$TMP/data" /data bind
  inside 'ls /data/sub'
  says ''
}

@test "rbind: with what is mounted in it" {
  bundle_busybox
  submounted_folder
  bind "$TMP/data" /data rbind
  inside 'cat /data/sub/file'
  says below
}

@test "rbind ro: what is mounted in it stays writable" {
  bundle_busybox
  submounted_folder
  bind "$TMP/data" /data rbind ro
  inside 'echo x >/data/sub/new && ! echo x >/data/new'
  ok
}

@test "rbind rro: all of it is read-only" {
  [ "$LEG" != enosys ] || skip "needs mount_setattr"
  bundle_busybox
  submounted_folder
  bind "$TMP/data" /data rbind rro
  inside '! echo x >/data/sub/new && ! echo x >/data/new'
  ok
}

@test "rbind rnoexec rnosuid rnodev rnoatime" {
  [ "$LEG" != enosys ] || skip "needs mount_setattr"
  bundle_busybox
  submounted_folder
  bind "$TMP/data" /data rbind rnoexec rnosuid rnodev rnoatime
  inside "$(mount_line /data/sub)"
  has '^rw,nosuid,nodev,noexec,noatime'
}

@test "recursive options on a kernel without mount_setattr are refused" {
  [ "$LEG" = enosys ] || skip "for a kernel without mount_setattr"
  bundle_busybox
  submounted_folder
  bind "$TMP/data" /data rbind rro
  start
  refused
}

@test "idmap: files belong to the mapped user" {
  [ "$LEG" != enosys ] || skip "needs mount_setattr"
  bundle_busybox
  data_folder
  chown 7:8 "$TMP/data/file"
  add_mount '{"destination": "/data", "type": "bind", "source": "'"$TMP/data"'", "options": ["bind"],
    "uidMappings": [{"containerID": 0, "hostID": 5000, "size": 100}],
    "gidMappings": [{"containerID": 0, "hostID": 6000, "size": 100}]}'
  inside 'stat -c %u:%g /data/file'
  says 5007:6008
}
