#!/usr/bin/env bats
# Where a mount goes: mount points that are made, and symlinks of the image that must not lead out.
load helpers

@test "a mount point that is missing is made, with its folders" {
  bundle_busybox
  add_mount '{"destination": "/a/b/c", "type": "tmpfs", "source": "tmpfs"}'
  start
  ok
  [ -d "$ROOTFS/a/b/c" ]
}

@test "a mount point by a symlink inside" {
  bundle_busybox
  mkdir "$ROOTFS/real"
  ln -s /real "$ROOTFS/link"
  add_mount '{"destination": "/link", "type": "tmpfs", "source": "tmpfs"}'
  inside "$(mount_line /real)"
  has tmpfs
}

@test "a mount point by an absolute symlink stays inside the root" {
  bundle_busybox
  mkdir "$TMP/victim"
  ln -s "$TMP/victim" "$ROOTFS/link"
  data_folder
  bind "$TMP/data" /link bind
  inside 'cat /link/file'
  ok
  [ -z "$(ls -A "$TMP/victim")" ]
}

@test "a mount point by a symlink with many .. stays inside the root" {
  bundle_busybox
  mkdir "$TMP/victim"
  ln -s "../../../../../../../../../../../..$TMP/victim/new" "$ROOTFS/link"
  add_mount '{"destination": "/link", "type": "tmpfs", "source": "tmpfs"}'
  start
  [ -z "$(ls -A "$TMP/victim")" ]
}

@test "a folder of the mount point by a symlink stays inside the root" {
  bundle_busybox
  mkdir "$TMP/victim"
  ln -s "$TMP/victim" "$ROOTFS/link"
  add_mount '{"destination": "/link/new/deep", "type": "tmpfs", "source": "tmpfs"}'
  start
  [ -z "$(ls -A "$TMP/victim")" ]
}

@test "a dangling symlink as mount point of a file makes nothing outside" {
  bundle_busybox
  mkdir "$TMP/victim"
  ln -s "$TMP/victim/file" "$ROOTFS/link"
  data_folder
  bind "$TMP/data/file" /link bind
  start
  [ -z "$(ls -A "$TMP/victim")" ]
}

@test "a destination with .. stays inside the root" {
  bundle_busybox
  mkdir "$TMP/bundle/victim"
  add_mount '{"destination": "/../victim/new", "type": "tmpfs", "source": "tmpfs"}'
  start
  [ -z "$(ls -A "$TMP/bundle/victim")" ]
}

@test "a symlink that an earlier mount brought in is resolved inside, too" {
  bundle_busybox
  mkdir "$TMP/victim" "$TMP/data"
  ln -s "$TMP/victim" "$TMP/data/link"
  bind "$TMP/data" /data bind
  add_mount '{"destination": "/data/link/new", "type": "tmpfs", "source": "tmpfs"}'
  start
  [ -z "$(ls -A "$TMP/victim")" ]
}

@test "/proc as a symlink of the image is refused" {
  bundle_busybox
  rmdir "$ROOTFS/proc"
  mkdir "$ROOTFS/elsewhere"
  ln -s elsewhere "$ROOTFS/proc"
  start
  refused 'must be mounted on ordinary directory'
}

@test "/sys as a symlink of the image is refused" {
  bundle_busybox
  rmdir "$ROOTFS/sys"
  mkdir "$ROOTFS/elsewhere"
  ln -s elsewhere "$ROOTFS/sys"
  start
  refused 'must be mounted on ordinary directory'
}

@test "a mount inside /proc is refused" {
  bundle_busybox
  add_mount '{"destination": "/proc/sys", "type": "tmpfs", "source": "tmpfs"}'
  start
  refused '/proc'
}

@test "a mount on /proc that is no proc is refused" {
  bundle_busybox
  data_folder
  bind "$TMP/data" /proc bind
  start
  refused '/proc'
}

@test "a bind mount on one of the harmless files of /proc" {
  bundle_busybox
  data_folder
  bind "$TMP/data/file" /proc/uptime bind
  inside 'cat /proc/uptime'
  says word
}
