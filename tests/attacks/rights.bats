#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # (expanded inside; set by helpers)
# Attacks on who a process of a container is, and what it may do.
load attacks
load residents

# A file that is root's alone, in an image whose process is user 1000 and has this capability in its bounding set.
private_file() { # CAPABILITY SETS
  bundle_busybox
  cp "$HELPERS/rights" "$ROOTFS/rights"
  echo secret >"$ROOTFS/private"
  chmod 0600 "$ROOTFS/private"
  config --arg cap "$1" --argjson sets "$2" '.process.user = {uid: 1000, gid: 1000} | .process.noNewPrivileges = false
    | .process.capabilities = ($sets | map({key: ., value: [$cap]}) | from_entries)'
}
got() { grep secret <<<"$output"; }

# ------------------------------------------------------------------------------------------------ users

# The image's passwd calls its root "1000".
named_users() {
  bundle_busybox
  printf '1000:x:0:0:root:/:/bin/sh\n1:x:0:0:root:/:/bin/sh\n0x10:x:0:0::/:/bin/sh\n' >"$ROOTFS/etc/passwd"
  cp "$ROOTFS/etc/passwd" "$ROOTFS/etc/group"
}

@test "CVE-2016-3697: run as a numeric user whose number is a name in the image's passwd" {
  attack() {
    named_users
    config '.process.user = {uid: 1000, gid: 1000}'
    inside 'id -u'
    show
    [ "$output" = 0 ]
  }
  held numeric_user
}

@test "CVE-2026-30892: exec --user with a number, and with what is none, becomes root" {
  attack() {
    named_users
    config '.process.user = {uid: 7, gid: 7}'
    sleeper
    local user found=1
    for user in 1 1000 1:1 1: :1 -1 +1 ' 1' '1 ' 01 0x1 0x10 1e0 1.0 1,0 root 1root 4294967295 4294967296 4294967297 \
      18446744073709551616 '' ' ' : 1:0x0 1:1:1 $'1\n' '*' nosuch; do
      if add -u "$user" "$ID" sh -c 'echo "uid $(id -u) of $1"' sh "$user" | grep '^uid 0 '; then found=0; fi
    done
    over
    return $found
  }
  held numeric_user
}

@test "groups: those of the caller come along" {
  attack() {
    bundle_busybox
    echo secret >"$ROOTFS/for-group"
    chown 0:4242 "$ROOTFS/for-group"
    chmod 0640 "$ROOTFS/for-group"
    config '.process.user = {uid: 1000, gid: 1000} | .process.args = ["/bin/cat", "/for-group"]'
    setpriv --groups 4242,4243 "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null | grep secret && return 0
    config '.process.args = ["/bin/sleep", "1000"]'
    sleeper
    local found=1
    if setpriv --groups 4242 "$RUNTIME" --root "$ROOT" exec "$ID" cat /for-group | grep secret; then found=0; fi
    over
    return $found
  }
  held groups_dropped
}

# Where no user namespace is asked for, mappings mean nothing: who writes them believes that root inside is nobody outside.
@test "maps: mappings that are not made, overlap or reach too far, and root of the host inside" {
  attack() {
    bundle_busybox
    mkdir "$TMP/shared"
    bind "$TMP/shared" /shared rw
    local base map
    base=$(<"$BUNDLE/config.json")
    for map in '[{"containerID": 0, "hostID": 100000, "size": 65536}]' \
      '[{"containerID": 0, "hostID": 100000, "size": 10}, {"containerID": 5, "hostID": 200000, "size": 10}]' \
      '[{"containerID": 0, "hostID": 4294967290, "size": 100}]' '[{"containerID": 0, "hostID": 4294967296, "size": 1}]' \
      '[{"containerID": 4294967296, "hostID": 0, "size": 1}]' '[{"containerID": 0, "hostID": -1, "size": 2}]' \
      '[{"containerID": 0, "hostID": 100000, "size": 0}]'; do
      printf '%s' "$base" >"$BUNDLE/config.json"
      config --argjson map "$map" '.linux.uidMappings = $map | .linux.gidMappings = $map'
      inside 'echo x >/shared/written'
      config '.linux.namespaces += [{type: "user"}]'
      if [ "$map" != '[{"containerID": 0, "hostID": 100000, "size": 65536}]' ]; then inside 'echo x >/shared/written'; fi
      if [ -e "$TMP/shared/written" ] && [ "$(stat -c %u "$TMP/shared/written")" = 0 ]; then
        echo "root of the host with $map"
        return 0
      fi
    done
    return 1
  }
  held maps_checked
}

