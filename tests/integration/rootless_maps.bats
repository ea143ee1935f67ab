#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# Who is who in an ordinary user's container: maps that he writes himself, maps by newuidmap and newgidmap, namespaces of
# another container, and the user namespace that is added where none was asked for.
load helpers
load containers
load rootless

# ------------------------------------------------------------------------------------------------ maps

@test "himself alone: setgroups is denied, and no group of the caller is gained or lost" {
  inside 'cat /proc/self/setgroups; awk "{print \$1, \$2, \$3}" /proc/self/uid_map'
  says $'deny\n0 '"$USER_ID"' 1'
}

@test "himself alone, as user 1000 of the container" {
  maps '1000 me 1'
  config '.process.user = {uid: 1000, gid: 1000}'
  inside 'id -u; id -g; echo >/tmp/made; stat -c %u /tmp/made'
  says $'1000\n1000\n1000'
}

@test "additional groups need a map by newgidmap" {
  config '.process.user.additionalGids = [5]'
  start
  refused 'setgroups is denied'
  ranges "$TOKEN-user:500000:1000"
  maps '0 me 1' '1 500000 1000'
  inside 'cat /proc/self/setgroups; id -G'
  says $'allow\n0 5'
}

@test "a range of /etc/subuid: another user of the container" {
  ranges "$TOKEN-user:500000:1000"
  maps '0 me 1' '1 500000 1000'
  config '.process.user = {uid: 100, gid: 100}'
  inside 'echo >/tmp/made; id -u'
  says 100
  same "$(stat -c %u:%g "$ROOTFS/tmp/made")" 500099:500099
}

@test "several ranges, by name and by number" {
  ranges "$TOKEN-user:500000:1000\nsomebody:510000:1000\n$USER_ID:520000:10\n$TOKEN-user:530000:5"
  maps '0 me 1' '1 500000 1000' '2000 530000 5'
  inside 'awk "{print \$1, \$2, \$3}" /proc/self/gid_map'
  says $'0 '"$USER_ID"$' 1\n1 500000 1000\n2000 530000 5'
}

@test "root is one of the range, and the user is nobody" {
  ranges "$TOKEN-user:500000:1000"
  maps '0 500000 1000'
  give 500000:500000
  inside 'echo >/tmp/made; id -u; cat /proc/self/setgroups'
  says $'0\nallow'
  same "$(stat -c %u "$ROOTFS/tmp/made")" 500000
}

@test "no root in the container: the user is 1000, the others a range" {
  ranges "$TOKEN-user:500000:1000"
  maps '1000 me 1' '1 500000 900'
  config '.process.user = {uid: 5, gid: 5}'
  inside 'id -u; awk "{print \$1}" /proc/self/uid_map'
  says $'5\n1000\n1'
}

@test "no root in the container, and the user neither" {
  ranges "$TOKEN-user:500000:1000"
  maps '10 500000 900'
  give 500000:500000
  config '.process.user = {uid: 10, gid: 10}'
  inside 'echo >/tmp/made; id -u; stat -c %u /tmp/made /dev/shm'
  says $'10\n10\n10'
}

@test "exec in each of them is the same user" {
  ranges "$TOKEN-user:500000:1000"
  local map
  for map in '0 me 1' '1000 me 1' '0 500000 1000' '10 500000 900'; do
    maps "$map"
    config --argjson id "${map%% *}" '.process.user = {uid: $id, gid: $id}'
    if [[ $map = *me* ]]; then give "$USER_ID:$USER_ID"; else give 500000:500000; fi
    launch
    ask exec "$ID" id -u
    says "${map%% *}"
    runtime delete --force "$ID"
  done
}

@test "a range that is not the user's: refused" {
  ranges "$TOKEN-user:500000:1000\nsomebody:510000:1000"
  maps '0 me 1' '1 510000 1000'
  start
  refused 'newuidmap'
  maps '0 me 1' '1 500000 1001'
  start
  refused 'newuidmap'
}

@test "another user of the machine: refused" {
  ranges "$TOKEN-user:500000:1000"
  maps '0 1000 1'
  start
  refused 'newuidmap'
}

# ------------------------------------------------------------------------------------------------ of another container

