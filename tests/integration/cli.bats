#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# The command itself: version, help, spec.
# Legs: short
load helpers

@test "--version" {
  is_husk || skip "another runtime"
  run --separate-stderr husk --version
  has '^husk version [0-9]+\.[0-9]+' 'spec: 1\.[0-9]'
}

@test "-v is --version" {
  run --separate-stderr husk -v
  has 'version' 'spec: '
}

@test "--help" {
  run --separate-stderr husk --help
  has '^NAME:' 'run' 'spec'
}

@test "every cgroup manager that there is is named" {
  run --separate-stderr husk --help
  has '--cgroup-manager.*cgroupfs \(default\), systemd or disabled'
}

@test "help run" {
  run --separate-stderr husk help run
  has '^NAME:' '--bundle' '--pid-file'
}

@test "run --help" {
  run --separate-stderr husk run --help
  has '^NAME:' '--bundle'
}

@test "help on what does not exist" {
  run --separate-stderr husk help foo
  [ "$status" -ne 0 ]
  [[ $output$stderr =~ "No help topic for 'foo'" ]]
}

@test "an unknown command" {
  run --separate-stderr husk foo
  [ "$status" -ne 0 ]
}

@test "spec writes a config.json that runs" {
  bundle_busybox
  rm "$BUNDLE/config.json"
  cd "$BUNDLE"
  run --separate-stderr husk spec
  says ''
  config '.process.terminal = false'
  inside 'echo ran'
  says ran
}

@test "spec --bundle" {
  mkdir "$TMP/bundle"
  run --separate-stderr husk spec --bundle "$TMP/bundle"
  says ''
  jq -e '.ociVersion and .root.path == "rootfs" and .root.readonly and .process.terminal' "$TMP/bundle/config.json"
}

@test "spec does not overwrite" {
  mkdir "$TMP/bundle"
  echo mine >"$TMP/bundle/config.json"
  run --separate-stderr husk spec --bundle "$TMP/bundle"
  refused
  same "$(<"$TMP/bundle/config.json")" mine
}

@test "spec: what runc writes" {
  cd "$TMP"
  husk spec
  jq -e '.process.args == ["sh"]
    and (.process.capabilities | keys) == ["bounding", "effective", "permitted"]
    and .process.capabilities.bounding == ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
    and .process.rlimits == [{type: "RLIMIT_NOFILE", hard: 1024, soft: 1024}]
    and .process.noNewPrivileges
    and [.mounts[].destination] == ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup"]
    and .linux.resources.devices == [{allow: false, access: "rwm"}]
    and ([.linux.namespaces[].type] - ["cgroup"]) == ["pid", "network", "ipc", "uts", "mount"]
    and (.linux.maskedPaths | index("/proc/kcore")) != null
    and .linux.readonlyPaths == ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]' config.json
}

@test "spec --rootless maps the caller's own ids" {
  cd "$TMP"
  run --separate-stderr husk spec --rootless
  says ''
  jq -e --argjson u "$(id -u)" --argjson g "$(id -g)" '
    .linux.uidMappings == [{containerID: 0, hostID: $u, size: 1}]
    and .linux.gidMappings == [{containerID: 0, hostID: $g, size: 1}]
    and ([.linux.namespaces[].type] | index("user") != null and index("network") == null)
    and (.linux.resources | not)' config.json
}
