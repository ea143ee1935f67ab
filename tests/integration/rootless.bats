#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# Containers of an ordinary user, without any privilege and without a cgroup: all that can be done to one, and maps.
load helpers
load containers
load rootless

# ------------------------------------------------------------------------------------------------ what can be done to one

@test "run: root inside, the user outside" {
  inside 'echo >/tmp/made; id -u; id -g'
  says $'0\n0'
  same "$(stat -c %u:%g "$ROOTFS/tmp/made")" "$USER_ID:$USER_ID"
}

@test "create, start, kill, delete" {
  create
  is_phase created
  runtime start "$ID"
  is_phase running
  end_of
  ask delete "$ID"
  says ''
  gone
}

@test "list and state: it is the user's" {
  launch
  ask list --format json
  has "$ID"
  same "$(jq -r '.[0].status' <<<"$output")" running
  as_user test ! -w /proc/1/cgroup
  same "$(stat -c %u "/proc/$(pid_of)")" "$USER_ID"
}

@test "exec: the same maps, another process" {
  launch
  ask exec "$ID" sh -c 'id -u; cat /proc/self/uid_map; readlink /proc/self/ns/user'
  has '^0' " $USER_ID +1"
  same "${lines[2]}" "$(readlink "/proc/$(pid_of)/ns/user")"
}

@test "exec with a terminal: it is root's of the container" {
  launch
  on_terminal "exec -t '$ID' sh -c 'tty; stat -c %u /dev/pts/0; echo typed >/dev/tty'"
  says $'/dev/pts/0\n0\ntyped'
}

@test "exec as a user who is not mapped: refused" {
  launch
  ask exec --user 1000 "$ID" true
  exits 255
  [[ $stderr =~ 1000 ]]
}

@test "exec with one more capability" {
  launch
  ask exec --cap CAP_NET_RAW "$ID" grep CapEff /proc/self/status
  has '2000' # CAP_NET_RAW is bit 13
}

@test "ps tells what it takes" {
  launch
  ask ps "$ID"
  [ "$status" -ne 0 ]
  [[ $stderr =~ cgroup ]]
}

@test "pause tells what it takes" {
  launch
  ask pause "$ID"
  [ "$status" -ne 0 ]
  [[ $stderr =~ cgroup|freezer ]]
  is_phase running
}

@test "exec in one that is created, and not started" {
  create
  ask exec "$ID" sh -c 'readlink /proc/self/ns/user; id -u'
  says "$(readlink "/proc/$(pid_of)/ns/user")"$'\n0'
  is_phase created
}

@test "start comes back when the program runs, also where somebody who was added before holds its gate open" {
  runtime create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  runtime exec -d "$ID" sh -c 'for n in 3 4 5 6 7 8 9; do [ ! -p /proc/1/fd/$n ] || exec 9<>/proc/1/fd/$n; done
    echo >/tmp/holds; exec sleep 1000' </dev/null >/dev/null 2>&1
  wait_until [ -e "$ROOTFS/tmp/holds" ]
  run --separate-stderr timeout 60 setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups \
    "$TMP/${RUNTIME##*/}" --root "$ROOT" start "$ID"
  says ''
  is_phase running
}

@test "exec in one that is created and has its filter still to load: refused, and why" {
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
  create
  ask exec "$ID" true
  exits 255
  [[ $stderr =~ 'start' ]]
  runtime start "$ID"
  ask exec "$ID" true
  says ''
}

@test "delete --force of one that runs" {
  launch
  local pid
  pid=$(pid_of)
  ask delete --force "$ID"
  says ''
  gone
  wait_until dead "$pid"
}

# ------------------------------------------------------------------------------------------------ what it has

@test "a terminal" {
  config '.process.terminal = true | .process.args = ["/bin/sh", "-c", "tty; stat -c %u:%t /dev/pts/0; echo typed >/dev/console"]'
  on_terminal "run -b '$BUNDLE' '$ID'"
  says $'/dev/pts/0\n0:88\ntyped'
}

@test "a console socket" {
  config '.process.terminal = true'
  beside "$HELPERS/sockets" receive "$TMP/console" "$TMP/received"
  wait_until [ -e "$TMP/received" ]
  launch --console-socket "$TMP/console" "$ID"
  wait_until grep -q '(1)' "$TMP/received"
  is_phase running
}

@test "devices are those of the host, bound" {
  inside 'for d in null zero full random urandom tty; do stat -c "%n %t:%T %u" /dev/$d; done; head -c 3 /dev/zero | wc -c'
  says $'/dev/null 1:3 65534\n/dev/zero 1:5 65534\n/dev/full 1:7 65534\n/dev/random 1:8 65534\n/dev/urandom 1:9 65534\n/dev/tty 5:0 65534\n3'
}

@test "a device of the configuration is bound, too" {
  config '.linux.devices = [{path: "/dev/empty", type: "c", major: 1, minor: 3}]'
  inside 'stat -c %t:%T /dev/empty'
  refused '/dev/empty' # there is none on the host to bind
}

@test "proc and sysfs, masked and read-only as asked for" {
  inside 'test -d /proc/1 && ls /sys/class/net && ! head -c 1 /proc/kcore 2>/dev/null | grep -q . && ! echo 1 2>/dev/null >/proc/sys/kernel/domainname'
  says lo
}

