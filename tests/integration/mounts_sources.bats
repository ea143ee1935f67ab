#!/usr/bin/env bats
# Where the sources of bind mounts are looked up, and who looks: the container's mount namespace before the change of root;
# init, or the parent for it.
load helpers

hidden_folder() { # data_folder, which root of a user namespace may not enter
  data_folder
  mkdir -m 700 "$TMP/hidden"
  mv "$TMP/data" "$TMP/hidden/data"
}

idmapped() { # SOURCE DESTINATION [OPTION]: user and group 0 of the source are 5000 in the mount
  add_mount '{"destination": "'"$2"'", "type": "bind", "source": "'"$1"'", "options": ["'"${3:-rbind}"'"],
    "uidMappings": [{"containerID": 0, "hostID": 5000, "size": 100}],
    "gidMappings": [{"containerID": 0, "hostID": 6000, "size": 100}]}'
}

needs_mount_api() { [ "$LEG" != enosys ] || skip "needs mount_setattr and open_tree"; }

@test "a destination that begins with the path of the root file system is in it" {
  bundle_busybox
  data_folder
  bind "$TMP/data" "$ROOTFS/data" bind
  inside 'cat /data/file'
  says word
  [ ! -e "$ROOTFS$ROOTFS" ]
}

@test "a destination that only looks like the path of the root file system is made inside" {
  bundle_busybox
  data_folder
  bind "$TMP/data" "${ROOTFS}2/data" bind
  inside "cat ${ROOTFS}2/data/file"
  says word
}

@test "a source below the root file system is what earlier entries have mounted there" {
  bundle_busybox
  data_folder
  bind "$TMP/data" /one bind
  bind "$ROOTFS/one" /two bind
  inside 'cat /two/file'
  says word
}

@test "a tree below the root file system has all that is mounted in it so far" {
  bundle_busybox
  data_folder
  add_mount '{"destination": "/one", "type": "tmpfs", "source": "tmpfs"}'
  bind "$TMP/data" /one/deep bind
  bind "$ROOTFS/one" /two rbind
  bind "$TMP/data" /one/later bind
  inside 'cat /two/deep/file; ls /two/later'
  says word
}

@test "user namespace: a source below a folder that its root may not enter" {
  needs_mount_api
  bundle_busybox
  user_namespace
  hidden_folder
  bind "$TMP/hidden/data" /data bind
  inside 'cat /data/file'
  says word
}

@test "user namespace: a file as source below a folder that its root may not enter" {
  needs_mount_api
  bundle_busybox
  user_namespace
  hidden_folder
  bind "$TMP/hidden/data/file" /data bind
  inside 'cat /data'
  says word
}

@test "user namespace: a hidden tree comes with what is mounted in it" {
  needs_mount_api
  bundle_busybox
  user_namespace
  hidden_folder
  mkdir "$TMP/hidden/data/sub"
  own_mount -t tmpfs tmpfs "$TMP/hidden/data/sub"
  echo below >"$TMP/hidden/data/sub/file"
  bind "$TMP/hidden/data" /data rbind
  inside 'cat /data/sub/file'
  says below
}

@test "user namespace: flags of a hidden source are locked all the same" {
  needs_mount_api
  bundle_busybox
  user_namespace
  hidden_folder
  own_mount -t tmpfs tmpfs "$TMP/hidden/data"
  mount -o remount,bind,ro "$TMP/hidden/data"
  bind "$TMP/hidden/data" /data bind rw
  start
  refused 'error mounting.*operation not permitted'
}

@test "user namespace: a hidden source that does not exist is refused with the reason" {
  needs_mount_api
  bundle_busybox
  user_namespace
  hidden_folder
  bind "$TMP/hidden/nothing" /data bind
  start
  refused 'hidden/nothing.*no such file or directory'
}

@test "user namespace: on an old kernel a source that its root may not enter is refused" {
  [ "$LEG" = enosys ] || skip "for a kernel without open_tree"
  bundle_busybox
  user_namespace
  hidden_folder
  bind "$TMP/hidden/data" /data bind
  start
  refused 'hidden/data.*permission denied'
}

@test "user namespace: many hidden sources" {
  needs_mount_api
  bundle_busybox
  user_namespace
  hidden_folder
  local i
  for i in 1 2 3 4 5 6 7 8 9; do bind "$TMP/hidden/data" "/data$i" bind; done
  inside 'cat /data*/file | wc -l'
  says 9
}

@test "idmap: a source that an earlier entry has mounted" {
  needs_mount_api
  bundle_busybox
  data_folder
  bind "$TMP/data" /one bind
  idmapped "$ROOTFS/one" /two
  inside 'stat -c %u:%g /one/file /two/file'
  says $'0:0\n5000:6000'
}

@test "idmap: two sources have each their own" {
  needs_mount_api
  bundle_busybox
  data_folder
  mkdir "$TMP/other"
  echo other >"$TMP/other/file"
  idmapped "$TMP/data" /one
  idmapped "$TMP/other" /two bind
  inside 'cat /one/file /two/file; stat -c %u /one/file /two/file'
  says $'word\nother\n5000\n5000'
}

@test "idmap: a source that does not exist is refused" {
  needs_mount_api
  bundle_busybox
  idmapped "$TMP/nothing" /data
  start
  refused 'error mounting.*nothing.*no such file or directory'
}

@test "idmap: a file system that cannot is refused" {
  needs_mount_api
  bundle_busybox
  idmapped /proc/sys/kernel /data bind
  start
  refused 'error mounting.*must support idmapped mounts'
}

@test "idmap, user namespace: a source below a folder that its root may not enter" {
  needs_mount_api
  bundle_busybox
  user_namespace
  hidden_folder
  add_mount '{"destination": "/data", "type": "bind", "source": "'"$TMP"'/hidden/data", "options": ["bind", "idmap"]}'
  inside 'stat -c %u:%g /data/file; cat /data/file'
  says $'0:0\nword'
}

@test "idmap, user namespace: a source that an earlier entry has mounted" {
  needs_mount_api
  bundle_busybox
  user_namespace
  hidden_folder
  bind "$TMP/hidden/data" /one bind
  add_mount '{"destination": "/two", "type": "bind", "source": "'"$ROOTFS"'/one", "options": ["bind", "idmap"]}'
  inside 'stat -c %u:%g /one/file /two/file'
  says $'65534:65534\n0:0'
}
