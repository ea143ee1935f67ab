#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# Labels on a host without the module that would know them. Where it is there: guest_apparmor.bats, guest_selinux.bats.
load helpers
load containers
load exec

setup() {
  prepare
  bundle_busybox
  config '.process.args = ["/bin/sleep", "1000"]'
}

without() { # WHAT FILE
  [ ! -e "$2" ] || skip "this host has $1"
}
without_apparmor() { without AppArmor /sys/kernel/security/apparmor; }
without_selinux() { without SELinux /sys/fs/selinux/enforce; }

refused_at() { # POINTER...: create has one sentence, and leaves nothing
  ask create -b "$BUNDLE" "$ID"
  refused "$1: .* is not enabled on this host"
  gone
}

@test "an AppArmor profile: refused" {
  without_apparmor
  config '.process.apparmorProfile = "some"'
  refused_at /process/apparmorProfile
}

@test "unconfined is what it is anyway" {
  without_apparmor
  config '.process.apparmorProfile = "unconfined"'
  inside 'echo runs'
  says runs
}

@test "a profile whose name begins with unconfined: refused" {
  without_apparmor
  config '.process.apparmorProfile = "unconfined_x"'
  refused_at /process/apparmorProfile
}

@test "an SELinux label of the process: refused" {
  without_selinux
  config '.process.selinuxLabel = "u:r:t:s0"'
  refused_at /process/selinuxLabel
}

@test "a mount label: refused" {
  without_selinux
  config '.linux.mountLabel = "u:object_r:t:s0"'
  refused_at /linux/mountLabel
}

@test "exec with labels that cannot be: refused, and nothing runs" {
  without_apparmor
  without_selinux
  launch
  sh_in --apparmor some 'touch /tmp/ran'
  fails '/process/apparmorProfile: AppArmor is not enabled'
  sh_in --process-label u:r:t:s0 'touch /tmp/ran'
  fails '/process/selinuxLabel: SELinux is not enabled'
  [ ! -e "$ROOTFS/tmp/ran" ]
}