@test "all namespaces of another one, by path" {
  launch "$ID-first"
  local pid kind
  pid=$(pid_of "$ID-first")
  for kind in user:user network:net ipc:ipc uts:uts pid:pid; do add_namespace "${kind%:*}" "/proc/$pid/ns/${kind#*:}"; done
  config 'del(.linux.uidMappings, .linux.gidMappings, .hostname)'
  inside 'for kind in user net ipc uts pid; do readlink /proc/self/ns/$kind; done'
  ok
  same "$output" "$(for kind in user net ipc uts pid; do readlink "/proc/$pid/ns/$kind"; done)"
}

@test "each single namespace of another one, with its user namespace" {
  launch "$ID-first"
  local pid kind
  pid=$(pid_of "$ID-first")
  cp "$BUNDLE/config.json" "$TMP/config.first"
  for kind in network:net ipc:ipc uts:uts pid:pid; do
    cp "$TMP/config.first" "$BUNDLE/config.json"
    add_namespace user "/proc/$pid/ns/user"
    add_namespace "${kind%:*}" "/proc/$pid/ns/${kind#*:}"
    config 'del(.linux.uidMappings, .linux.gidMappings, .hostname)'
    inside "readlink /proc/self/ns/${kind#*:}; id -u"
    says "$(readlink "/proc/$pid/ns/${kind#*:}")"$'\n0'
  done
}

@test "a namespace of somebody else's: refused" {
  add_namespace network /proc/1/ns/net
  start
  refused '/proc/1/ns/net'
}

# ------------------------------------------------------------------------------------------------ no user namespace asked for

plain() { # a configuration as for root
  drop_namespace user
  config 'del(.linux.uidMappings, .linux.gidMappings)
    | (.mounts[] | select(.type == "devpts") | .options) += ["gid=5"]'
}

@test "no user namespace asked for: there is one with the user as root" {
  plain
  inside 'id -u; awk "{print \$1, \$2, \$3}" /proc/self/uid_map; grep -c "devpts.*gid=" /proc/self/mountinfo'
  exits 1
  same "$output" $'0\n0 '"$USER_ID"$' 1\n0'
}

@test "no user namespace asked for: his ranges follow, one after the other" {
  ranges "$TOKEN-user:500000:1000\n$USER_ID:700000:10"
  plain
  inside 'awk "{print \$1, \$2, \$3}" /proc/self/gid_map; stat -c %g /dev/pts/ptmx; grep -c "devpts.*gid=500004" /proc/self/mountinfo'
  ok
  same "$(head -n 3 <<<"$output")" $'0 '"$USER_ID"$' 1\n1 500000 1000\n1001 700000 10'
}

@test "no user namespace asked for: exec has the same maps, created and running" {
  ranges "$TOKEN-user:500000:1000"
  plain
  create
  local phase
  for phase in created running; do
    is_phase "$phase"
    ask exec --user 7:7 "$ID" sh -c 'id -u; readlink /proc/self/ns/user; awk "{print \$1, \$2, \$3}" /proc/self/uid_map'
    says $'7\n'"$(readlink "/proc/$(pid_of)/ns/user")"$'\n0 '"$USER_ID"$' 1\n1 500000 1000'
    if [ "$phase" = created ]; then runtime start "$ID"; fi
  done
}

@test "no user namespace and no network namespace asked for: the host's /sys is bound" {
  plain
  drop_namespace network
  inside 'test -d /sys/class/net && ! touch /sys/x 2>/dev/null && echo there'
  says there
}

@test "spec: what it writes runs as it is, with and without --rootless" {
  cp "$BUNDLE/config.json" "$TMP/usual.json"
  local option
  for option in '' --rootless; do
    rm -f "$BUNDLE/config.json"
    # shellcheck disable=SC2086 # no word or one
    (cd "$BUNDLE" && chown "$USER_ID" . && as_user "$TMP/${RUNTIME##*/}" spec $option)
    config '.process.terminal = false'
    inside 'id -u; hostname'
    has '^0'
  done
}

@test "without a PID namespace and without a cgroup there is a warning" {
  drop_namespace pid
  config '(.mounts[] | select(.type == "proc")) |= {destination: "/proc", type: "none", source: "/proc", options: ["rbind"]}
    | del(.linux.maskedPaths, .linux.readonlyPaths)'
  inside true
  ok
  [[ $stderr =~ 'strongly discouraged' ]]
}
