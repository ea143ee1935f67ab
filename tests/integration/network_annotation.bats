#!/usr/bin/env bats
# Interfaces and routes that the annotation org.husk.network asks for.
# Legs: short long enosys
load helpers
load network

@test "loopback: an address more" {
  network '{"interfaces": [{"type": "loopback", "addresses": ["10.9.9.9/32", "fd09::9/128"]}]}'
  inside_with_ip addr show dev lo
  has 'inet 127.0.0.1/8' 'inet 10.9.9.9/32' 'inet6 fd09::9/128' '[<,]UP'
}

@test "veth: names, attributes and addresses, on both sides" {
  join_network
  network '{"interfaces": [{"type": "veth", "name": "eth0", "hostName": "vh0", "mac": "02:42:ac:11:00:02", "mtu": 1400,
    "txQueueLength": 55, "addresses": ["10.8.0.2/24", "fd08::2/64"]}]}'
  inside true
  ok
  same "$(in_net "$JOINED" ip -j addr show eth0 | jq -c '.[] | [.mtu, .address, .txqlen, (.flags | index("UP") != null),
    (.addr_info | map(select(.scope == "global") | [.local, .prefixlen, .broadcast // "", .tentative // false]))]')" \
    '[1400,"02:42:ac:11:00:02",55,true,[["10.8.0.2",24,"10.8.0.255",false],["fd08::2",64,"",false]]]'
  same "$(on_host ip -j link show vh0 | jq -c '.[] | [.mtu, .txqlen, (.flags | index("UP") != null)]')" '[1400,55,true]'
}

@test "veth: without hostName it has one of its own, and goes with the container" {
  network '{"interfaces": [{"type": "veth", "name": "eth0"}]}'
  hook poststart "ip -j link | jq -r '.[].ifname' | grep ^veth >$TMP/names"
  script true
  start
  ok
  grep -qx 'veth[a-z2-7]*' "$TMP/names"
  wait_until eval '! on_host ip link show "$(<"$TMP/names")"'
}

@test "veth: the container talks with its host, both IPs" {
  config '.process.capabilities |= map_values(. + ["CAP_NET_RAW"])'
  network '{"interfaces": [{"type": "veth", "name": "eth0", "hostName": "vh0", "addresses": ["10.8.0.2/24", "fd08::2/64"]}]}'
  hook createRuntime 'ip addr add 10.8.0.1/24 dev vh0; ip addr add fd08::1/64 nodad dev vh0'
  script 'ping -c 1 -w 5 10.8.0.1 >/dev/null && ping -c 1 -w 5 fd08::1 >/dev/null && echo both'
  start
  says both
}

@test "veth: in a bridge, with gateways" {
  on_host ip link add br7 type bridge
  on_host ip addr add 10.8.0.1/24 dev br7
  on_host ip addr add 10.99.0.1/32 dev br7
  on_host ip link set br7 up
  config '.process.capabilities |= map_values(. + ["CAP_NET_RAW"])'
  network '{"interfaces": [{"type": "veth", "name": "eth0", "hostName": "vh0", "bridge": "br7", "hairpin": true,
    "addresses": ["10.8.0.2/24", "fd08::2/64"], "gateway": "10.8.0.1", "gateway6": "fd08::1"}]}'
  hook createRuntime "ip -j -d link show vh0 | jq -c '.[] | [.master, .linkinfo.info_slave_data.hairpin]' >$TMP/port"
  script 'ping -c 1 -w 5 10.99.0.1 >/dev/null && ip route && ip -6 route'
  start
  has 'default via 10.8.0.1 dev eth0' 'default via fd08::1 dev eth0'
  same "$(<"$TMP/port")" '["br7",true]'
}

@test "routes: destination, gateway, source, interface" {
  join_network
  network '{"interfaces": [{"type": "veth", "name": "eth0", "addresses": ["10.8.0.2/24", "10.8.0.3/24", "fd08::2/64"]}],
    "routes": [{"destination": "10.1.0.0/16", "gateway": "10.8.0.9", "source": "10.8.0.3"},
      {"destination": "10.2.0.0/16", "interface": "eth0"}, {"destination": "default", "gateway": "10.8.0.1"},
      {"destination": "fd01::/64", "gateway": "fd08::9", "interface": "eth0"}]}'
  inside true
  ok
  same "$(in_net "$JOINED" ip -j route | jq -c '.[] | select(.protocol == "static") | [.dst, .gateway, .dev, .prefsrc]' | sort)" \
    '["10.1.0.0/16","10.8.0.9","eth0","10.8.0.3"]
