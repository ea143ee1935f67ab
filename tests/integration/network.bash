# For the tests of networks: a network namespace in the place of the host's ($HOST_NET), and others.
# shellcheck shell=bash disable=SC2154,SC2034

in_net() { # PATH COMMAND...
  nsenter --net="$1" "${@:2}"
}

on_host() { in_net "$HOST_NET" "$@"; }

husk() { in_net "$HOST_NET" "$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" --root "$ROOT" "$@" 3>&-; }

setup() {
  prepare
  bundle_busybox
  own_host
}

own_host() { # with a device eth7, and its other end
  pin_namespace network 'ip link set lo up'
  HOST_NET=$NS_PATH
  on_host ip link add eth7 type veth peer name far7
}

netdevice() { # NAME [NAME-INSIDE]
  config --arg name "$1" --arg inner "${2:-}" '.linux.netDevices = {($name): (if $inner == "" then {} else {name: $inner} end)}'
}

join_network() { # [SCRIPT]: the container joins a network namespace, in which the script was run
  pin_namespace network "${1:-:}"
  JOINED=$NS_PATH
  add_namespace network "$JOINED"
}

network() { # JSON: the annotation
  config --arg text "$1" '.annotations["org.husk.network"] = $text'
}

links() { # all there is on the host's side, but for what the kernel counts and finds out
  on_host ip -j -d addr | jq -S 'map(del(.stats64, .stats, .operstate, .linkinfo.info_slave_data, .inet6_addr_gen_mode,
    .addr_info[].tentative)) | sort_by(.ifindex)'
}

routes() { { on_host ip route; on_host ip -6 route; } | sed 's/ linkdown//; s/ *$//' | sort; }

inside_with_ip() { # ARG...: what busybox's ip says in the container
  inside "ip $*"
}

# given_back REGEX: the start fails with that, and all is as before. The kernel gives an address of the link (fe80::) back in
# its own time, when it has seen that the link is up.
given_back() {
  local before routes_before
  before=$(links) routes_before=$(routes)
  as_before() { [ "$(links)" = "$before" ]; }
  start
  refused "$1"
  wait_until as_before || diff <(echo "$before") <(links)
  same "$(routes)" "$routes_before"
}
