#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# PID namespaces: the host's, another container's, nested ones; and the pids at every level.
# Legs: short long v2
load helpers
load containers

pids_of() { runtime ps -f json "${1:-$ID}" | jq -r '.[]?'; }
# What the kernel says: the pids of a process at each level, one line.
levels() { awk '/^NSpid:/ { $1 = ""; sub(/^ /, ""); print }' "/proc/$1/status"; }
tell() { runtime state "${1:-$ID}" | jq -r '(.nsPids // []) | map(tostring) | join(" ")'; }

guest_of() { # OWNER ID: a second container, in the PID namespace of the first one's process; its bundle is $BUNDLE
  new_bundle "$TMP/guest"
  cp -a "$BUSYBOX_ROOTFS" "$ROOTFS"
  config '.process.args = ["/bin/sh", "-c", "sleep 1002 & exec sleep 1001"]'
  add_namespace pid "/proc/$(pid_of "$1")/ns/pid"
  launch "$2"
  both() { [ "$(pids_of "$1" | sed 's|.*|/proc/&/comm|' | xargs cat)" = $'sleep\nsleep' ]; }
  wait_until both "$2"
}

all_dead() { local pid; for pid in "$@"; do dead "$pid" || return 1; done; }

# ------------------------------------------------------------------------------------------------ every level

@test "state: the pid of init at every level, the caller's first" {
  is_husk || skip "husk's own"
  launch
  same "$(tell)" "$(pid_of) 1"
  same "$(tell)" "$(levels "$(pid_of)")"
}

@test "state: nsPids is the last member, what comes before is as without it" {
  is_husk || skip "husk's own"
  launch
  ask state "$ID"
  has '"owner": "",
  "nsPids": \[
    [0-9]+,
    1
  \]
}$'
}

@test "state: one pid in the host's PID namespace" {
  is_husk || skip "husk's own"
  drop_namespace pid
  launch
  same "$(tell)" "$(pid_of)"
}

@test "state: none when it has stopped, or the pid is another process's" {
  is_husk || skip "husk's own"
  launch
  end_of
  ask state "$ID"
  lacks nsPids
  mend_state ".pid = $$"
  ask state "$ID"
  lacks nsPids
}

@test "list has no nsPids" {
  launch
  ask list -f json
  lacks nsPids
}

