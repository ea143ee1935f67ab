#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2317,SC2329 # (expanded inside; `attack` is called by `held`)
# Attacks from within a user or network namespace that a container joins, on what husk does there.
load attacks

readonly OWNER=12345

# An ordinary user's husk has to become root of a user namespace to reach the network namespace that belongs to it. Who
# is root there could look into the process that does so, and through it into husk, which is outside.
@test "hardening: husk's memory and descriptors taken from the process that visits a network namespace for it" {
  attack() {
    bundle_busybox
    local user=(setpriv --reuid "$OWNER" --regid "$OWNER" --clear-groups --inh-caps=-all)
    hostile "${user[@]}" unshare --user --map-root-user sleep 1000
    local namespace=/proc/$!/ns/user
    wait_until grep -q "$OWNER" "/proc/$!/uid_map"
    add_namespace user "$namespace"
    config '.process.args = ["/bin/true"] | (.mounts[] | select(.type == "devpts") | .options) -= ["gid=5"]
      | .annotations["org.husk.network"] = "{\"interfaces\": [{\"type\": \"loopback\", \"addresses\": [\"10.9.9.9/32\"]}]}"'
    chown -R -h "$OWNER:$OWNER" "$ROOTFS" "$ROOT"
    open_path
    SECRET=$TOKEN timeout 20 "$HELPERS/onlooker" "$namespace" "$TMP/report" "${user[@]}" \
      "$RUNTIME" --root "$ROOT" --cgroup-manager disabled run -b "$BUNDLE" "$ID" </dev/null &&
      grep stopped "$TMP/report" || { echo "the attack has found nothing to attack"; ! weak; return; }
    grep -e 'is not root' "$TMP/report" && return 0
    grep -e "took.*descriptor" -e 'took.*memory' -e "took.*SECRET=$TOKEN" "$TMP/report"
  }
  held not_dumpable
}
