#!/usr/bin/env bats
# What a container sees of the system as a whole: its names, kernel settings, clocks.
load helpers

@test "hostname" {
  bundle_busybox
  inside hostname
  says box
}

@test "domainname" {
  bundle_busybox
  config '.domainname = "example.test"'
  inside 'cat /proc/sys/kernel/domainname'
  says example.test
}

@test "the host's own hostname stays" {
  bundle_busybox
  local before
  before=$(hostname)
  start
  same "$(hostname)" "$before"
}

@test "hostname without a uts namespace is refused" {
  bundle_busybox
  drop_namespace uts
  start
  refused
}

@test "a hostname of 64 characters" {
  bundle_busybox
  config '.hostname = "a" * 64'
  inside 'hostname | wc -c'
  says 65
}

@test "a hostname that is too long is refused" {
  bundle_busybox
  config '.hostname = "a" * 65'
  start
  refused
}

@test "sysctl of the network namespace" {
  bundle_busybox
  config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
  inside 'cat /proc/sys/net/ipv4/ip_forward'
  says 1
}

@test "sysctl of the ipc namespace" {
  bundle_busybox
  config '.linux.sysctl = {"kernel.shmmni": "1234", "fs.mqueue.msg_max": "11"}'
  inside 'cat /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max'
  says $'1234\n11'
}

@test "sysctl with slashes" {
  bundle_busybox
  config '.linux.sysctl = {"net/ipv4/conf/lo/forwarding": "1"}'
  inside 'cat /proc/sys/net/ipv4/conf/lo/forwarding'
  says 1
}

@test "a sysctl of the whole machine is refused" {
  bundle_busybox
  config '.linux.sysctl = {"vm.swappiness": "10"}'
  start
  refused 'vm.swappiness'
}

@test "a network sysctl without a network namespace is refused" {
  bundle_busybox
  drop_namespace network
  config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
  start
  refused 'net.ipv4.ip_forward'
}

@test "a sysctl that does not exist is refused" {
  bundle_busybox
  config '.linux.sysctl = {"net.ipv4.no_such_thing": "1"}'
  start
  refused 'no_such_thing'
}

@test "a sysctl with .. in it is refused" {
  bundle_busybox
  config '.linux.sysctl = {"net/../kernel/core_pattern": "x"}'
  start
  refused
  same "$(grep -c '^x$' /proc/sys/kernel/core_pattern)" 0
}

@test "a sysctl is set although /proc/sys is read-only inside" {
  bundle_busybox
  config '.linux.sysctl = {"net.ipv4.ip_forward": "1"}'
  inside 'cat /proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/ip_forward'
  [ "$status" -ne 0 ]
  same "$output" 1
}

@test "time offsets" {
  bundle_busybox
  add_namespace time
  config '.linux.timeOffsets = {monotonic: {secs: 7881, nanosecs: 2718281}, boottime: {secs: 1337, nanosecs: 3141519}}'
  inside 'cat /proc/self/timens_offsets'
  has 'monotonic +7881 +2718281' 'boottime +1337 +3141519'
}

@test "time offsets show in uptime" {
  bundle_busybox
  add_namespace time
  config '.linux.timeOffsets = {boottime: {secs: 1000000}}'
  inside 'cut -d. -f1 /proc/uptime'
  ok
  [ "$output" -ge 1000000 ]
}

@test "a negative time offset" {
  bundle_busybox
  add_namespace time
  config '.linux.timeOffsets = {monotonic: {secs: -10}}'
  inside 'cat /proc/self/timens_offsets'
  has 'monotonic +-10 +0'
}

@test "time offsets without a time namespace are refused" {
  bundle_busybox
  config '.linux.timeOffsets = {monotonic: {secs: 1}}'
  start
  refused
}

@test "time offsets in the time namespace of another are refused" {
  bundle_busybox
  pin_namespace time
  add_namespace time "$NS_PATH"
  config '.linux.timeOffsets = {monotonic: {secs: 1}}'
  start
  refused
}

@test "the session keyring is a new one" {
  bundle_busybox
  config 'del(.linux.maskedPaths)'
  inside 'cat /proc/keys'
  has "_ses[. ]*$ID"
}

@test "--no-new-keyring keeps the caller's session keyring" {
  bundle_busybox
  config 'del(.linux.maskedPaths)'
  script 'cat /proc/keys'
  start --no-new-keyring
  lacks "_ses[. ]*$ID"
}