@test "state from inside a PID namespace: it begins there" {
  is_husk || skip "husk's own"
  local seen
  launch
  seen=$(unshare --pid --fork --mount-proc "$RUNTIME" --root "$ROOT" run -d -b "$BUNDLE" "$ID-b" </dev/null 2>&1 >/dev/null \
    && echo made) || true
  # (Its parent's namespace ends with unshare, and the container with it.)
  same "$seen" made
  wait_until is_phase stopped "$ID-b"
  seen=$(unshare --pid --fork --mount-proc sh -c '"$0" --root "$1" run -d -b "$2" "$3" </dev/null >/dev/null 2>&1
    "$0" --root "$1" state "$3"' "$RUNTIME" "$ROOT" "$BUNDLE" "$ID-c")
  same "$(jq -c '.nsPids | [length, .[1]]' <<<"$seen")" '[2,1]'
  same "$(jq -c '.nsPids[0] == .pid' <<<"$seen")" true
}

nested() { # a container with a process in a PID namespace of its own inside
  config '.process.args = ["/bin/sh", "-c", "unshare -p -f sleep 1003; true"]
    | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
  launch
  deep() { runtime ps --levels -f json "$ID" | jq -e 'map(.nsPids | length) | max == 3'; }
  wait_until deep
}

@test "ps --levels -f json: pid, nsPids and name of each" {
  is_husk || skip "husk's own"
  nested
  ask ps --levels -f json "$ID"
  ok
  same "$(jq -c 'map(keys_unsorted) | unique' <<<"$output")" '[["pid","nsPids","name"]]'
  local one
  while read -r one; do
    same "$(jq -r '.nsPids | map(tostring) | join("\t")' <<<"$one")" "$(sed -n 's/^NSpid:\t//p' "/proc/$(jq .pid <<<"$one")/status")"
    same "$(jq -r .name <<<"$one")" "$(<"/proc/$(jq .pid <<<"$one")/comm")"
  done < <(jq -c '.[]' <<<"$output")
  same "$(jq -c 'map(select(.name == "sleep") | .nsPids[2])' <<<"$output")" '[1]'
}

@test "ps --levels: a column for each level, and a dash where there is none" {
  is_husk || skip "husk's own"
  nested
  ask ps --levels "$ID"
  has '^PID +NSPID1 +NSPID2 +CMD
([0-9]+ +[0-9]+ +- +(sh|unshare)
)+[0-9]+ +[0-9]+ +1 +sleep$'
  same "$(awk '$1 == "'"$(pid_of)"'" { print $2, $3, $4 }' <<<"$output")" '1 - sh'
}

@test "ps --levels: a name with a line end and a backslash" {
  is_husk || skip "husk's own"
  config '.process.args = ["/bin/sh", "-c", "printf \"a\\\\\\\\b\\\\nc\" >/proc/$$/comm; sleep 1000; true"]'
  launch
  named() { runtime ps --levels -f json "$ID" | jq -e '.[0].name == "a\\b\nc"'; }
  wait_until named
  ask ps --levels "$ID"
  has 'a\\b\?c'
}

@test "ps --levels takes no options of ps, and says null or the header alone after the end" {
  is_husk || skip "husk's own"
  launch
  ask ps --levels "$ID" -ef
  exits 1
  refused '--levels takes no options of ps'
  end_of
  ask ps --levels -f json "$ID"
  says null
  ask ps --levels "$ID"
  has '^PID +CMD$'
}

# ------------------------------------------------------------------------------------------------ joined

@test "joined: ps shows its own processes only, with their pids in the owner's namespace" {
  launch
  guest_of "$ID" "$ID-b"
  same "$(pids_of | wc -l)" 1
  local pid
  for pid in $(pids_of "$ID-b"); do same "$(readlink "/proc/$pid/ns/pid")" "$(readlink "/proc/$(pid_of)/ns/pid")"; done
  is_husk || return 0
  same "$(tell "$ID-b")" "$(levels "$(pid_of "$ID-b")")"
  differ "$(tell "$ID-b" | cut -d' ' -f2)" 1
}

@test "joined: SIGKILL ends all of its processes, and none of the owner's" {
  launch
  guest_of "$ID" "$ID-b"
  local pids
  mapfile -t pids < <(pids_of "$ID-b")
  runtime kill "$ID-b" KILL
  wait_until all_dead "${pids[@]}"
  is_phase running
}

@test "joined: delete --force ends all of its processes, and none of the owner's" {
  launch
  guest_of "$ID" "$ID-b"
  local pids
  mapfile -t pids < <(pids_of "$ID-b")
  runtime delete --force "$ID-b"
  all_dead "${pids[@]}"
  gone "$ID-b"
  is_phase running
  alive "$(pid_of)"
}

@test "joined: delete after the end of its first process ends those that are left" {
  launch
  guest_of "$ID" "$ID-b"
  local pids
  mapfile -t pids < <(pids_of "$ID-b")
  kill -9 "$(pid_of "$ID-b")"
  wait_until is_phase stopped "$ID-b"
  runtime delete "$ID-b"
  all_dead "${pids[@]}"
  is_phase running
}

@test "joined: kill --all reaches its own, not the owner's" {
  launch
  guest_of "$ID" "$ID-b"
  local pids
  mapfile -t pids < <(pids_of "$ID-b")
  runtime kill --all "$ID-b" TERM
  wait_until all_dead "${pids[@]}"
  is_phase running
}

@test "joined: exec is in the owner's PID namespace" {
  launch
  guest_of "$ID" "$ID-b"
  ask exec "$ID-b" readlink /proc/self/ns/pid
  says "$(readlink "/proc/$(pid_of)/ns/pid")"
  ask exec "$ID-b" ps -o args
  has '/bin/sleep 1000' 'sleep 1001'
}

@test "joined: the end of the owner ends it, and both can be deleted" {
  launch
  guest_of "$ID" "$ID-b"
  local pids
  mapfile -t pids < <(pids_of "$ID-b")
  end_of
  wait_until all_dead "${pids[@]}"
  wait_until is_phase stopped "$ID-b"
  ask exec "$ID-b" true
  exits 255
  runtime delete "$ID-b"
  runtime delete "$ID"
  gone "$ID-b"
}

@test "joined: pause stops it alone" {
  launch
  guest_of "$ID" "$ID-b"
  runtime pause "$ID-b" || skip "no freezer"
  is_phase paused "$ID-b"
  is_phase running
  runtime delete --force "$ID-b"
  is_phase running
}

@test "joined, the owner has ended: a clear error" {
  launch
  new_bundle "$TMP/guest"
  cp -a "$BUSYBOX_ROOTFS" "$ROOTFS"
  exec 9</proc/"$(pid_of)"/ns/pid
  end_of
  add_namespace pid "/proc/$BASHPID/fd/9"
  ask run -b "$BUNDLE" "$ID-b"
  exec 9<&-
  exits 1
  refused 'PID namespace .* its first process has ended'
  gone "$ID-b"
}

@test "joined without a cgroup: its first process is ended, the owner lives" {
  is_husk || skip "an option of husk and crun"
  launch
  new_bundle "$TMP/guest"
  cp -a "$BUSYBOX_ROOTFS" "$ROOTFS"
  config '.process.args = ["/bin/sleep", "1001"]'
  add_namespace pid "/proc/$(pid_of)/ns/pid"
  runtime --cgroup-manager=disabled run -d -b "$BUNDLE" "$ID-b" </dev/null >/dev/null 2>"$TMP/err"
  grep -q 'neither a cgroup nor a PID namespace of its own' "$TMP/err"
  local pid
  pid=$(pid_of "$ID-b")
  runtime delete --force "$ID-b"
  all_dead "$pid"
  is_phase running
}

@test "no warning for the host's PID namespace where there is a cgroup" {
  drop_namespace pid
  runtime run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>"$TMP/err"
  [ ! -s "$TMP/err" ]
}

# ------------------------------------------------------------------------------------------------ the host's

@test "the host's PID namespace: delete --force ends all of its processes" {
  drop_namespace pid
  config '.process.args = ["/bin/sh", "-c", "sleep 1002 & exec sleep 1001"]'
  launch
  two() { [ "$(pids_of | wc -l)" = 2 ]; }
  wait_until two
  local pids
  mapfile -t pids < <(pids_of)
  runtime delete --force "$ID"
  all_dead "${pids[@]}"
}
