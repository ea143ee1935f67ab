#!/usr/bin/env bats
# Mount propagation, of the root and of single mounts.
load helpers

@test "by default nothing of the container's mounts reaches the host" {
  bundle_busybox
  config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
  data_folder
  bind "$TMP/data" /data bind
  inside 'mkdir /data/m && mount -t tmpfs none /data/m && touch /data/m/seen'
  ok
  [ ! -e "$TMP/data/m/seen" ]
}

@test "mount propagation: shared" {
  bundle_busybox
  data_folder
  bind "$TMP/data" /data bind shared
  inside "$(mount_line /data)"
  has 'shared:'
}

@test "mount propagation: slave" {
  bundle_busybox
  data_folder
  own_mount --bind "$TMP/data" "$TMP/data"
  mount --make-shared "$TMP/data"
  bind "$TMP/data" /data bind slave
  inside "$(mount_line /data)"
  has 'master:'
}

@test "mount propagation: private" {
  bundle_busybox
  data_folder
  own_mount --bind "$TMP/data" "$TMP/data"
  mount --make-shared "$TMP/data"
  bind "$TMP/data" /data bind private
  inside "$(mount_line /data)"
  has '^rw'
  lacks '(shared|master):'
}

@test "mount propagation: unbindable" {
  bundle_busybox
  data_folder
  bind "$TMP/data" /data bind unbindable
  inside "$(mount_line /data)"
  has 'unbindable'
}

@test "rootfsPropagation: shared" {
  bundle_busybox
  config '.linux.rootfsPropagation = "shared"'
  inside "$(mount_line /)"
  has 'shared:'
}

@test "rootfsPropagation: slave, a mount made later on the host is seen" {
  bundle_busybox
  data_folder
  own_mount --bind "$TMP/data" "$TMP/data"
  mount --make-shared "$TMP/data"
  mkdir "$TMP/data/m"
  bind "$TMP/data" /data rbind rslave
  config '.linux.rootfsPropagation = "rslave"'
  script 'touch /data/ready; for i in $(seq 4000); do test -e /data/m/seen && exit 0; sleep 0.01; done; exit 9'
  husk run -b "$BUNDLE" "$ID" </dev/null &
  wait_until test -e "$TMP/data/ready"
  own_mount -t tmpfs tmpfs "$TMP/data/m"
  touch "$TMP/data/m/seen"
  wait $!
}

@test "rootfsPropagation: unbindable" {
  bundle_busybox
  config '.linux.rootfsPropagation = "unbindable"'
  inside "$(mount_line /)"
  has 'unbindable'
}

@test "rootfsPropagation: an unknown word is refused" {
  bundle_busybox
  config '.linux.rootfsPropagation = "sideways"'
  start
  refused
}
