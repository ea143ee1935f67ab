#!/usr/bin/env bats
# Capabilities: the five sets as the kernel shows them.
load helpers

# Masks: CHOWN 0x1, KILL 0x20, NET_BIND_SERVICE 0x400, NET_RAW 0x2000, AUDIT_WRITE 0x20000000
capability_sets() { # BOUNDING PERMITTED EFFECTIVE INHERITABLE AMBIENT: JSON arrays
  config --argjson b "$1" --argjson p "$2" --argjson e "$3" --argjson i "$4" --argjson a "$5" \
    '.process.capabilities = {bounding: $b, permitted: $p, effective: $e, inheritable: $i, ambient: $a}'
  config '.process.args = ["/bin/grep", "^Cap", "/proc/self/status"]'
}

mask() { printf '%016x' "$1"; }

@test "the five sets of root" {
  bundle_busybox
  config '.process.noNewPrivileges = true'
  capability_sets '["CAP_CHOWN","CAP_KILL"]' '["CAP_CHOWN","CAP_KILL"]' '["CAP_CHOWN"]' '[]' '[]'
  start
  has "CapBnd:.$(mask 0x21)" "CapPrm:.$(mask 0x21)" "CapInh:.$(mask 0)" "CapAmb:.$(mask 0)"
}

@test "the bounding set is the configured one" {
  bundle_busybox
  start
  capability_sets '["CAP_NET_RAW"]' '[]' '[]' '[]' '[]'
  start
  has "CapBnd:.$(mask 0x2000)"
}

@test "an ordinary user has no capability after execve" {
  bundle_busybox
  config '.process.user = {uid: 1000, gid: 1000}'
  capability_sets '["CAP_CHOWN"]' '["CAP_CHOWN"]' '["CAP_CHOWN"]' '[]' '[]'
  start
  has "CapPrm:.$(mask 0)" "CapEff:.$(mask 0)" "CapBnd:.$(mask 1)"
}

@test "ambient capabilities reach an ordinary user" {
  bundle_busybox
  config '.process.user = {uid: 1000, gid: 1000}'
  capability_sets '["CAP_CHOWN","CAP_KILL"]' '["CAP_CHOWN","CAP_KILL"]' '["CAP_CHOWN"]' '["CAP_CHOWN"]' '["CAP_CHOWN"]'
  start
  has "CapPrm:.$(mask 1)" "CapEff:.$(mask 1)" "CapInh:.$(mask 1)" "CapAmb:.$(mask 1)" "CapBnd:.$(mask 0x21)"
}

@test "the inheritable set" {
  bundle_busybox
  capability_sets '["CAP_KILL"]' '["CAP_KILL"]' '["CAP_KILL"]' '["CAP_KILL"]' '[]'
  start
  has "CapInh:.$(mask 0x20)" "CapAmb:.$(mask 0)"
}

@test "empty sets: nothing is left" {
  bundle_busybox
  capability_sets '[]' '[]' '[]' '[]' '[]'
  start
  says "$(printf 'Cap%s:\t0000000000000000\n' Inh Prm Eff Bnd Amb)"
}

@test "the caller's ambient and inheritable sets do not come along" {
  bundle_busybox
  capability_sets '["CAP_CHOWN"]' '["CAP_CHOWN"]' '["CAP_CHOWN"]' '[]' '[]'
  husk() {
    setpriv --inh-caps +kill --ambient-caps +kill "$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" --root "$ROOT" "$@" 3>&-
  }
  start
  has "CapInh:.$(mask 0)" "CapAmb:.$(mask 0)"
}

@test "a missing capability is felt" {
  bundle_busybox
  capability_sets '["CAP_KILL"]' '["CAP_KILL"]' '["CAP_KILL"]' '[]' '[]'
  inside 'chown 1:1 /tmp'
  exits 1
}

@test "an unknown capability does not stop the start" {
  bundle_busybox
  capability_sets '["CAP_KILL","CAP_FLY"]' '["CAP_KILL"]' '["CAP_KILL"]' '[]' '[]'
  start
  has "CapBnd:.$(mask 0x20)"
}
