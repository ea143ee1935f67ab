#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# husk features: what it says is what husk does.
# Legs: short
load helpers

feature() { husk features | jq -e "$1"; }

not_implemented() { # JQ-FILTER: whether a config.json changed like this is refused because husk cannot do it (yet)
  bundle_busybox
  config "$1"
  start
  [[ $status -ne 0 && $stderr == *'not implemented'* ]]
}

agrees() { # FEATURE-FILTER CONFIG-FILTER: one is true when the other can be had
  if feature "$1" >/dev/null; then
    ! not_implemented "$2"
  else
    not_implemented "$2"
  fi
}

@test "the members in runc's order, indented by four" {
  run --separate-stderr husk features
  has '^\{
    "ociVersionMin": "1.0.0",
    "ociVersionMax": "1.3.0",
    "hooks": \[
        "prestart",'
  same "$(jq -c keys_unsorted <<<"$output")" \
    '["ociVersionMin","ociVersionMax","hooks","mountOptions","linux","annotations","potentiallyUnsafeConfigAnnotations"]'
  same "$(jq -c '.linux | keys_unsorted' <<<"$output")" \
    '["namespaces","capabilities","cgroup","seccomp","apparmor","selinux","intelRdt","memoryPolicy","mountExtensions","netDevices"]'
}

@test "what containerd asks for" {
  feature '.hooks == ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
    and (.mountOptions | index("rro") != null and . == sort and length > 60)
    and .linux.namespaces == ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"]
    and .linux.mountExtensions.idmap.enabled
    and (.linux.capabilities | length) == 41
    and .linux.cgroup.v1 and .linux.cgroup.v2
    and .linux.seccomp.enabled and .linux.apparmor.enabled and .linux.selinux.enabled'
}

@test "versions" {
  feature '.annotations["org.husk.version"] as $v | .annotations["org.husk.commit"] as $c
    | ($v | test("^[0-9]+[.]")) and ($c | length) > 0 and (.annotations["io.github.seccomp.libseccomp.version"] | test("^2[.]"))'
  [[ $(husk --version) == *"$(husk features | jq -r '.annotations["org.husk.version"]')"* ]]
  [[ $(husk --version) == *"commit: $(husk features | jq -r '.annotations["org.husk.commit"]')"* ]]
}

@test "netDevices: as it is" {
  agrees .linux.netDevices.enabled '.linux.netDevices = {"husk-none": {}}'
}

@test "intelRdt: as it is" {
  agrees .linux.intelRdt.enabled '.linux.intelRdt = {closID: "husk-none"}'
}

@test "SCMP_ACT_NOTIFY: as it is" {
  agrees '.linux.seccomp.actions | index("SCMP_ACT_NOTIFY") != null' '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
    architectures: ["SCMP_ARCH_X86_64"], listenerPath: "/none", syscalls: [{names: ["swapoff"], action: "SCMP_ACT_NOTIFY"}]}'
}

@test "systemd: as it is" {
  run --separate-stderr husk --systemd-cgroup list
  same "$(feature .linux.cgroup.systemd)" "$([[ $stderr == *'not implemented'* ]] && echo false || echo true)"
}

@test "rdma: as it is" {
  bundle_busybox
  config '.linux.resources.rdma = {"none0": {hcaHandles: 1}} | .process.args = ["/bin/true"]'
  start
  same "$(feature .linux.cgroup.rdma)" "$([[ $stderr == *resources.rdma* ]] && echo false || echo true)"
}

@test "every mount option that is listed is one" {
  [ "$LEG" != enosys ] || skip "recursive options need mount_setattr(2)"
  bundle_busybox
  local options
  options=$(feature '.mountOptions - ["remount", "idmap", "ridmap", "rbind", "bind", "tmpcopyup", "iversion", "noiversion", "mand"]')
  config --argjson o "$options" '.mounts += [{destination: "/tmp", type: "tmpfs", source: "none", options: $o},
    {destination: "/mnt", type: "tmpfs", source: "none", options: ["tmpcopyup"]}] | .process.args = ["/bin/true"]'
  start
  ok
}

@test "no arguments" {
  run --separate-stderr husk features x
  exits 1
  refused 'features.*requires'
}