@test "without a network namespace: no sysfs, but the host's bound" {
  drop_namespace network
  start
  refused '/sys'
  config '(.mounts[] | select(.type == "sysfs")) |= {destination: "/sys", type: "none", source: "/sys", options: ["rbind", "ro"]}'
  inside 'test -d /sys/class/net && ! mkdir /sys/fs/cgroup/x 2>/dev/null && echo there'
  says there
}

@test "a bind mount from a folder of the user's own" {
  mkdir -m 700 "$TMP/data"
  echo word >"$TMP/data/file"
  chown -R "$USER_ID" "$TMP/data"
  bind "$TMP/data" /data rbind
  inside 'cat /data/file; echo new >/data/new'
  says word
  same "$(stat -c %u "$TMP/data/new")" "$USER_ID"
}

@test "a bind mount of a mount that is read-only stays so" {
  mkdir "$TMP/data"
  own_mount -t tmpfs -o ro,nosuid,nodev,noexec none "$TMP/data"
  bind "$TMP/data" /data bind rw
  inside 'touch /data/new 2>/dev/null || echo refused'
  if [ "$status" = 0 ]; then says refused; else refused '/data'; fi
}

@test "hooks run as the user, and inside" {
  hook createRuntime "id -u >'$TMP/outside'"
  hook startContainer 'id -u >/tmp/inside'
  inside true
  ok
  same "$(<"$TMP/outside") $(<"$ROOTFS/tmp/inside")" "$USER_ID 0"
}

@test "a seccomp filter, with and without no_new_privs" {
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 28}]}'
  inside 'mkdir /tmp/new; ls -d /tmp/new'
  exits 1
  [[ $stderr =~ 'No space left' ]]
  config '.process.noNewPrivileges = false'
  start
  exits 1
  [[ $stderr =~ 'No space left' ]]
}

@test "NOTIFY_SOCKET" {
  beside "$HELPERS/sockets" manager "$TMP/manager" "$TMP/heard"
  wait_until [ -e "$TMP/heard" ]
  cp "$HELPERS/sockets" "$ROOTFS/bin/notify"
  chmod 755 "$ROOTFS/bin/notify"
  export NOTIFY_SOCKET=$TMP/manager
  inside '/bin/notify send READY=1'
  unset NOTIFY_SOCKET
  wait_until grep -q READY=1 "$TMP/heard"
}

@test "a host name, loopback, a sysctl of the network" {
  config '.hostname = "mine" | .linux.sysctl = {"net.ipv4.ip_default_ttl": "77"}'
  inside 'hostname; cat /proc/sys/net/ipv4/ip_default_ttl; ip addr show lo | grep -o UP | head -n 1'
  says $'mine\n77\nUP'
}

# ------------------------------------------------------------------------------------------------ standard streams

# The caller's pipes are his, as in a pipeline of his shell.
piped() { # sets $status, $output, $stderr
  status=0
  as_user sh -c '"$@" </dev/null 2>&1 | cat' sh "$TMP/${RUNTIME##*/}" --root "$ROOT" run -b "$BUNDLE" "$ID" >"$TMP/out" 3>&- || status=$?
  output=$(<"$TMP/out") stderr=''
}

@test "standard output and error can be opened again by root of the container" {
  script 'echo one >/proc/self/fd/1; echo two >/dev/stdout; echo three >/dev/stderr; stat -L -c %u /proc/self/fd/1'
  piped
  says $'one\ntwo\nthree\n0'
}

@test "and by an ordinary user of the container, to whom they are given" {
  ranges "$TOKEN-user:500000:1000"
  maps '0 me 1' '1 500000 1000'
  config '.process.user = {uid: 100, gid: 100}'
  script 'echo one >/proc/self/fd/1; echo two >/dev/stdout; echo three >/dev/stderr; stat -L -c %u /proc/self/fd/1'
  piped
  says $'one\ntwo\nthree\n100'
}

@test "streams of somebody else's are used as they are" {
  echo >"$TMP/kept" && chown 0:0 "$TMP/kept" && chmod 600 "$TMP/kept"
  script 'echo written; stat -L -c %u /proc/self/fd/1'
  as_user "$TMP/${RUNTIME##*/}" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null >"$TMP/kept" 3>&-
  same "$(<"$TMP/kept")" $'written\n65534'
  same "$(stat -c %u "$TMP/kept")" 0
}

@test "exec: a terminal and streams belong to the user it runs as" {
  ranges "$TOKEN-user:500000:1000"
  maps '0 me 1' '1 500000 1000'
  launch
  on_terminal "exec -t --user 100:100 '$ID' sh -c 'stat -L -c %u /dev/pts/0 /proc/self/fd/0; echo typed >/dev/tty'"
  says $'100\n100\ntyped'
  as_user sh -c '"$@" </dev/null 2>&1 | cat' sh "$TMP/${RUNTIME##*/}" --root "$ROOT" exec --user 100:100 "$ID" \
    sh -c 'echo one >/proc/self/fd/1; stat -L -c %u /proc/self/fd/2' >"$TMP/out" 3>&-
  same "$(<"$TMP/out")" $'one\n100'
}
