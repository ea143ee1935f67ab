#!/usr/bin/env bats
# linux.resources.devices: files on cgroup v1, a program on v2. What a container may open is the same on both, so these
# run in every leg; v2 is what they were written for.
load helpers

# device_rules JSON-RULE...: the list, and the capabilities to make device nodes (the rules of the runtime's own always
# allow that) and to read the kernel's log, which is the device that these tests make under another name
device_rules() {
  local rules
  rules=$(printf '%s\n' "$@" | jq -s .)
  config --argjson rules "$rules" '.linux.resources.devices = $rules
    | .process.capabilities |= map_values(. + ["CAP_MKNOD", "CAP_SYSLOG"])'
}

deny_all='{"allow": false, "access": "rwm"}'
allow_all='{"allow": true, "access": "rwm"}'

# try NODE ACCESS (r, w or rw), for inside: prints "ACCESS: opened" or why not.
opens='try() {
    case $2 in
      r) (: <"$1") ;;
      w) (: >"$1") ;;
      rw) (: <>"$1") ;;
    esac 2>/tmp/why && echo "$2: opened" || sed "s/.*: //" /tmp/why
  }
  mknod /tmp/log c 1 11 || echo "mknod failed"
  '

@test "devices: what nobody allowed cannot be opened, though it can be made" {
  bundle_busybox
  device_rules "$deny_all"
  inside "$opens mknod /tmp/disk b 7 99; try /tmp/log r; try /tmp/disk r; try /tmp/log w"
  says $'Operation not permitted\nOperation not permitted\nOperation not permitted'
}

@test "devices: what is allowed can be opened" {
  bundle_busybox
  device_rules "$deny_all" '{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rw"}'
  inside "$opens try /tmp/log r; try /tmp/log rw"
  says $'r: opened\nrw: opened'
}

@test "devices: no rules at all is the same as all denied" {
  bundle_busybox
  device_rules "$deny_all"
  config 'del(.linux.resources)'
  inside "$opens try /tmp/log r"
  says 'Operation not permitted'
}

@test "devices: only reading" {
  bundle_busybox
  device_rules "$deny_all" '{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "r"}'
  inside "$opens try /tmp/log r; try /tmp/log w; try /tmp/log rw"
  says $'r: opened\nOperation not permitted\nOperation not permitted'
}

@test "devices: all minors of a major" {
  bundle_busybox
  device_rules "$deny_all" '{"allow": true, "type": "c", "major": 1, "access": "rwm"}'
  inside "$opens mknod /tmp/other c 4 64; try /tmp/log r; try /tmp/other r"
  says $'r: opened\nOperation not permitted'
}

@test "devices: all allowed" {
  bundle_busybox
  device_rules "$deny_all" "$allow_all"
  inside "$opens try /tmp/log rw"
  says 'rw: opened'
}

@test "devices: all allowed but one" {
  bundle_busybox
  device_rules "$allow_all" '{"allow": false, "type": "c", "major": 1, "minor": 11, "access": "w"}'
  inside "$opens try /tmp/log r; try /tmp/log w"
  says $'r: opened\nOperation not permitted'
}

@test "devices: a later rule for all forgets the earlier ones" {
  bundle_busybox
  device_rules '{"allow": true, "type": "c", "major": 1, "minor": 11, "access": "rwm"}' "$deny_all"
  inside "$opens try /tmp/log r"
  says 'Operation not permitted'
}

@test "devices: the runtime's own always work" {
  bundle_busybox
  device_rules "$deny_all" '{"allow": false, "type": "c", "major": 1, "minor": 3, "access": "rwm"}'
  inside 'echo x >/dev/null && head -c 4 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c && : <>/dev/full &&
    : <>/dev/ptmx && test -e /dev/random && echo all'
  says $'4\n4\nall'
}

@test "devices: a rule that takes a part out of another is refused" {
  bundle_busybox
  device_rules "$deny_all" '{"allow": true, "type": "c", "access": "rwm"}' \
    '{"allow": false, "type": "c", "major": 1, "minor": 11, "access": "rwm"}'
  start
  refused
}

@test "devices: in a cgroup that was there before (v2)" {
  [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || skip "needs cgroup v2"
  bundle_busybox
  config --arg p "/$TOKEN" '.linux.cgroupsPath = $p'
  mkdir "/sys/fs/cgroup/$TOKEN"
  device_rules "$deny_all"
  inside "$opens try /tmp/log r"
  says 'Operation not permitted'
}
