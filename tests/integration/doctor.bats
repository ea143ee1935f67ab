#!/usr/bin/env bats
# husk doctor: what the host offers, compared with the host itself.
# Legs: short v2
# shellcheck disable=SC2154,SC2016 # ($output and $stderr are set by run; expanded inside)
load helpers

setup_file() { is_husk || skip "husk's own"; }

doctor() { run --separate-stderr "$RUNTIME" doctor "$@"; }
found() { jq -r --arg name "$1" '.[] | select(.name == $name) | "\(.state) \(.value)"' <<<"$output"; }

@test "the table: every line has a state, and what is not ok has a hint" {
  doctor
  [ "$status" -le 1 ]
  same "$(sed '/^$/,$d' <<<"$output" | grep -cvE '^(STATE|ok|limited|missing) ')" 0
  doctor --format json
  jq -e 'all(.state == "ok" or .hint != "")' <<<"$output"
  jq -e 'all((.name | length) > 0 and (.value | length) > 0)' <<<"$output"
}

@test "root of this machine, where all these tests run: nothing is fatal" {
  doctor --format json
  ok
  jq -e 'all(.fatal | not)' <<<"$output"
}

@test "the kernel: release, namespaces, file systems" {
  doctor --format json
  same "$(found release)" "ok $(uname -r)"
  local kind
  for kind in mnt pid net ipc uts user cgroup time; do
    if [ -e "/proc/self/ns/$kind" ]; then same "$(found "namespaces: $kind")" 'ok yes'; else same "$(found "namespaces: $kind" | cut -d' ' -f2)" no; fi
  done
  if grep -qw overlay /proc/filesystems; then same "$(found overlay)" 'ok yes'; else same "$(found overlay)" 'limited not loaded'; fi
}

@test "the mode of the cgroups" {
  doctor --format json
  case $(stat -f -c %T /sys/fs/cgroup) in
    cgroup2fs) same "$(found mode)" 'ok v2' ;;
    *) [[ $(found mode) == 'limited '@(v1|hybrid) ]] ;;
  esac
}

@test "limits are the caller's" {
  (ulimit -n 100 -u 60 && exec "$RUNTIME" doctor --format json >"$TMP/few")
  output=$(<"$TMP/few")
  same "$(found 'open files')" 'limited 100'
  same "$(found processes)" 'limited 60'
}

@test "user namespaces that are turned off are fatal for an ordinary user, and said" {
  cp "$RUNTIME" "$TMP/husk"
  open_path
  run --separate-stderr setpriv --reuid 47111 --regid 47111 --clear-groups unshare --user --map-root-user sh -c '
    echo 0 >/proc/sys/user/max_user_namespaces && exec "$1" doctor --format json' sh "$TMP/husk"
  same "$(found user.max_user_namespaces)" 'missing 0'
}

@test "a helper that has lost its set-user-id bit is told, with the command that gives it back" {
  local one
  for one in newuidmap newgidmap; do
    doctor --format json
    same "$(found "$one")" 'ok yes'
    cp "/usr/bin/$one" "$TMP/$one"
    chmod 755 "$TMP/$one"
    own_mount --bind "$TMP/$one" "/usr/bin/$one"
    doctor --format json
    same "$(found "$one")" 'limited not set-user-id'
    jq -e --arg one "$one" '.[] | select(.name == $one) | .hint | startswith("chmod u+s /usr/bin/" + $one)' <<<"$output"
  done
}

@test "a helper that is not there" {
  mkdir "$TMP/upper" "$TMP/work"
  mknod "$TMP/upper/newgidmap" c 0 0 # an overlay's sign for a file that was deleted
  own_mount -t overlay -o "lowerdir=/usr/bin,upperdir=$TMP/upper,workdir=$TMP/work" overlay /usr/bin || skip "no overlay on /usr/bin"
  doctor --format json
  same "$(found newgidmap) $(found newuidmap)" 'limited not there ok yes'
}

@test "root without the privilege that namespaces take" {
  run --separate-stderr setpriv --bounding-set=-sys_admin "$RUNTIME" doctor --format json
  same "$(found CAP_SYS_ADMIN)" 'missing no'
  doctor --format json
  same "$(found CAP_SYS_ADMIN)" 'ok yes'
}

@test "security modules" {
  doctor --format json
  same "$(found AppArmor)" "ok $(grep -qsx Y /sys/module/apparmor/parameters/enabled || echo 'not ')enabled"
  same "$(found SELinux)" "ok $([ -e /sys/fs/selinux/enforce ] || echo 'not ')enabled"
}
