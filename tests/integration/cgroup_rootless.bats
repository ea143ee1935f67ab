#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# The cgroup of a container that an ordinary user makes: where it may be, and what is said when there may be none.
load helpers
load containers

readonly USER_ID=47110

is_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

setup() {
  prepare
  bundle_busybox
  drop_namespace network
  add_namespace user
  config --argjson id "$USER_ID" '.linux.uidMappings = [{containerID: 0, hostID: $id, size: 1}]
    | .linux.gidMappings = .linux.uidMappings
    | (.mounts[] | select(.type == "devpts") | .options) -= ["gid=5"]
    | (.mounts[] | select(.type == "sysfs")) |= {destination: "/sys", type: "none", source: "/sys", options: ["rbind", "ro"]}
    | .process.args = ["/bin/cat", "/proc/self/cgroup"]'
  chown -R -h "$USER_ID:$USER_ID" "$BUNDLE" "$ROOT"
  chmod 755 "$ROOT"
  cp "$RUNTIME" "$TMP/${RUNTIME##*/}" # where the user may go
  open_path
  GROUPS_OF_USER=()
}

teardown() {
  local found=0
  check_nothing_but_delegated || found=1
  remove_cgroups "$TOKEN-d"
  return "$found"
}

check_nothing_but_delegated() {
  [ -z "$(find /sys/fs/cgroup -name "$ID" 2>/dev/null)" ] || return 1
  remove_cgroups "$TOKEN-d"
  check_nothing_left
}

# delegate HIERARCHY...: a cgroup in each, owned by the user ("" on v2). The caller starts in $TOKEN-d/leaf there.
delegate() {
  local hierarchy dir
  for hierarchy; do
    dir=/sys/fs/cgroup/$hierarchy
    [ "$hierarchy" != memory ] || dir=$dir$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
    dir=${dir%/}/$TOKEN-d
    mkdir -p "$dir/leaf"
    if [ -e "$dir/cpuset.mems" ]; then fill_cpuset "$dir"; fi
    chown "$USER_ID" "$dir" "$dir/cgroup.procs" "$dir/leaf" "$dir/leaf/cgroup.procs"
    if is_v2; then chown "$USER_ID" "$dir/cgroup.subtree_control"; fi
    GROUPS_OF_USER+=("$dir/leaf")
  done
}

fill_cpuset() { # DIR: an empty one takes no process
  cat "$1/../cpuset.cpus" >"$1/cpuset.cpus" && cat "$1/../cpuset.mems" >"$1/cpuset.mems"
  cat "$1/cpuset.cpus" >"$1/leaf/cpuset.cpus" && cat "$1/cpuset.mems" >"$1/leaf/cpuset.mems"
}

user_runs() { # ARG...: the runtime as the user, from the delegated cgroups; sets $status, $output, $stderr
  run --separate-stderr "$HELPERS/orphans" "$TMP/orphans" sh -c '
    while [ "$1" != -- ]; do echo $$ >"$1/cgroup.procs"; shift; done
    shift
    exec setpriv --reuid '"$USER_ID"' --regid '"$USER_ID"' --clear-groups --inh-caps=-all "$@"' sh \
    "${GROUPS_OF_USER[@]}" -- "$TMP/${RUNTIME##*/}" --root "$ROOT" "$@" 3>&-
}

user_starts() { user_runs run -b "$BUNDLE" "$ID"; }

@test "nothing asked for: the container runs where its caller is" {
  user_starts
  has '[0-9]:'
  lacks "$ID"
}

@test "a cgroup asked for: permission denied" {
  config --arg p "/$TOKEN-p" '.linux.cgroupsPath = $p'
  user_starts
  refused 'unable to apply cgroup configuration.*permission denied'
}

@test "limits asked for: says what it takes" {
  if is_v2; then
    config '.linux.resources.unified = {"hugetlb.2MB.max": "0"}'
  else
    config '.linux.resources.pids.limit = 10'
  fi
  user_starts
  refused 'unable to apply cgroup configuration.*rootless needs no limits \+ no cgrouppath.*permission denied'
  is_husk && [[ $stderr =~ Delegate=yes ]]
}

