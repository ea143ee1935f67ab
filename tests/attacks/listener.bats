#!/usr/bin/env bats
# shellcheck disable=SC2317,SC2329 # (`attack` is called by `held`)
# The listener of a filter that asks an agent.
load attacks

@test "seccomp listener: a process of the container answers its own calls" {
  attack() {
    bundle_busybox
    cp "$HELPERS/approve" "$ROOTFS/bin/approve"
    # (shellcheck thinks that $path is the shell's)
    # shellcheck disable=SC2016
    config --arg path "$TMP/agent" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path,
      syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_NOTIFY"}]}'
    hostile "$HELPERS/agent" "$TMP/agent" "$TMP/heard" close # so nobody else answers
    wait_until [ -e "$TMP/heard" ]
    inside 'approve /tmp/made'
    show
    [ -d "$ROOTFS/tmp/made" ]
  }
  held listener_closed,close_descriptors # (execve would close it)
}
