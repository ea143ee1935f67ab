#!/usr/bin/env bats
# shellcheck disable=SC2154 # ($output and $stderr are set by run)
# husk ns list, tree and show, compared with lsns, readlink and the maps in /proc.
# Legs: short v2
load helpers
load containers

setup_file() { is_husk || skip "husk's own"; }
setup() { prepare; }

entry() { # ID [JQ-FILTER]: of the namespace with this id
  runtime ns list --format json 2>/dev/null | jq -c --argjson id "$1" '.namespaces[] | select(.id == $id)'"${2:+ | $2}"
}
in_child() { # SCRIPT ARG...: in PID, mount and user namespaces of its own, with a /proc of its own, where nobody else is
  timeout 60 unshare --pid --fork --kill-child --mount --mount-proc bash -c "$@"
}

@test "the same namespaces, processes and numbers as lsns" {
  # shellcheck disable=SC2016 # for the inner shell
  in_child '
    unshare --user --map-root-user --net sleep 1000 &
    unshare --uts --ipc sleep 1000 &
    until [ "$(pgrep -c "^sleep$")" = 2 ]; do sleep 0.01; done
    lsns -J -o NS,TYPE,NPROCS >"$1/lsns"
    "$2" ns list --format json >"$1/husk"' - "$TMP" "$RUNTIME"
  jq -r '.namespaces[] | "\(.type) \(.ns) \(.nprocs)"' lsns | sort >lsns.txt
  jq -r '.namespaces[] | select(.processes != []) | "\(.kind) \(.id) \(.processes | length)"' husk | sort >husk.txt
  [ "$(wc -l <husk.txt)" -ge 12 ]
  diff lsns.txt husk.txt
}

@test "every namespace of a process is the one of its files" {
  pin_namespace uts
  local kind
  for kind in user pid mnt net uts ipc cgroup time; do
    [ -e "/proc/$NS_PID/ns/$kind" ] || continue
    same "$(entry "$(inode_of "/proc/$NS_PID/ns/$kind")" \
      '[.kind, (.processes[] | select(.pid == '"$NS_PID"') | .name)] | join(" ")')" "\"$kind sleep\""
  done
}

@test "owner, parent, creator and maps of nested user namespaces" {
  # shellcheck disable=SC2016 # for the inner shells
  in_child '
    setpriv --reuid 1234 --regid 1235 --clear-groups unshare --user --map-root-user --net sh -c "
      readlink /proc/self/ns/user; readlink /proc/self/ns/net
      unshare --user sh -c \"readlink /proc/self/ns/user; echo ready; exec sleep 1000\"" >"$3/ids" &
    until grep -q ready "$3/ids"; do sleep 0.01; done
    "$2" ns list --format json' - x "$RUNTIME" "$TMP" >list
  local outer net inner
  { read -r outer; read -r net; read -r inner; } < <(tr -dc '0-9\n' <ids)
  same "$(jq -c ".namespaces[] | select(.id == $outer) | [.parent, .creator, .uidMappings, .gidMappings]" list)" \
    "[$(inode_of /proc/self/ns/user),1234,[{\"containerID\":0,\"hostID\":1234,\"size\":1}],[{\"containerID\":0,\"hostID\":1235,\"size\":1}]]"
  same "$(jq -c ".namespaces[] | select(.id == $inner) | [.parent, .creator, .uidMappings]" list)" "[$outer,1234,[]]"
  same "$(jq -c ".namespaces[] | select(.id == $net) | .owner" list)" "$outer"
}

@test "the first namespaces are those with the kernel's numbers, and yours are your own" {
  pin_namespace time
  local kind id
  runtime ns list --format json >"$TMP/list" 2>/dev/null
  for kind in user pid uts ipc cgroup time; do
    id=$(inode_of "/proc/self/ns/$kind")
    same "$(jq -c ".namespaces[] | select(.id == $id) | [.first == true, .own]" "$TMP/list")" \
      "[$([ "$id" -ge 4026531834 ] && [ "$id" -le 4026531839 ] && echo true || echo false),true]"
  done
  same "$(jq -c ".namespaces[] | select(.id == $(inode_of "$NS_PATH")) | [.first, .own]" "$TMP/list")" '[null,null]'
}

@test "maps in the tree: from and to, of ranges and of single ids" {
  pin_namespace user
  echo 0 100000 65536 >"/proc/$NS_PID/uid_map"
  echo 5 200000 1 >"/proc/$NS_PID/gid_map"
  ask ns tree
  has "user $(inode_of "$NS_PATH")[^"$'\n'"]*uids 0-65535 = 100000-165535[^"$'\n'"]*gids 5 = 200000([^0-9]|$)"
}