# ------------------------------------------------------------------------------------------------ capabilities

# Docker 1.12: a user who is not root had all that the container's root could have had.
@test "CVE-2016-8867: an ambient capability that nobody asked for" {
  attack() {
    private_file CAP_DAC_OVERRIDE '["bounding", "effective", "permitted"]'
    config '.process.args = ["/rights", "read", "/private"]'
    start
    got && return 0
    output=$(setpriv --inh-caps +dac_override --ambient-caps +dac_override "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null)
    got && return 0
    sleeper
    output=$(add --cap CAP_DAC_OVERRIDE "$ID" /rights read /private
      setpriv --inh-caps +dac_override --ambient-caps +dac_override "$RUNTIME" --root "$ROOT" exec "$ID" /rights read /private)
    over
    got
  }
  held ambient_cleared
}

# A file of the image with an inheritable capability gives it to whoever has it in that set.
inheriting_file() {
  private_file CAP_DAC_OVERRIDE '["bounding", "effective", "permitted"]'
  setcap cap_dac_override=ei "$ROOTFS/rights" || exit 0
  config '.process.args = ["/rights", "read", "/private"]'
}

@test "CVE-2022-29162: the inheritable set is not empty, and a file of the image makes use of it" {
  attack() {
    inheriting_file
    start
    got && return 0
    output=$(setpriv --inh-caps +dac_override "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null)
    got
  }
  held inheritable_empty
}

@test "CVE-2022-27650: ... of a process that exec adds" {
  attack() {
    inheriting_file
    sleeper
    output=$(add "$ID" /rights read /private
      setpriv --inh-caps +dac_override "$RUNTIME" --root "$ROOT" exec "$ID" /rights read /private)
    over
    got
  }
  held inheritable_empty
}

@test "CVE-2022-24769: ... of a process that is given as JSON" {
  attack() {
    inheriting_file
    jq '.process | .capabilities = {bounding: ["CAP_DAC_OVERRIDE"], permitted: ["CAP_DAC_OVERRIDE"]}' \
      <"$BUNDLE/config.json" >"$TMP/process.json"
    sleeper
    output=$(add -p "$TMP/process.json" "$ID")
    over
    got
  }
  held inheritable_empty
}

@test "CVE-2025-27612: ... of a process that is given more by exec --cap" {
  attack() {
    inheriting_file
    config '.process.capabilities = {}'
    sleeper
    output=$(add --cap CAP_DAC_OVERRIDE "$ID" /rights read /private)
    over
    got
  }
  held inheritable_empty
}

@test "bounding set: root gets by execve what it was not given" {
  attack() {
    bundle_busybox
    mkdir "$ROOTFS/mnt"
    config '.process.noNewPrivileges = false'
    inside 'mount -t tmpfs none /mnt && touch /mnt/file && echo mounted'
    [ "$output" = mounted ] && return 0
    sleeper
    add "$ID" mount -t tmpfs none /mnt && echo mounted
    local result=$?
    over
    return $result
  }
  held bounding_dropped
}

@test "no_new_privs: a file of the image that is set-user-id root" {
  attack() {
    private_file CAP_KILL '["bounding"]'
    config '.process.noNewPrivileges = true | .process.args = ["/rights", "read", "/private"]'
    chmod 4755 "$ROOTFS/rights"
    start
    got && return 0
    sleeper
    output=$(add "$ID" /rights read /private
      add --cap CAP_KILL "$ID" /rights read /private)
    over
    got
  }
  held no_new_privs
}

# ------------------------------------------------------------------------------------------------ devices

# The list of a configuration that says what is allowed, and nothing about the rest.
@test "GHSA-g54h-m393-cpwq: the host's kernel log is read where the list of devices has no rule that denies" {
  attack() {
    bundle_busybox
    config '.process.capabilities |= map_values(. + ["CAP_MKNOD", "CAP_DAC_OVERRIDE", "CAP_SYSLOG"])'
    script 'mknod /log c 1 11 && : </log && echo opened'
    local list
    for list in '[{"allow": true, "type": "c", "major": 10, "minor": 200, "access": "rwm"}]' \
      '[{"allow": false, "type": "c", "major": 5, "minor": 1, "access": "w"}]' '[]'; do
      config --argjson list "$list" '.linux.resources.devices = $list'
      rm -f "$ROOTFS/log"
      start
      show
      [ "$output" != opened ] || return 0
    done
    rm "$ROOTFS/log"
    config 'del(.linux.resources)'
    start
    [ "$output" = opened ]
  }
  [ -d /sys/fs/cgroup/devices ] || [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || skip "no device cgroup"
  held devices_denied
}

# ------------------------------------------------------------------------------------------------ what comes along

@test "environment: what the caller's says is readable inside" {
  attack() {
    bundle_busybox
    config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
    hook startContainer 'cat /proc/1/environ /proc/$PPID/environ /proc/self/environ >>/environments'
    config '.process.args = ["/bin/sleep", "1000"]'
    SECRET_WORD=hidden-word "$RUNTIME" --root "$ROOT" create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
    SECRET_WORD=hidden-word "$RUNTIME" --root "$ROOT" start "$ID"
    SECRET_WORD=hidden-word add "$ID" sh -c 'cat /proc/1/environ /proc/self/environ >>/environments'
    over
    [ -s "$ROOTFS/environments" ] || return 0
    grep -a hidden-word "$ROOTFS/environments"
  }
  held environment_dropped
}

@test "keyring: a key in the caller's session is readable inside" {
  attack() {
    bundle_busybox
    cp "$HELPERS/rights" "$ROOTFS/rights"
    config '.process.args = ["/rights", "key-get"]'
    "$HELPERS/rights" key-put secret "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null | grep secret && return 0
    sleeper
    "$HELPERS/rights" key-put secret "$RUNTIME" --root "$ROOT" exec "$ID" /rights key-get </dev/null | grep secret
    local result=$?
    over
    return $result
  }
  held keyring_own
}

# ------------------------------------------------------------------------------------------------ names that mean something

# Where there is no AppArmor, a profile is refused; who takes the name for "none at all" starts the process without.
@test "AppArmor: a profile that is named like \"unconfined\" confines nothing" {
  attack() {
    bundle_busybox
    local name
    for name in unconfined_x unconfined-x unconfinedx 'unconfined//&x'; do
      config --arg name "$name" '.process.apparmorProfile = $name'
      inside 'echo "confined by: $(cat /proc/self/attr/current 2>/dev/null)"'
      if [[ $output =~ ^confined\ by:\ *(unconfined.*)?$ ]]; then return 0; fi
    done
    return 1
  }
  held apparmor_name
}

# Properties that say where the container lives are not an annotation's to set. (The others are the administrator's
# business: `features` says that these annotations are not for strangers.)
@test "CVE-2024-3154: an annotation becomes a property of systemd's that moves the container" {
  attack() {
    bundle_busybox
    local property
    "$RUNTIME" features | jq -e '.potentiallyUnsafeConfigAnnotations | index("org.systemd.property.")' ||
      { echo "not told by features"; return 0; }
    python3 "$BATS_TEST_DIRNAME/../integration/fake_systemd.py" "$TMP/bus" "$TMP/log" error 3>&- &
    HOSTILE+=($!)
    wait_until [ -S "$TMP/bus" ]
    export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$TMP/bus HUSK_SYSTEMD_TIMEOUT=5
    for property in "Slice='stranger.slice'" "PIDs=[uint32 1]" "Delegate=true"; do
      config --arg p "$property" '.annotations = {($p | "org.systemd.property." + sub("=.*"; "")): ($p | sub("[^=]*="; ""))}'
      : >"$TMP/log"
      timeout 10 "$RUNTIME" --root "$ROOT" --systemd-cgroup run -b "$BUNDLE" "$ID" </dev/null
      if grep StartTransientUnit "$TMP/log"; then return 0; fi
    done
    return 1
  }
  held annotations_checked
}
