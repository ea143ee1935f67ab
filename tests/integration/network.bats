#!/usr/bin/env bats
# Network devices that are moved into a container: linux.netDevices. Each test has a network namespace of its own for what
# is "the host", and the container gets another one.
# Legs: short long enosys
load helpers
load network

@test "netDevices: it is in the container, up, and gone from the host" {
  netdevice eth7
  inside_with_ip link show dev eth7
  has 'eth7@.*[<,]UP'
  run on_host ip link show dev eth7
  [ "$status" -ne 0 ]
}

@test "netDevices: another name" {
  netdevice eth7 inner
  inside_with_ip link
  has ' inner@'
  lacks ' eth7@'
}

@test "netDevices: a name that the kernel completes, beside one that is taken" {
  on_host ip link add eth8 type veth peer name far8
  config '.linux.netDevices = {eth7: {name: "net%d"}, eth8: {name: "net0"}}'
  inside_with_ip link
  has ' net0@' ' net1@'
}

@test "netDevices: addresses of global scope go with it, others do not" {
  on_host ip addr add 10.7.0.2/24 broadcast + dev eth7
  on_host ip addr add 10.7.1.2 peer 10.7.1.3/32 label eth7:p dev eth7
  on_host ip addr add 169.254.7.7/16 scope link dev eth7
  on_host ip addr add fd07::2/64 dev eth7
  on_host ip addr add fd08::2/64 valid_lft 3600 preferred_lft 3600 dev eth7
  netdevice eth7 inner
  inside_with_ip addr show dev inner
  has 'inet 10.7.0.2/24 brd 10.7.0.255 scope global inner' 'inet 10.7.1.2 peer 10.7.1.3/32 scope global inner:p' \
    'inet6 fd07::2/64 scope global'
  lacks '169[.]254|fd08'
}

@test "netDevices: MTU, hardware address, alias and queue length stay" {
  join_network
  on_host ip link set eth7 mtu 1789 address 02:11:22:33:44:55 alias 'an alias' txqueuelen 77
  netdevice eth7 inner
  inside true
  ok
  same "$(in_net "$JOINED" ip -j link show inner | jq -c '.[] | [.mtu, .address, .ifalias, .txqlen]')" \
    '[1789,"02:11:22:33:44:55","an alias",77]'
}

@test "netDevices: a namespace that is joined keeps it" {
  join_network
  on_host ip addr add 10.7.0.2/24 dev eth7
  netdevice eth7 inner
  inside_with_ip addr show dev inner
  has '10.7.0.2/24'
  in_net "$JOINED" ip link show dev inner
}

@test "netDevices: with a user namespace" {
  user_namespace
  on_host ip addr add 10.7.0.2/24 dev eth7
  netdevice eth7 inner
  inside_with_ip addr show dev inner
  has '10.7.0.2/24' '[<,]UP'
}

@test "netDevices: traffic passes" {
  on_host ip addr add 10.7.0.1/24 dev far7
  on_host ip link set far7 up
  on_host ip addr add 10.7.0.2/24 dev eth7
  netdevice eth7
  config '.process.capabilities |= map_values(. + ["CAP_NET_RAW"])'
  script 'ping -c 1 -w 5 10.7.0.1 >/dev/null && echo passes'
  start
  says passes
}

# ------------------------------------------------------------------------------------------------ errors

@test "netDevices: none of that name" {
  netdevice eth99
  start
  refused 'move network device eth99: there is none of that name in the runtime.s network namespace'
}

@test "netDevices: the name is taken: nothing has been moved" {
  join_network 'ip link add inner type veth peer name other'
  on_host ip link add eth8 type veth peer name far8
  config '.linux.netDevices = {eth7: {}, eth8: {name: "inner"}}'
  before=$(links)
  start
  refused 'move network device eth8: a network device named inner is already in the container.s network namespace'
  same "$(links)" "$before"
}

@test "netDevices: what may not leave is the kernel's error, in its words" {
  on_host ip link set lo up
  netdevice lo inner
  start
  refused 'move network device lo: invalid argument.*netns'
}