@test "a pid at every level" {
  # shellcheck disable=SC2016 # for the inner shells
  in_child '
    unshare --pid --fork --kill-child unshare --pid --fork --kill-child sleep 1000 &
    until pgrep "^sleep$" >/dev/null; do sleep 0.01; done
    pid=$(pgrep "^sleep$")
    grep NSpid "/proc/$pid/status"
    "$2" ns show "$pid" --format json | jq -c .nsPids
    "$2" ns show "$(readlink "/proc/$pid/ns/pid" | tr -dc 0-9)" --format json | jq -c ".parent, .processes[].nsPids"
    "$2" ns tree | tail -n 3' - x "$RUNTIME" >out
  local numbers
  numbers=$(sed -n 's/NSpid:\t//p' out)
  same "$(wc -w <<<"$numbers")" 3
  same "$(sed -n 2p out)" "[${numbers//$'\t'/,}]"
  same "$(sed -n 4p out)" "[${numbers//$'\t'/,}]"
  grep -qxE " +└─ ${numbers//$'\t'/ → }  sleep" out
}

@test "a namespace that is mounted, and has nobody in it" {
  touch "$TMP/name space"
  unshare --net="$TMP/name space" true
  OWN_MOUNTS+=("$TMP/name space")
  local id
  id=$(stat -c %i "$TMP/name space")
  same "$(entry "$id" '[.kind, .owner, .processes, .mounts[].path]')" \
    "[\"net\",$(inode_of /proc/self/ns/user),[],\"$TMP/name space\"]"
  ask ns show "$id"
  has "mounted at  $TMP/name space \(in mnt $(inode_of /proc/self/ns/mnt)\)"
}

@test "a namespace that is only open" {
  pin_namespace uts
  local id
  id=$(inode_of "$NS_PATH")
  exec 7<"$NS_PATH"
  unpin_namespaces || true # (killed, says wait)
  same "$(entry "$id" '[.processes, (.openIn | index('$$') != null)]')" '[[],true]'
  exec 7<&-
  same "$(entry "$id")" ''
}

@test "a namespace that only children will be in" {
  cat >time.py <<'PY'
import ctypes, os, sys
ctypes.CDLL(None).unshare(0x80)
print(os.readlink("/proc/self/ns/time_for_children"), flush=True)
sys.stdin.read()
PY
  mkfifo gate
  python3 time.py <gate >ids 3>&- &
  local python=$!
  exec 8>gate
  wait_until test -s ids
  same "$(entry "$(tr -dc 0-9 <ids)" '[.processes, .forChildrenOf]')" "[[],[$python]]"
  exec 8>&-
  wait "$python"
}

@test "the owner that has nobody left" {
  # shellcheck disable=SC2016 # for the inner shells
  in_child '
    touch "$3/net" && mount --make-rprivate / || exit
    unshare --user --map-root-user sh -c "readlink /proc/self/ns/user; exec unshare --net sh -c \"echo \\\$\\\$; read _\"" \
      < <(exec sleep 1000) >"$3/ids" &
    until [ "$(wc -l <"$3/ids")" = 2 ]; do sleep 0.01; done
    mount --bind "/proc/$(tail -n 1 "$3/ids")/ns/net" "$3/net"
    kill -9 $!; wait $!
    "$2" ns list --format json' - x "$RUNTIME" "$TMP" >list
  local id
  id=$(head -n 1 ids | tr -dc 0-9)
  same "$(jq -c ".namespaces[] | select(.owner == $id) | [.kind, .processes]" list)" '["net",[]]'
  same "$(jq -c ".namespaces[] | select(.id == $id) | [.kind, .processes, .creator]" list)" '["user",[],0]'
}

@test "a thread that is elsewhere than its process" {
  cat >thread.py <<'PY'
import ctypes, os, sys, threading
def work():
    ctypes.CDLL(None).unshare(0x04000000)
    print(os.readlink("/proc/thread-self/ns/uts"), threading.get_native_id(), flush=True)
    threading.Event().wait()
threading.Thread(target=work, daemon=True).start()
sys.stdin.read()
PY
  mkfifo gate
  python3 thread.py <gate >ids 3>&- &
  local python=$!
  exec 8>gate
  wait_until test -s ids
  local id tid
  read -r id tid <ids
  same "$(entry "$(tr -dc 0-9 <<<"$id")" '.processes[] | [.pid, .threadOf]')" "[$tid,$python]"
  exec 8>&-
  wait "$python"
}

@test "a container of husk is named, and the host's namespaces are not its own" {
  bundle_busybox
  config '.process.args = ["/bin/sleep", "1000"]'
  drop_namespace network
  launch
  local pid kind
  pid=$(pid_of)
  for kind in pid mnt uts ipc; do
    same "$(entry "$(inode_of "/proc/$pid/ns/$kind")" .containers)" \
      "[{\"engine\":\"husk\",\"id\":\"$ID\",\"runtime\":\"husk\"}]"
  done
  same "$(entry "$(inode_of "/proc/$pid/ns/net")" .containers)" null
  same "$(runtime ns show "$pid" --format json 2>/dev/null | jq -r .container.id)" "$ID"
  ask ns show "$pid"
  has "container   husk $ID"
  end_of
  runtime delete "$ID"
}

