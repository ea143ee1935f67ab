#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# The root file system: read-only, masked and read-only paths, devices, links, pivot_root.
load helpers

@test "a read-only root" {
  bundle_busybox
  config '.root.readonly = true'
  inside 'echo >/new'
  exits 1
  [ ! -e "$ROOTFS/new" ]
}

@test "a read-only root: the mounts on it stay writable" {
  bundle_busybox
  config '.root.readonly = true'
  inside 'echo >/dev/shm/new'
  ok
}

@test "a writable root" {
  bundle_busybox
  inside 'echo word >/new'
  ok
  same "$(<"$ROOTFS/new")" word
}

@test "root.path relative to the bundle, with another name" {
  bundle_busybox
  mv "$ROOTFS" "$BUNDLE/other"
  config '.root.path = "other"'
  start
  ok
}

@test "root.path absolute" {
  bundle_busybox
  mv "$ROOTFS" "$TMP/other"
  config --arg p "$TMP/other" '.root.path = $p'
  start
  ok
}

@test "root.path that does not exist is refused" {
  bundle_busybox
  config '.root.path = "nothing"'
  start
  refused 'no such file or directory'
}

@test "root.path that is a file is refused" {
  bundle_busybox
  touch "$BUNDLE/file"
  config '.root.path = "file"'
  start
  refused
}

@test "nothing of the host's tree is left" {
  bundle_busybox
  inside "grep -c $TOKEN /proc/self/mountinfo; ls /.. | grep -c rootfs"
  same "$(tail -n 1 <<<"$output")" 0
  inside "ls -d /proc/1/root$TMP"
  exits 1
}

@test "--no-pivot" {
  bundle_busybox
  script 'ls / | grep -c bin'
  start --no-pivot
  has '^[12]$'
}

@test "a Debian system" {
  bundle_debian
  inside 'grep ^ID= /etc/os-release; dpkg --version | head -n 1; ps -o comm= -p 1'
  has '^ID=debian' 'Debian' $'\nsh$'
}

@test "a Debian system: programs that need /dev and /proc" {
  bundle_debian
  script 'cat <(echo word); findmnt -n -o FSTYPE /dev/pts'
  config '.process.args[0] = "/bin/bash"'
  start
  says $'word\ndevpts'
}

@test "two containers on one root file system" {
  bundle_busybox
  inside 'echo one'
  says one
  start
  says one
}

# ------------------------------------------------------------------------------------------------ masked, read-only paths

@test "a masked file reads as empty" {
  bundle_busybox
  echo secret >"$ROOTFS/etc/secret"
  config '.linux.maskedPaths += ["/etc/secret"]'
  inside 'cat /etc/secret'
  says ''
}

@test "a masked directory is empty and read-only" {
  bundle_busybox
  mkdir "$ROOTFS/secret"
  touch "$ROOTFS/secret/file"
  config '.linux.maskedPaths += ["/secret"]'
  inside 'ls -A /secret; touch /secret/new'
  same "$output" ''
  exits 1
}

@test "a masked path that does not exist is left alone" {
  bundle_busybox
  config '.linux.maskedPaths += ["/no/such/path"]'
  start
  ok
  [ ! -e "$ROOTFS/no" ]
}

@test "a masked path behind a symlink" {
  bundle_busybox
  echo secret >"$ROOTFS/etc/secret"
  ln -s secret "$ROOTFS/etc/link"
  config '.linux.maskedPaths += ["/etc/link"]'
  inside 'cat /etc/secret /etc/link'
  says ''
}

@test "/proc/kcore is masked" {
  bundle_busybox
  inside 'head -c 10 /proc/kcore | wc -c'
  says 0
}

@test "a read-only path" {
  bundle_busybox
  mkdir "$ROOTFS/fixed"
  config '.linux.readonlyPaths += ["/fixed"]'
  inside 'touch /fixed/new'
  exits 1
  [ ! -e "$ROOTFS/fixed/new" ]
}

@test "a read-only file" {
  bundle_busybox
  echo word >"$ROOTFS/fixed"
  config '.linux.readonlyPaths += ["/fixed"]'
  inside 'echo other >/fixed'
  exits 1
  same "$(<"$ROOTFS/fixed")" word
}

@test "a read-only path that does not exist is left alone" {
  bundle_busybox
  config '.linux.readonlyPaths += ["/no/such/path"]'
  start
  ok
}

@test "/proc/sys is read-only" {
  bundle_busybox
  inside 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  exits 1
}

@test "/proc/sysrq-trigger is read-only" {
  bundle_busybox
  inside '[ ! -w /proc/sysrq-trigger ] || ! : >/proc/sysrq-trigger'
  ok
}

# ------------------------------------------------------------------------------------------------ devices

@test "the default devices" {
  bundle_busybox
  inside 'cd /dev; stat -c "%n %t:%T %a" null zero full random urandom tty'
  says $'null 1:3 666\nzero 1:5 666\nfull 1:7 666\nrandom 1:8 666\nurandom 1:9 666\ntty 5:0 666'
}

@test "the default devices work" {
  bundle_busybox
  inside 'echo x >/dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; ! echo x >/dev/full'
  says $'4\n4'
}

@test "the default links" {
  bundle_busybox
  inside 'for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done'
  says $'/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx'
}

