#!/usr/bin/env bats
# Network devices of containers that outlive the command which makes them.
# Legs: short long enosys
load helpers
load lifecycle
load network

runtime() { in_net "$HOST_NET" "$RUNTIME" --root "$ROOT" "$@" 3>&-; }

@test "create and start: hooks and sysctls find the device" {
  netdevice eth7 inner
  hook createRuntime "nsenter -t \$(jq .pid) -n ip link show dev inner >$TMP/seen"
  config '.linux.sysctl = {"net.ipv4.conf.inner.forwarding": "1"}'
  script 'cat /proc/sys/net/ipv4/conf/inner/forwarding'
  create
  ok
  grep -q inner "$TMP/seen"
  go
  ok
  wait_until has_line 1 "$TMP/out"
}

@test "the runtime that waits in the foreground holds nothing of the network" {
  netdevice eth7 inner
  script 'exec sleep 100'
  in_background nsenter --net="$HOST_NET" "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID"
  local pid=$!
  wait_until is_phase running
  # (a descriptor of it would keep the namespace alive, and the devices in it)
  run find "/proc/$pid/fd" -lname 'net:*'
  same "$output" ''
  run grep -hFf <(find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' | tr -dc '0-9\n') \
    <(awk 'FNR > 1 { print $NF }' "/proc/$pid/net/netlink" "/proc/$(runtime state "$ID" | jq .pid)/net/netlink")
  same "$output" ''
}

@test "delete leaves a device where it is" {
  join_network
  netdevice eth7 inner
  script 'exec sleep 100'
  create
  ok
  attempt delete --force "$ID"
  ok
  in_net "$JOINED" ip link show dev inner
}

@test "a create that is killed after the move can be deleted" {
  netdevice eth7
  hook createRuntime "echo \$\$ >$TMP/hook; exec sleep 100"
  in_background nsenter --net="$HOST_NET" "$RUNTIME" --root "$ROOT" create -b "$BUNDLE" "$ID"
  local pid=$!
  wait_until test -s "$TMP/hook"
  kill -9 "$pid"
  wait "$pid" || true
  kill -9 "$(<"$TMP/hook")"
  attempt delete --force "$ID"
  ok
}
