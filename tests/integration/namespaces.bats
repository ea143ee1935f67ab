#!/usr/bin/env bats
# Namespaces: new, shared with the host, joined by path.
load helpers

# The container's own namespace of this kind, as the kernel names it.
ns_inside() { # KIND-FILE
  inside "readlink /proc/self/ns/$1"
}

differs_from_host() { # TYPE FILE
  bundle_busybox
  add_namespace "$1"
  ns_inside "$2"
  has "^$2:"
  differ "$output" "$(readlink "/proc/self/ns/$2")"
}

@test "a new pid namespace" { differs_from_host pid pid; }
@test "a new network namespace" { differs_from_host network net; }
@test "a new ipc namespace" { differs_from_host ipc ipc; }
@test "a new uts namespace" { differs_from_host uts uts; }
@test "a new mount namespace" { differs_from_host mount mnt; }
@test "a new cgroup namespace" { differs_from_host cgroup cgroup; }
@test "a new time namespace" { differs_from_host time time; }

@test "a new user namespace" {
  bundle_busybox
  user_namespace
  ns_inside user
  has "^user:"
  differ "$output" "$(readlink /proc/self/ns/user)"
}

shared_with_host() { # TYPE FILE
  bundle_busybox
  drop_namespace "$1"
  ns_inside "$2"
  says "$(readlink "/proc/self/ns/$2")"
}

@test "no entry: the host's network namespace" { shared_with_host network net; }
@test "no entry: the host's ipc namespace" {
  bundle_busybox
  drop_namespace ipc
  config '.mounts |= map(select(.type != "mqueue"))'
  ns_inside ipc
  says "$(readlink /proc/self/ns/ipc)"
}
@test "no entry: the host's uts namespace" {
  bundle_busybox
  drop_namespace uts
  config 'del(.hostname)'
  ns_inside uts
  says "$(readlink /proc/self/ns/uts)"
}
@test "no entry: the host's pid namespace" {
  bundle_busybox
  drop_namespace pid
  ns_inside pid
  says "$(readlink /proc/self/ns/pid)"
}
@test "no entry: the host's cgroup, user and time namespaces" {
  bundle_busybox
  inside 'for n in cgroup user time; do readlink /proc/self/ns/$n; done'
  says "$(for n in cgroup user time; do readlink /proc/self/ns/$n; done)"
}

joins() { # TYPE FILE
  bundle_busybox
  pin_namespace "$1"
  add_namespace "$1" "$NS_PATH"
  ns_inside "$2"
  says "$(readlink "$NS_PATH")"
}

@test "joining a network namespace" { joins network net; }
@test "joining an ipc namespace" { joins ipc ipc; }
@test "joining a uts namespace" { joins uts uts; }
@test "joining a cgroup namespace" { joins cgroup cgroup; }
@test "joining a time namespace" { joins time time; }
@test "joining a pid namespace" { joins pid pid; }

@test "joining a mount namespace" {
  bundle_busybox
  pin_namespace mount
  add_namespace mount "$NS_PATH"
  config 'del(.linux.maskedPaths, .linux.readonlyPaths, .linux.rootfsPropagation) | .process.args = ["/bin/sleep", "100"]'
  is_husk || skip "runc changes the root of whoever lives in that namespace"
  local before process job
  before=$(nsenter --mount="$NS_PATH" cat /proc/self/mountinfo | wc -l)
  "$RUNTIME" --root "$ROOT" run --pid-file "$TMP/pid" -b "$BUNDLE" "$ID" 3>&- </dev/null 2>/dev/null &
  job=$!
  wait_until test -s "$TMP/pid"
  process=$(<"$TMP/pid")
  wait_until sh -c "tr '\\0' ' ' </proc/$process/cmdline | grep -q sleep"
  same "$(readlink "/proc/$process/ns/mnt")" "$(readlink "$NS_PATH")"
  same "$(nsenter --mount="$NS_PATH" cat /proc/self/mountinfo | wc -l)" "$before"
  kill -9 "$process"
  wait "$job" || true
}

@test "joining a user namespace" {
  bundle_busybox
  join_mapped_user
  ns_inside user
  says "$(readlink "$NS_PATH")"
}

@test "joining several namespaces of one process" {
  bundle_busybox
  unshare --net --ipc --uts sleep 1000 3>&- &
  PINNED+=($!)
  local kind
  wait_until sh -c "readlink /proc/$!/exe | grep sleep"
  for kind in net ipc uts; do wait_until test "$(readlink "/proc/$!/ns/$kind")" != "$(readlink "/proc/self/ns/$kind")"; done
  add_namespace network "/proc/$!/ns/net"
  add_namespace ipc "/proc/$!/ns/ipc"
  add_namespace uts "/proc/$!/ns/uts"
  inside 'for n in net ipc uts; do readlink /proc/self/ns/$n; done'
  says "$(for kind in net ipc uts; do readlink "/proc/$!/ns/$kind"; done)"
}

@test "a joined uts namespace gets the configured hostname" {
  bundle_busybox
  pin_namespace uts
  add_namespace uts "$NS_PATH"
  start
  ok
  same "$(nsenter --uts="$NS_PATH" hostname)" box
}

@test "a joined pid namespace: the process is not its first" {
  bundle_busybox
  pin_namespace pid
  add_namespace pid "$NS_PATH"
  inside 'test $$ -gt 1 && grep -q sleep /proc/1/comm'
  ok
}

@test "a namespace file of another kind is refused" {
  bundle_busybox
  pin_namespace ipc
  add_namespace network "$NS_PATH"
  start
  refused
}

@test "a file that is no namespace is refused" {
  bundle_busybox
  touch "$TMP/plain"
  add_namespace network "$TMP/plain"
  start
  refused
}

@test "a namespace path that does not exist is refused" {
  bundle_busybox
  add_namespace network "$TMP/nothing"
  start
  refused 'no such file or directory'
}

@test "a namespace type that does not exist is refused" {
  bundle_busybox
  config '.linux.namespaces += [{type: "nett"}]'
  start
  refused 'nett'
}

@test "the same namespace type twice is refused" {
  bundle_busybox
  config '.linux.namespaces += [{type: "network"}]'
  start
  refused
}

@test "the process is pid 1 of its pid namespace" {
  bundle_busybox
  inside 'echo $$'
  says 1
}

@test "a new network namespace has its loopback up, and nothing else" {
  bundle_busybox
  inside 'ip -o link | grep -c . ; ip -o link show lo | grep -o LOOPBACK,UP'
  has '^1'$'\n''LOOPBACK,UP$'
}

@test "loopback answers in a new network namespace" {
  bundle_busybox
  config '.process.capabilities |= map_values(. + ["CAP_NET_RAW"])'
  inside 'ping -c 1 -W 1 127.0.0.1 | grep -o "1 packets received"'
  says '1 packets received'
}

@test "no process of the host is seen" {
  bundle_busybox
  inside 'ls -d /proc/[0-9]* | wc -l'
  has '^[123]$'
}