@test "netDevices: without a network namespace" {
  drop_namespace network
  netdevice eth7
  start
  refused '/linux/netDevices: network devices need a network namespace'
}

@test "netDevices: the network namespace that is joined is the runtime's own" {
  add_namespace network "$HOST_NET"
  netdevice eth7 inner
  start
  refused 'the container.s network namespace is the runtime.s own'
}

@test "netDevices: names that are none" {
  netdevice eth7 'sixteen_bytes_xx'
  start
  refused '/linux/netDevices/eth7/name: .*sixteen_bytes_xx.* is not a valid name'
  netdevice eth7 'a%s'
  start
  refused '/linux/netDevices/eth7/name: .*a%s.* has a %'
}

@test "netDevices: a user without CAP_NET_ADMIN" {
  netdevice eth7
  user_namespace
  config '.linux.uidMappings = [{containerID: 0, hostID: 12345, size: 1}]
    | .linux.gidMappings = [{containerID: 0, hostID: 12345, size: 1}]'
  chown 12345:12345 "$ROOT"
  run --separate-stderr in_net "$HOST_NET" setpriv --reuid 12345 --regid 12345 --clear-groups --inh-caps=-all \
    "$RUNTIME" --root "$ROOT" --cgroup-manager disabled run -b "$BUNDLE" "$ID"
  refused '/linux/netDevices: moving network devices takes CAP_NET_ADMIN'
}

# ------------------------------------------------------------------------------------------------ given back

prepare_full_device() {
  on_host ip link add br7 type bridge
  on_host ip link set eth7 address 02:11:22:33:44:55 mtu 1444 master br7
  on_host ip addr add 10.7.0.2/24 broadcast + dev eth7
  on_host ip addr add 169.254.7.7/16 scope link dev eth7
  on_host ip addr add fd07::2/64 nodad dev eth7
  on_host ip link set far7 up
  on_host ip link set eth7 up
  on_host ip route add default via 10.7.0.1 dev eth7
  on_host ip route add fd09::/64 via fd07::1 dev eth7
  netdevice eth7 inner
}

@test "given back: after a hook that fails" {
  prepare_full_device
  hook createRuntime 'exit 3'
  given_back 'createRuntime'
}

@test "given back: when the program is missing" {
  prepare_full_device
  config '.process.args = ["/none"]'
  given_back '/none'
}

@test "given back: when a mount fails" {
  prepare_full_device
  add_mount '{"destination": "/mnt", "type": "none-such", "source": "none"}'
  given_back 'error mounting'
}

@test "given back: after a poststart hook that fails" {
  prepare_full_device
  hook poststart 'exit 3'
  script 'exec sleep 100'
  given_back 'poststart'
}

@test "given back: out of a namespace that was joined" {
  prepare_full_device
  join_network 'ip link add inner2 type veth peer name other' # the numbers are taken there
  hook createRuntime 'exit 3'
  given_back 'createRuntime'
  [[ $(in_net "$JOINED" ip link) != *" inner@"* ]]
}

@test "given back: as it was, whatever was changed where it has been" {
  prepare_full_device
  on_host ip link set eth7 txqueuelen 77
  join_network
  hook createRuntime "nsenter --net=$JOINED ip link set inner mtu 1300 address 02:99:99:99:99:99 txqueuelen 5 name other; exit 3"
  given_back 'createRuntime'
}

@test "given back: one that was down stays down" {
  on_host ip addr add 10.7.0.2/24 dev eth7
  netdevice eth7 inner
  hook createRuntime 'exit 3'
  given_back 'createRuntime'
}

@test "given back: not what somebody has put into its place" {
  join_network
  netdevice eth7
  # (whoever is in the namespace deletes the device, and makes one of the same name and number)
  hook createRuntime "nsenter --net=$JOINED sh -c 'i=\$(cat /sys/class/net/eth7/ifindex 2>/dev/null ||
    ip -j link show eth7 | jq .[].ifindex); ip link del eth7; ip link add eth7 index \$i type veth peer name evil'; exit 3"
  start
  refused 'network device eth7 was not given back as it was: it is gone'
  run on_host ip link show dev eth7
  [ "$status" -ne 0 ]
}