@test "a container that has ended does not give its name to who has its number now" {
  bundle_busybox
  config '.process.args = ["/bin/true"]'
  launch
  wait_until is_phase stopped
  pin_namespace uts
  jq --argjson pid "$NS_PID" '.pid = $pid' "$ROOT/$ID/state.json" >"$TMP/state.json"
  mv "$TMP/state.json" "$ROOT/$ID/state.json"
  same "$(entry "$(inode_of "$NS_PATH")" .containers)" null
  runtime delete "$ID"
}

@test "a container of runc is named" {
  [ -x "$(command -v runc)" ] || skip "no runc"
  bundle_busybox
  config '.process.args = ["/bin/sleep", "1000"]'
  runc run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- || skip "runc cannot run here"
  local pid found
  pid=$(runc state "$ID" | jq .pid)
  found=$(entry "$(inode_of "/proc/$pid/ns/pid")" .containers)
  runc delete --force "$ID"
  same "$found" "[{\"engine\":\"runc\",\"id\":\"$ID\",\"runtime\":\"runc\"}]"
}

@test "an ordinary user sees his own, and is told of the rest" {
  open_path
  setpriv --reuid 47111 --regid 47111 --clear-groups sleep 1000 3>&- &
  PINNED+=($!)
  wait_until grep -q '^Uid:.47111' "/proc/$!/status"
  run --separate-stderr setpriv --reuid 47111 --regid 47111 --clear-groups "$RUNTIME" ns list --format json
  ok
  [[ $stderr == *"processes may not be looked into: their namespaces are left out"* ]]
  same "$(jq ".namespaces[] | select(.kind == \"user\") | .processes[] | select(.pid == $!) | .name" <<<"$output")" '"sleep"'
  [ "$(jq .hiddenProcesses <<<"$output")" -gt 0 ]
  same "$(jq '[.namespaces[].processes[].pid] | index(1)' <<<"$output")" null
}

@test "processes that come and go meanwhile" {
  # shellcheck disable=SC2016 # for the inner shell
  in_child '
    while :; do unshare --uts --ipc true; done &
    while :; do (true); done &
    for i in $(seq 20); do "$2" ns list --format json || exit; done' - x "$RUNTIME" >list
  same "$(jq -s 'length' list)" 20
  # A namespace is there with what keeps it, or because it is the parent or the owner of one.
  same "$(jq -c '.namespaces as $all | $all[] | select(.processes == [] and .openIn == null and .mounts == null
    and .forChildrenOf == null) | select(.id as $id | any($all[]; .owner == $id or .parent == $id) | not)' list)" ''
}

@test "--kind, the table, and words that are wrong" {
  ask ns list --kind user --kind time
  has "^KIND +ID +OWNER" "time +$(inode_of /proc/self/ns/time) "
  lacks 'net +[0-9]'
  ask ns list --kind nett
  refused 'no kind of namespace: nett'
  ask ns list --format yaml
  refused 'invalid format'
  ask ns show 999999999999
  refused '"999999999999\\?" is neither a namespace nor a process'
  ask ns show nonsense
  refused 'neither a namespace nor a process'
  ask ns show "$(readlink /proc/self/ns/net)"
  has "namespace   net $(inode_of /proc/self/ns/net) .*\(yours\)"
}

@test "the picture is XML and has every user and PID namespace" {
  pin_namespace pid
  runtime ns tree --svg >tree.svg 2>/dev/null
  run python3 -c 'import sys, xml.dom.minidom as x; print(len(x.parse("tree.svg").getElementsByTagName("rect")) > 10)'
  says True
  grep -q ">pid $(inode_of "$NS_PATH")<" tree.svg
  grep -q ">user $(inode_of /proc/self/ns/user)<" tree.svg
}

@test "the picture has long names that are cut between characters" {
  # One byte more, so that a cut between any two bytes hits a character in one of them; a short path leads there.
  # shellcheck disable=SC2016 # for the inner shell
  unshare --mount bash -c 'mount --bind "$1" /mnt
    for front in x xx; do
      path=/mnt/$front-$(printf "ü%.0s" {1..100})
      touch "$path"
      unshare --net="$path" true
    done
    exec "$2" ns tree --svg' - "$TMP" "$RUNTIME" >tree.svg 2>/dev/null
  python3 -c 'import xml.dom.minidom as x; x.parse("tree.svg")'
  same "$(grep -c 'mounted at /mnt/[^<]*ü…</text>' tree.svg)" 2
}
