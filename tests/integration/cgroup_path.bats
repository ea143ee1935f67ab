#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# linux.cgroupsPath: what may be asked for, what is there already, and odd places of a v2 tree.
load helpers
load containers

is_v2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }
v2() { is_v2 || skip "v2"; }

path() { config --arg p "$1" '.linux.cgroupsPath = $p'; } # CGROUPSPATH

# A directory for this path in each hierarchy.
make_groups() { # NAME
  local dir
  PLACES=()
  if is_v2; then
    PLACES=("/sys/fs/cgroup/$1")
  else
    for dir in /sys/fs/cgroup/*/; do [ ! -e "$dir/cgroup.procs" ] || PLACES+=("$dir$1"); done
  fi
  mkdir "${PLACES[@]}"
}

fails_with() { # REGEX: run fails and says so
  run --separate-stderr husk run -b "$BUNDLE" "$ID" </dev/null
  exits 1
  refused "$1"
}

threaded_domain() { # $TOKEN-p becomes the root of one: cgroups below it take no process as they are
  v2
  mkdir -p "/sys/fs/cgroup/$TOKEN-p/thread"
  echo threaded >"/sys/fs/cgroup/$TOKEN-p/thread/cgroup.type"
  path "/$TOKEN-p/x"
}

remove_threaded_domain() {
  runtime delete --force "$ID"
  remove_cgroups "$TOKEN-p"
}

@test "slashes and dots that change nothing" {
  path "//$TOKEN-p/./x//"
  launch
  grep -q "/$TOKEN-p/x\$" "/proc/$(pid_of)/cgroup"
  runtime delete --force "$ID"
  remove_cgroups "$TOKEN-p"
}

@test "a relative path begins at the caller's cgroup, on v2 beside it" {
  path "$TOKEN-p/x"
  launch
  grep -q "/$TOKEN-p/x\$" "/proc/$(pid_of)/cgroup"
  runtime delete --force "$ID"
  remove_cgroups "$TOKEN-p"
}

@test "a way up is refused" {
  local bad
  for bad in .. /.. ../x "/$TOKEN/../.." "$TOKEN/../x"; do
    path "$bad"
    fails_with '/linux/cgroupsPath: .*\.\.'
  done
}

@test "the root of the tree is refused" {
  path /
  fails_with '/linux/cgroupsPath: .*root of the tree'
}

@test "an empty cgroup that exists is taken, and removed at the end" {
  make_groups "$TOKEN-p"
  path "/$TOKEN-p"
  launch
  grep -q "/$TOKEN-p\$" "/proc/$(pid_of)/cgroup"
  ask delete --force "$ID"
  says ''
  local place
  for place in "${PLACES[@]}"; do [ ! -e "$place" ]; done
}

@test "a cgroup with processes is refused, and they live" {
  make_groups "$TOKEN-p"
  sleep 100 3>&- &
  local other=$! place
  for place in "${PLACES[@]}"; do
    if [ -e "$place/cpuset.mems" ] && ! is_v2; then continue; fi
    echo "$other" >"$place/cgroup.procs"
  done
  path "/$TOKEN-p"
  fails_with "container's cgroup is not empty: 1 process"
  alive "$other"
  kill "$other"
  wait "$other" || true
  remove_cgroups "$TOKEN-p"
}

@test "a frozen cgroup is refused" {
  make_groups "$TOKEN-p"
  local place
  for place in "${PLACES[@]}"; do
    if [ -e "$place/freezer.state" ]; then echo FROZEN >"$place/freezer.state"; fi
    if is_v2; then echo 1 >"$place/cgroup.freeze"; fi
  done
  path "/$TOKEN-p"
  fails_with "container's cgroup unexpectedly frozen"
  remove_cgroups "$TOKEN-p"
}

@test "a cgroup whose kin have processes is fine" {
  make_groups "$TOKEN-p"
  local other
  path "/$TOKEN-p/a"
  launch "$TOKEN-a"
  path "/$TOKEN-p/b"
  launch "$TOKEN-b"
  other=$(pid_of "$TOKEN-b")
  ask delete --force "$TOKEN-a"
  says ''
  alive "$other"
  runtime delete --force "$TOKEN-b"
  remove_cgroups "$TOKEN-p"
}

@test "v2: where no more cgroups may be made: one sentence" {
  v2
  mkdir "/sys/fs/cgroup/$TOKEN-p"
  echo 0 >"/sys/fs/cgroup/$TOKEN-p/cgroup.max.descendants"
  path "/$TOKEN-p/x"
  fails_with "unable to apply cgroup configuration: mkdir /sys/fs/cgroup/$TOKEN-p/x: "
  same "$(grep -c level=error <<<"$stderr")" 1
  remove_cgroups "$TOKEN-p"
}

@test "v2: below a threaded domain the cgroup becomes threaded" {
  threaded_domain
  launch
  same "$(<"/sys/fs/cgroup/$TOKEN-p/x/cgroup.type")" threaded
  ask exec "$ID" grep ^0: /proc/self/cgroup
  says "0::/$TOKEN-p/x"
  remove_threaded_domain
}

@test "v2: below a threaded domain, kill --all ends every process" {
  threaded_domain
  drop_namespace pid
  config '.process.args = ["/bin/sh", "-c", "sleep 1001 & echo $! >/second; exec sleep 1000"]'
  launch
  wait_until [ -s "$ROOTFS/second" ]
  local first second
  first=$(pid_of)
  second=$(<"$ROOTFS/second")
  ask kill --all "$ID" KILL
  says ''
  wait_until dead "$first"
  wait_until dead "$second"
  remove_threaded_domain
}

@test "v2: below a threaded domain there are no limits of huge pages" {
  v2
  is_husk || skip "husk's own words"
  config '.linux.resources.unified = {"hugetlb.2MB.max": "0"}'
  threaded_domain
  fails_with 'hugetlb'
  remove_cgroups "$TOKEN-p"
}
