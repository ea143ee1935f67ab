#!/usr/bin/env bats
# husk doctor: what the host offers, compared with the host itself.
# Legs: short v2
# shellcheck disable=SC2154,SC2016 # ($output and $stderr are set by run; expanded inside)
load helpers

setup_file() { is_husk || skip "husk's own"; }

doctor() { run --separate-stderr "$RUNTIME" doctor "$@"; }
found() { jq -r --arg id "$1" '.[] | select(.id == $id) | "\(.state) \(.value)"' <<<"$output"; }
words() { jq -r --arg id "$1" '.[] | select(.id == $id) | .found' <<<"$output"; }

@test "the table: every line has a state, and what is not ok has a hint" {
  doctor
  [ "$status" -le 1 ]
  same "$(sed '/^$/,$d' <<<"$output" | grep -cvE '^(STATE|ok|missing|unknown) ')" 0
  doctor --format json
  jq -e 'all(.state == "ok" or .hint != "")' <<<"$output"
  jq -e 'all((.name | length) > 0 and (.found | length) > 0)' <<<"$output"
  jq -e 'map(.id) | length == (unique | length)' <<<"$output"
  jq -e 'all(.state != "unknown")' <<<"$output"
}

@test "root of this machine, where all these tests run: nothing is fatal" {
  doctor --format json
  ok
  jq -e 'all(.fatal | not)' <<<"$output"
}

@test "the kernel: release, namespaces, file systems" {
  doctor --format json
  same "$(found kernel_release)" "ok $(uname -r)"
  local kind
  for kind in mnt pid net ipc uts user cgroup time; do
    if [ -e "/proc/self/ns/$kind" ]; then same "$(found "namespace_$kind")" 'ok true'; else same "$(found "namespace_$kind")" 'missing false'; fi
  done
  if grep -qw overlay /proc/filesystems; then same "$(found overlayfs)" 'ok true'; else same "$(found overlayfs)" 'missing false'; fi
}

@test "the mode of the cgroups" {
  doctor --format json
  case $(stat -f -c %T /sys/fs/cgroup) in
    cgroup2fs) same "$(found cgroup_mode)" 'ok v2' ;;
    *) [[ $(found cgroup_mode) == 'ok '@(v1|hybrid) ]] ;;
  esac
}

@test "limits are the caller's" {
  (ulimit -n 100 -u 60 && exec "$RUNTIME" doctor --format json >"$TMP/few")
  output=$(<"$TMP/few")
  same "$(found open_files)" 'missing 100'
  jq -e '.[] | select(.id == "open_files") | .value == 100 and .unit == "descriptors"' <<<"$output"
  same "$(found processes)" 'missing 60'
}

@test "user namespaces that are turned off are fatal for an ordinary user, and said" {
  cp "$RUNTIME" "$TMP/husk"
  open_path
  run --separate-stderr setpriv --reuid 47111 --regid 47111 --clear-groups unshare --user --map-root-user sh -c '
    echo 0 >/proc/sys/user/max_user_namespaces && exec "$1" doctor --format json' sh "$TMP/husk"
  same "$(found max_user_namespaces)" 'missing 0'
}

@test "a helper that has lost its set-user-id bit is told, with the command that gives it back" {
  local one
  for one in newuidmap newgidmap; do
    doctor --format json
    same "$(found "$one")" 'ok true'
    cp "/usr/bin/$one" "$TMP/$one"
    chmod 755 "$TMP/$one"
    own_mount --bind "$TMP/$one" "/usr/bin/$one"
    doctor --format json
    same "$(found "$one")" 'missing false'
    same "$(words "$one")" 'not set-user-id'
    jq -e --arg one "$one" '.[] | select(.name == $one) | .hint | startswith("chmod u+s /usr/bin/" + $one)' <<<"$output"
  done
}

@test "a helper that is not there" {
  mkdir "$TMP/upper" "$TMP/work"
  mknod "$TMP/upper/newgidmap" c 0 0 # an overlay's sign for a file that was deleted
  own_mount -t overlay -o "lowerdir=/usr/bin,upperdir=$TMP/upper,workdir=$TMP/work" overlay /usr/bin || skip "no overlay on /usr/bin"
  doctor --format json
  same "$(found newgidmap) $(found newuidmap)" 'missing false ok true'
  same "$(words newgidmap)" 'not there'
}

@test "security modules" {
  doctor --format json
  same "$(found apparmor)" "ok $(grep -qsx Y /sys/module/apparmor/parameters/enabled && echo true || echo false)"
  same "$(found selinux)" "ok $([ -e /sys/fs/selinux/enforce ] && echo true || echo false)"
}

# A program with less in its mount namespace than this machine has.
without() { # COMMAND: run in a mount namespace of its own; then husk doctor
  cp "$RUNTIME" "$TMP/husk"
  run --separate-stderr unshare --mount --propagation private sh -c "$1; exec \"\$1\" doctor --format json" sh "$TMP/husk"
}

@test "without procfs that is what is missing, and what cannot be told is unknown" {
  without 'umount -l /proc'
  exits 1
  same "$(found procfs)" 'missing false'
  local id
  for id in namespace_pid namespace_user seccomp_filter overlayfs max_user_namespaces; do same "$(found $id)" 'unknown null'; done
  same "$(jq -r '[.[] | select(.fatal) | .id] | join(" ")' <<<"$output")" procfs
}

@test "cgroups below another mount are none" {
  without 'mount -t tmpfs none /sys/fs/cgroup'
  same "$(found cgroup_mode)" 'missing none'
  same "$(found cgroup_writable)" 'missing false'
  same "$(jq -c '.[] | select(.id == "cgroup_controllers") | .value' <<<"$output")" '[]'
}

@test "no_new_privs is stated, with what it does to the helpers" {
  open_path
  cp "$RUNTIME" "$TMP/husk"
  run --separate-stderr setpriv --reuid 47111 --regid 47111 --clear-groups --no-new-privs "$TMP/husk" doctor --format json
  same "$(found no_new_privs)" 'missing true'
  same "$(words newuidmap)" 'without effect under no_new_privs'
  same "$(found newgidmap)" 'missing false'
  run --separate-stderr setpriv --reuid 47111 --regid 47111 --clear-groups "$TMP/husk" doctor --format json
  same "$(found no_new_privs)" 'ok false'
}

@test "root without CAP_SYS_ADMIN: an error where there are no user namespaces either" {
  run --separate-stderr setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$RUNTIME" doctor --format json
  ok
  same "$(found cap_sys_admin)" 'missing false'
  cp "$RUNTIME" "$TMP/husk"
  run --separate-stderr unshare --user --map-root-user sh -c '
    echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set -sys_admin "$1" doctor --format json' sh "$TMP/husk"
  exits 1
  jq -e '.[] | select(.id == "cap_sys_admin") | .fatal' <<<"$output"
  doctor --format json
  same "$(found cap_sys_admin)" 'ok true'
}
