#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# exec: the cgroup and the processors of the new process.
load helpers
load containers
load exec

is_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

# The container's cgroup as /proc/self/cgroup shows it: without controllers' numbers, which differ between machines.
own_cgroups() { sed 's/^[0-9]*://' "/proc/$(pid_of)/cgroup" | sort; }

@test "the process is in all cgroups of the container" {
  launch
  local expected
  expected=$(own_cgroups)
  run bash -c '"$@" | sed "s/^[0-9]*://" | sort' bash "$RUNTIME" --root "$ROOT" exec "$ID" cat /proc/self/cgroup
  says "$expected"
}

@test "--cgroup /: the container's own" {
  launch
  local expected
  expected=$(own_cgroups)
  run bash -c '"$@" | sed "s/^[0-9]*://" | sort' bash "$RUNTIME" --root "$ROOT" exec --cgroup / "$ID" cat /proc/self/cgroup
  says "$expected"
}

@test "--cgroup of a cgroup below" {
  launch
  local dir
  for dir in $(cgroups_of); do
    mkdir "$dir/below"
    [ ! -e "$dir/cpuset.cpus" ] || is_v2 || { cat "$dir/cpuset.cpus" >"$dir/below/cpuset.cpus"; cat "$dir/cpuset.mems" >"$dir/below/cpuset.mems"; }
  done
  add --cgroup below -- cat /proc/self/cgroup
  ok
  same "$(grep -c "$ID" <<<"$output")" "$(cgroups_of | wc -l)"
  same "$(grep -c "$ID/below\$" <<<"$output")" "$(cgroups_of | wc -l)"
}

@test "--cgroup of one that does not exist" {
  launch
  add --cgroup nosuch -- touch /ran
  fails ' adding pid .*/nosuch/cgroup.procs: no such file'
  [ ! -e "$ROOTFS/ran" ]
}

@test "--cgroup that leads out is refused" {
  launch
  local path
  for path in .. /.. ../other below/../.. a/../../b; do
    add --cgroup "$path" -- touch /ran
    fails 'bad sub cgroup path'
  done
  [ ! -e "$ROOTFS/ran" ]
}

@test "--cgroup CONTROLLER:PATH" {
  if is_v2; then skip "v1"; fi
  launch
  local dir
  dir=$(cgroups_of | grep /pids/)
  mkdir "$dir/below"
  add --cgroup pids:below -- cat /proc/self/cgroup
  has ':pids:[^:]*/below'
  same "$(grep -c '/below$' <<<"$output")" 1
}

@test "--cgroup of an unknown controller" {
  launch
  add --cgroup nosuch:/ -- true
  fails 'unknown controller nosuch'
}

@test "--cgroup twice with the same controller" {
  if is_v2; then skip "v1"; fi
  launch
  add --cgroup pids:/ --cgroup pids:/ -- true
  fails 'controller pids specified multiple times'
}

@test "--cgroup twice, one without a controller" {
  if is_v2; then skip "v1"; fi
  launch
  add --cgroup pids:/ --cgroup below -- true
  fails 'missing <controller>: prefix'
}

@test "--cgroup without a controller before the colon" {
  launch
  add --cgroup :below -- true
  fails 'empty <controller> prefix'
}

# A container whose process has moved down and handed a controller on: nothing can live in its own cgroup any more.
hand_on() {
  is_v2 || skip "v2"
  launch
  DIR=$(cgroups_of)
  mkdir "$DIR/init"
  pid_of >"$DIR/init/cgroup.procs"
  local controller
  controller=$(cut -d ' ' -f 1 </sys/fs/cgroup/cgroup.controllers)
  [ -n "$controller" ] || skip "no controller on v2"
  echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
  echo "+$controller" >"$DIR/cgroup.subtree_control"
}

@test "v2: where the container keeps its own cgroup free, the process goes where init is" {
  hand_on
  add cat /proc/self/cgroup
  has '/init$'
}

@test "v2: --cgroup / does not go elsewhere" {
  hand_on
  add --cgroup / -- true
  fails ' adding pid .* to cgroups.*/cgroup.procs: device or resource busy'
}

@test "v2: --cgroup below a cgroup that is kept free" {
  hand_on
  mkdir "$DIR/second"
  add --cgroup second -- cat /proc/self/cgroup
  has '/second$'
}

# ------------------------------------------------------------------------------------------------ processors

cpus_of() { sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "/proc/${1:-self}/status"; }
two_processors() {
  FIRST=$(sed 's/[-,].*//' /sys/devices/system/cpu/online)
  SECOND=$((FIRST + 1))
  taskset -c "$SECOND" true 2>/dev/null || skip "one processor"
}

@test "the processors that the caller is bound to are not the container's" {
  two_processors
  launch
  local all
  all=$(cpus_of $$)
  run taskset -c "$SECOND" "$RUNTIME" --root "$ROOT" exec "$ID" grep Cpus_allowed_list /proc/self/status
  says "Cpus_allowed_list:	$all"
}

@test "the processors that the caller of run is bound to are not the container's" {
  two_processors
  taskset -c "$SECOND" "$RUNTIME" --root "$ROOT" run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&-
  same "$(cpus_of "$(pid_of)")" "$(cpus_of $$)"
}

@test "execCPUAffinity: final" {
  two_processors
  config --argjson n "$SECOND" '.process.execCPUAffinity = {final: "\($n)"}'
  launch
  run runtime exec "$ID" grep Cpus_allowed_list /proc/self/status
  says "Cpus_allowed_list:	$SECOND"
}

@test "execCPUAffinity: final after initial" {
  two_processors
  launch
  shell_process 'grep Cpus_allowed_list /proc/self/status' ".execCPUAffinity = {initial: \"$FIRST\", final: \"$SECOND\"}"
  ask exec -p "$TMP/process.json" "$ID"
  says "Cpus_allowed_list:	$SECOND"
}

@test "execCPUAffinity: initial of a processor that is not there" {
  launch
  process '.execCPUAffinity = {initial: "60000"}'
  ask exec -p "$TMP/process.json" "$ID"
  fails 'initial CPU affinity'
}

@test "execCPUAffinity: final of a processor that is not there" {
  launch
  process '.execCPUAffinity = {final: "60000"}'
  ask exec -p "$TMP/process.json" "$ID"
  fails 'CPU affinity'
}

@test "execCPUAffinity: initial is where the process is made" {
  two_processors
  command -v strace >/dev/null || skip "needs strace"
  launch
  process ".execCPUAffinity = {initial: \"$SECOND\"}"
  strace -f -e trace=sched_setaffinity,clone3,clone,vfork -o "$TMP/trace" "$RUNTIME" --root "$ROOT" \
    exec -p "$TMP/process.json" "$ID" </dev/null 3>&-
  same "$(grep -n -m 1 "sched_setaffinity(0, [0-9]*, \[$SECOND\])" "$TMP/trace" | cut -d: -f1)" \
    "$(($(grep -n -m 1 -E 'clone3\(\{|clone\(' "$TMP/trace" | cut -d: -f1) - 1))"
}

@test "at the limit of processes: one more can be added to look at it" {
  [ -d /sys/fs/cgroup/pids ] || grep -qw pids /sys/fs/cgroup/cgroup.controllers || skip "needs the pids controller"
  config '.linux.resources.pids.limit = 1'
  launch
  ask exec "$ID" echo in
  says in
}