["10.2.0.0/16",null,"eth0",null]
["default","10.8.0.1","eth0",null]'
  same "$(in_net "$JOINED" ip -j -6 route show fd01::/64 | jq -c '.[] | [.gateway, .dev]')" '["fd08::9","eth0"]'
}

@test "device: what netDevices has moved" {
  netdevice eth7 inner
  network '{"interfaces": [{"type": "device", "name": "inner", "mac": "02:00:00:00:00:07", "mtu": 1300,
    "addresses": ["10.8.0.2/24"]}]}'
  inside_with_ip addr show dev inner
  has 'mtu 1300' '02:00:00:00:00:07' '10.8.0.2/24' '[<,]UP'
}

@test "with a user namespace" {
  user_namespace
  network '{"interfaces": [{"type": "veth", "name": "eth0", "addresses": ["10.8.0.2/24"], "gateway": "10.8.0.1"}]}'
  inside_with_ip route
  has 'default via 10.8.0.1 dev eth0'
}

@test "a user without privileges has loopback's addresses, and no veth" {
  user_namespace
  config '.linux.uidMappings = [{containerID: 0, hostID: 12345, size: 1}]
    | .linux.gidMappings = [{containerID: 0, hostID: 12345, size: 1}] | .process.args = ["ip", "addr"]
    | .mounts |= map(if .type == "devpts" then .options -= ["gid=5"] else . end)'
  chown -h -R 12345:12345 "$ROOT" "$ROOTFS"
  network '{"interfaces": [{"type": "loopback", "addresses": ["10.9.9.9/32"]}]}'
  as_user run --separate-stderr
  has '10.9.9.9/32'
  network '{"interfaces": [{"type": "veth", "name": "eth0"}]}'
  as_user run --separate-stderr
  refused 'make veth .*operation not permitted .it takes CAP_NET_ADMIN in the runtime.s network namespace'
}

as_user() { # RUN...
  "$@" in_net "$HOST_NET" setpriv --reuid 12345 --regid 12345 --clear-groups --inh-caps=-all \
    "$RUNTIME" --root "$ROOT" --cgroup-manager disabled run -b "$BUNDLE" "$ID"
}

# ------------------------------------------------------------------------------------------------ errors

@test "what is wrong is named by its place" {
  network '{"interfaces": [{"type": "veth", "name": "eth0", "adresses": []}]}'
  start
  refused 'annotation org.husk.network: /interfaces/0/adresses: not a known name'
  network '{"interfaces": '
  start
  refused 'annotation org.husk.network: '
}

@test "without a network namespace" {
  drop_namespace network
  network '{"interfaces": [{"type": "veth", "name": "eth0"}]}'
  start
  refused 'annotation org.husk.network: it needs a network namespace'
}

@test "names that are taken: nothing stays" {
  join_network 'ip link add eth0 type veth peer name eth1'
  network '{"interfaces": [{"type": "veth", "name": "eth2", "hostName": "vh2"}, {"type": "veth", "name": "eth0"}]}'
  unchanged 'annotation org.husk.network: /interfaces/1: a network device named eth0 is already in the container.s'
  network '{"interfaces": [{"type": "veth", "name": "eth2", "hostName": "eth7"}]}'
  unchanged '/interfaces/0: make veth eth7 to eth2: file exists'
}

@test "no such bridge, a bridge that is none, no such device: nothing stays" {
  network '{"interfaces": [{"type": "veth", "name": "eth0", "bridge": "br7"}]}'
  unchanged '/interfaces/0: there is no network device br7 in the runtime.s network namespace'
  network '{"interfaces": [{"type": "veth", "name": "eth0", "bridge": "eth7"}]}'
  unchanged '/interfaces/0: network device eth7 is no bridge'
  network '{"interfaces": [{"type": "device", "name": "eth0"}]}'
  unchanged '/interfaces/0: there is no network device eth0 in the container.s network namespace'
}

@test "a route that the kernel refuses" {
  network '{"routes": [{"destination": "default", "gateway": "10.8.0.1"}]}'
  unchanged '/routes/0: add a route: network is unreachable'
}

@test "a start that fails later: nothing stays" {
  netdevice eth7 inner
  network '{"interfaces": [{"type": "veth", "name": "eth0", "hostName": "vh0"},
    {"type": "device", "name": "inner", "mtu": 1300, "mac": "02:00:00:00:00:07"}]}'
  hook createRuntime 'exit 3'
  unchanged createRuntime
  run on_host ip link show vh0
  [ "$status" -ne 0 ]
}

unchanged() { given_back "$1"; }
