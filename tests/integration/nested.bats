#!/usr/bin/env bats
# husk in a container of husk: the inner one is made by the outer one's root, with what the outer one lets it have.
# Legs: short v2
# shellcheck disable=SC2154,SC2016 # ($output and $stderr are set by run; expanded inside)
load helpers

POWERS='["CAP_SYS_ADMIN","CAP_SETUID","CAP_SETGID","CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_NET_ADMIN","CAP_SETPCAP","CAP_KILL",
  "CAP_SYS_CHROOT","CAP_MKNOD","CAP_SYS_PTRACE","CAP_FOWNER"]'

# A bundle whose container has husk, and a bundle in /inner for it.
outer() {
  is_husk || skip "husk's own"
  bundle_busybox
  cp "$RUNTIME" "$ROOTFS/bin/husk"
  mkdir -p "$ROOTFS/inner/rootfs" "$ROOTFS/state"
  cp -a "$BUSYBOX_ROOTFS/." "$ROOTFS/inner/rootfs"
  add_namespace cgroup
  config --argjson all "$POWERS" '.root.readonly = false | .process.noNewPrivileges = false
    | .process.capabilities = {bounding: $all, effective: $all, permitted: $all, inheritable: $all}
    | (.mounts[] | select(.type == "cgroup" or .type == "sysfs") | .options) -= ["ro"]'
  jq '.linux.cgroupsPath = "/in" | .root.path = "rootfs" | .linux.namespaces |= map(select(.type != "cgroup"))' \
    "$BUNDLE/config.json" >"$ROOTFS/inner/outer.json"
}
no_masks() { config '.linux.maskedPaths = [] | .linux.readonlyPaths = []'; }

# What the inner container is, and what is asked of it.
nested() { # JQ-FILTER SCRIPT
  jq --argjson few '["CAP_KILL"]' '.process.capabilities = {bounding: $few, effective: $few, permitted: $few}
    | .process.args = ["/bin/sleep", "1000"] | '"$1" "$ROOTFS/inner/outer.json" >"$ROOTFS/inner/config.json"
  printf '%s\n' 'cd /inner' 'inner() { husk --root /state "$@"; }' "$2" >"$ROOTFS/do.sh"
  config '.process.args = ["/bin/sh", "/do.sh"]'
  start
}

@test "run, exec, state, ps and delete, and nothing is left inside" {
  outer
  nested . 'inner run -d one </dev/null >/dev/null 2>/err || cat /err
    inner exec one hostname; inner state one | grep -c running; inner ps -f json one | grep -c "[0-9]"
    inner delete --force one; ls /state | wc -l'
  says $'box\n1\n1\n0'
}

@test "create and start; the status of the program comes out through both" {
  outer
  nested '.process.args = ["/bin/sh", "-c", "exit 23"]' 'inner create one </dev/null >/dev/null 2>&1 && inner start one
    inner delete --force one; inner run two </dev/null; exit $?'
  exits 23
}

@test "its cgroup lies below that of the outer one" {
  outer
  nested . 'inner run -d one </dev/null >/dev/null 2>/err || cat /err
    pid=$(inner ps -f json one | tr -d "[]"); grep -c ":/in$" /proc/$pid/cgroup >/members
    grep -qx "$pid" /sys/fs/cgroup/in/cgroup.procs /sys/fs/cgroup/pids/in/cgroup.procs 2>/dev/null && echo there
    [ "$(cat /members)" -gt 0 ] && echo below
    inner delete --force one; ls -d /sys/fs/cgroup/in /sys/fs/cgroup/*/in 2>/dev/null | wc -l'
  says $'there\nbelow\n0'
}

@test "pause and resume of the inner one" {
  outer
  nested . 'inner run -d one </dev/null >/dev/null 2>/err || cat /err
    inner pause one; inner state one | grep -o paused; inner resume one; inner state one | grep -o running; inner delete --force one'
  says $'paused\nrunning'
}

@test "a user namespace in it, and one within that one: devices are bound, and ids are of three levels" {
  outer
  user_namespace
  no_masks
  nested 'del(.linux.cgroupsPath) | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 1000, size: 500}]
    | .linux.gidMappings = .linux.uidMappings | .linux.maskedPaths = [] | .linux.readonlyPaths = []
    | .process.args = ["/bin/sh", "-c", "id -u; cat /proc/self/uid_map | xargs; echo x >/dev/null && stat -c %t:%T /dev/null"]' \
    'chown -R 1000:1000 rootfs; inner run one </dev/null'
  says $'0\n0 1000 500\n1:3'
}

@test "what the outer one has masked in /proc keeps a new procfs out, and the error says so" {
  outer
  user_namespace
  nested 'del(.linux.cgroupsPath) | .linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 500}]
    | .linux.gidMappings = .linux.uidMappings' 'inner run one </dev/null'
  refused '/proc.*operation not permitted'
}

@test "a filter within a filter: both hold" {
  outer
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["chroot"], action: "SCMP_ACT_ERRNO", errnoRet: 19}]}'
  nested '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}
    | .process.capabilities = {bounding: ["CAP_SYS_CHROOT"], effective: ["CAP_SYS_CHROOT"], permitted: ["CAP_SYS_CHROOT"]}
    | .process.args = ["/bin/sh", "-c", "mkdir /tmp/a 2>&1; chroot / true 2>&1; true"]' 'inner run one </dev/null'
  has 'No space left on device' 'No such device'
}

@test "the outer one's end is the inner one's" {
  outer
  nested . 'inner run -d one </dev/null >/dev/null 2>/err || cat /err'
  says ''
}