@test "empty resources ask for nothing" {
  config '.linux.resources = {devices: [{allow: false, access: "rwm"}]}'
  user_starts
  ok
}

@test "v2: beside the caller's cgroup, where that is the user's" {
  is_v2 || skip "v2"
  delegate ""
  user_starts
  has "^([0-9]+:.*"$'\n'")*0::/$TOKEN-d/$ID\$"
}

@test "v2: below the caller's cgroup, where only that is the user's" {
  is_v2 || skip "v2"
  is_husk || skip "runc runs it without a cgroup"
  delegate ""
  chown 0 "/sys/fs/cgroup/$TOKEN-d"
  user_starts
  has "0::/$TOKEN-d/leaf/$ID\$"
}

@test "v2: limits in a delegated cgroup" {
  is_v2 || skip "v2"
  grep -qw hugetlb /sys/fs/cgroup/cgroup.controllers || skip "no controller"
  echo +hugetlb >/sys/fs/cgroup/cgroup.subtree_control
  delegate ""
  config '.linux.resources.unified = {"hugetlb.2MB.max": "4194304"}
    | .process.args = ["/bin/cat", "/sys/fs/cgroup/hugetlb.2MB.max"]'
  add_namespace cgroup
  user_starts
  says 4194304
}

@test "v2: an inner cgroup with processes hands no controllers down" {
  is_v2 || skip "v2"
  is_husk || skip "runc runs it without a cgroup"
  delegate ""
  chown 0 "/sys/fs/cgroup/$TOKEN-d"
  config '.linux.resources.unified = {"hugetlb.2MB.max": "0"}'
  user_starts
  refused "no hugetlb controller for a cgroup below .*/$TOKEN-d/leaf, as that has processes in it"
}

@test "v1: in the hierarchies that are the user's" {
  if is_v2; then skip "v1"; fi
  delegate pids
  user_starts
  has ":pids:/$TOKEN-d/leaf/$ID"
  same "$(grep -c "$ID" <<<"$output")" 1
}

@test "v1: limits there, and none elsewhere" {
  if is_v2; then skip "v1"; fi
  delegate pids
  config '.linux.resources.pids.limit = 7 | .process.args = ["/bin/cat", "/sys/fs/cgroup/pids/pids.max"]'
  user_starts
  says 7
  config '.linux.resources.memory.limit = 50000000'
  user_starts
  refused 'cannot set memory.limit_in_bytes'
}

# The husk of helpers.bash would end what a command leaves: this is for a container that stays.
user_launches() {
  sh -c 'echo $$ >"$1/cgroup.procs"; shift; exec setpriv --reuid '"$USER_ID"' --regid '"$USER_ID"' --clear-groups --inh-caps=-all "$@"' \
    sh "${GROUPS_OF_USER[0]}" "$TMP/${RUNTIME##*/}" --root "$ROOT" run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-
}

@test "exec from a place in the tree that is not the user's: runs there, with a warning" {
  delegate "$(is_v2 || echo pids)"
  config '.process.args = ["/bin/sleep", "1000"]'
  user_launches
  local from=()
  is_v2 || from=("/sys/fs/cgroup/pids/$TOKEN-d")
  if ! is_v2; then chown 0 "/sys/fs/cgroup/pids/$TOKEN-d/leaf/$ID/cgroup.procs"; fi
  GROUPS_OF_USER=("${from[@]}")
  user_runs exec "$ID" cat /proc/self/cgroup
  local result=("$status" "$output" "$stderr")
  user_runs delete --force "$ID"
  status=${result[0]} output=${result[1]} stderr=${result[2]}
  has '[0-9]:'
  lacks "$ID"
  is_husk && [[ $stderr =~ level=warning.*"not in the container's cgroup" ]]
}