@test "a configured device" {
  bundle_busybox
  config '.linux.devices = [{type: "c", path: "/dev/mine", major: 1, minor: 3, fileMode: 416, uid: 3, gid: 4}]'
  inside 'stat -c "%t:%T %a %u %g" /dev/mine'
  says '1:3 640 3 4'
}

@test "a configured device in a folder that is missing" {
  bundle_busybox
  config '.linux.devices = [{type: "c", path: "/dev/some/where/mine", major: 1, minor: 3}]'
  inside 'test -c /dev/some/where/mine'
  ok
}

@test "a configured block device" {
  bundle_busybox
  config '.linux.devices = [{type: "b", path: "/dev/disk", major: 7, minor: 99, fileMode: 384}]'
  inside 'test -b /dev/disk && stat -c "%t:%T %a" /dev/disk'
  says '7:63 600'
}

@test "a configured fifo" {
  bundle_busybox
  config '.linux.devices = [{type: "p", path: "/dev/pipe", fileMode: 384}]'
  inside 'test -p /dev/pipe'
  ok
}

@test "a default device by configuration, with another mode" {
  bundle_busybox
  config '.linux.devices = [{type: "c", path: "/dev/full", major: 1, minor: 7, fileMode: 384}]'
  inside 'stat -c %a /dev/full'
  has '^6(00|66)$'
}

@test "a device of an unknown type is refused" {
  bundle_busybox
  config '.linux.devices = [{type: "x", path: "/dev/mine", major: 1, minor: 3}]'
  start
  refused
}

@test "a device that was not allowed cannot be opened" {
  bundle_busybox
  config '.process.capabilities |= map_values(. + ["CAP_MKNOD"])'
  inside 'mknod /tmp/mem c 1 1 && ! head -c 1 /tmp/mem 2>/dev/null; head -c 1 /tmp/mem'
  [[ $status -ne 0 && $stderr =~ 'not permitted' ]]
}

@test "/dev as a symlink of the image makes nothing outside" {
  bundle_busybox
  mkdir "$TMP/victim"
  rmdir "$ROOTFS/dev"
  ln -s "$TMP/victim" "$ROOTFS/dev"
  config '.mounts |= map(select(.destination | startswith("/dev") | not))'
  start
  [ -z "$(ls -A "$TMP/victim")" ]
}

@test "a device path by a symlink of the image makes nothing outside" {
  bundle_busybox
  mkdir "$TMP/victim"
  ln -s "$TMP/victim" "$ROOTFS/out"
  config '.linux.devices = [{type: "c", path: "/out/mine", major: 1, minor: 3}]'
  start
  [ -z "$(ls -A "$TMP/victim")" ]
}

@test "umask of the caller does not touch the devices" {
  bundle_busybox
  umask 0077
  inside 'stat -c %a /dev/null'
  says 666
}

# Each of these is laid on a file system on which something else is laid first.
@test "/proc as a read-only path: what is masked below is masked" {
  bundle_busybox
  config '.linux.readonlyPaths = ["/proc"] | .linux.maskedPaths = ["/proc/keys", "/proc/kallsyms"]'
  inside 'wc -c </proc/keys; head -c 1 /proc/kallsyms | wc -c; echo x >/proc/self/comm || echo readonly'
  same "$output" $'0\n0\nreadonly'
}

@test "/sys/ as a read-only path: what is masked below is masked" {
  bundle_busybox
  config '.linux.readonlyPaths = ["/sys/"] | .linux.maskedPaths = ["/sys/kernel"]'
  inside 'ls -A /sys/kernel | wc -l'
  same "$output" 0
}

@test "/sys as a read-only path: what is below it can be made read-only as well" {
  bundle_busybox
  config '(.mounts[] | select(.type == "cgroup") | .options) |= (map(select(. != "ro")) + ["rw"])
    | .linux.readonlyPaths = ["/sys", "/sys/fs/cgroup"] | .linux.maskedPaths = []'
  inside 'mkdir /sys/fs/cgroup/x 2>/dev/null || echo readonly; for d in /sys/fs/cgroup/*/; do mkdir $d/x 2>/dev/null; done; find /sys/fs/cgroup -name x'
  has readonly
}

@test "/sys under another name, by a link of the image: what is masked there is masked" {
  bundle_busybox
  ln -s /sys "$ROOTFS/s"
  bind /sys /s rbind ro
  config '.linux.maskedPaths = ["/sys/kernel"] | .linux.readonlyPaths = []'
  inside 'ls -A /sys/kernel | wc -l'
  same "$output" 0
}

@test "another mount of the same sysfs, and something on it, is not taken for /sys" {
  bundle_busybox
  add_mount '{"destination": "/other", "type": "sysfs", "source": "sysfs", "options": ["ro"]}'
  add_mount '{"destination": "/other", "type": "tmpfs", "source": "tmpfs"}'
  config '.linux.maskedPaths = ["/sys/kernel"] | .linux.readonlyPaths = []'
  inside 'ls -A /sys/kernel | wc -l'
  same "$output" 0
}

@test "many read-only mounts, and few descriptors" {
  bundle_busybox
  config '.mounts += [range(80) | {destination: "/m\(.)", type: "tmpfs", source: "tmpfs", options: ["ro"]}]
    | .process.rlimits = []'
  ulimit -Sn 64
  inside 'grep -c " /m[0-9]* ro" /proc/self/mountinfo; ulimit -Sn'
  same "$output" $'80\n64'
}
