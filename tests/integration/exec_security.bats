#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# exec: the new process is in the container and has no more than it should.
load helpers
load containers
load exec

namespaces_of() { # PID [KIND...]
  local kind
  for kind in "${@:2}"; do readlink "/proc/$1/ns/$kind"; done
}
KINDS=(cgroup ipc mnt net pid uts user time)

# The namespaces of an added process are those of init, and differ from ours only where init's do.
same_namespaces() {
  add_detached -- sleep 1001
  ok
  same "$(namespaces_of "$(<"$TMP/pid")" "${KINDS[@]}")" "$(namespaces_of "$(pid_of)" "${KINDS[@]}")"
}

@test "it is in the container's namespaces" {
  launch
  same_namespaces
  differ "$(namespaces_of "$(<"$TMP/pid")" mnt)" "$(namespaces_of $$ mnt)"
}

@test "cgroup and time namespaces" {
  add_namespace cgroup
  add_namespace time
  launch
  same_namespaces
  differ "$(namespaces_of "$(<"$TMP/pid")" time)" "$(namespaces_of $$ time)"
}

@test "a container with a user namespace" {
  user_namespace
  launch
  same_namespaces
  same "$(awk '/^[UG]id:/ { print $2 }' "/proc/$(<"$TMP/pid")/status")" $'100000\n200000'
}

@test "a user namespace without root" {
  user_namespace
  config '.linux.uidMappings = [{containerID: 1000, hostID: 100000, size: 10}]
        | .linux.gidMappings = [{containerID: 1000, hostID: 200000, size: 10}]
        | .process.user = {uid: 1000, gid: 1000}'
  launch || skip "does not run"
  add sh -c 'id -u; id -g'
  says $'1000\n1000'
}

@test "a user who is not mapped" {
  user_namespace
  launch
  add -u 70000 -- touch /tmp/ran
  fails '70000'
  [ ! -e "$ROOTFS/tmp/ran" ]
}

@test "a container in the host's PID namespace" {
  drop_namespace pid
  launch
  add_detached -- sleep 1001
  ok
  same "$(namespaces_of "$(<"$TMP/pid")" pid mnt)" "$(namespaces_of "$(pid_of)" pid mnt)"
}

@test "a container in the host's network namespace" {
  drop_namespace network
  launch
  same_namespaces
}

@test "a container that has joined a network namespace" {
  pin_namespace network
  add_namespace network "$NS_PATH"
  launch
  same_namespaces
  same "$(readlink "/proc/$(<"$TMP/pid")/ns/net")" "$(readlink "$NS_PATH")"
}

@test "a container without a mount namespace: its root" {
  drop_namespace mount
  config 'del(.linux.maskedPaths, .linux.readonlyPaths, .mounts)'
  launch
  echo word >"$ROOTFS/mark"
  add /bin/cat /mark
  says word
}

@test "its parent is in no namespace of the container" {
  launch
  add sh -c 'grep PPid /proc/self/status'
  has '	0$'
}

# ------------------------------------------------------------------------------------------------ privileges

@test "capabilities are the container's" {
  launch
  add cat /proc/self/status
  ok
  local set
  for set in CapPrm CapEff CapBnd; do same "$(field $set)" 0000000020000420; done
  for set in CapInh CapAmb; do same "$(field $set)" 0000000000000000; done
}

@test "--cap adds to bounding, effective and permitted" {
  launch
  add -c CAP_CHOWN --cap CAP_SYSLOG -- cat /proc/self/status
  ok
  local set
  for set in CapPrm CapEff CapBnd; do same "$(field $set)" 0000000420000421; done
  for set in CapInh CapAmb; do same "$(field $set)" 0000000000000000; done
}

@test "--cap is ambient, too, where the container has inheritable ones" {
  config '.process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN", "CAP_SYSLOG"], permitted: ["CAP_KILL", "CAP_CHOWN"],
      effective: ["CAP_KILL"], inheritable: ["CAP_CHOWN", "CAP_SYSLOG"], ambient: ["CAP_CHOWN"]}'
  launch
  add --cap CAP_SYSLOG -- cat /proc/self/status
  ok
  same "$(field CapAmb)" 0000000400000001
}

@test "--cap of an unknown name: one warning" {
  launch
  add --cap CAP_NOSUCH -- true
  ok
  same "$(grep -c 'ignoring unknown capability.*CAP_NOSUCH' <<<"$stderr")" 1
}

@test "an ambient capability that is not inheritable: a warning" {
  config '.process.capabilities += {inheritable: ["CAP_KILL"], ambient: ["CAP_KILL", "CAP_NET_BIND_SERVICE"]}'
  launch
  add cat /proc/self/status
  ok
  same "$(field CapAmb)" 0000000000000020
  [[ $stderr == *"can't raise ambient capability CAP_NET_BIND_SERVICE: "* ]]
}

@test "--process without capabilities has the container's, and no others" {
  launch
  process 'del(.capabilities) | .args = ["/bin/cat", "/proc/self/status"]'
  ask exec -p "$TMP/process.json" "$ID"
  ok
  same "$(field CapBnd)" 0000000020000420
}

@test "noNewPrivileges is the container's" {
  launch
  add grep NoNewPrivs /proc/self/status
  has '1$'
}

@test "--no-new-privs" {
  config '.process.noNewPrivileges = false'
  launch
  add --no-new-privs -- grep NoNewPrivs /proc/self/status
  has '1$'
}

@test "--no-new-privs=false" {
  launch
  add --no-new-privs=false -- grep NoNewPrivs /proc/self/status
  has '0$'
}

seccomp_mkdir() {
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
}

@test "the container's seccomp filter holds" {
  seccomp_mkdir
  launch
  add mkdir /made
  exits 1
  [ ! -e "$ROOTFS/made" ]
}

@test "the container's seccomp filter holds without noNewPrivileges" {
  seccomp_mkdir
  config '.process.noNewPrivileges = false'
  launch
  add mkdir /made
  exits 1
  [ ! -e "$ROOTFS/made" ]
}

@test "an AppArmor profile where there is no AppArmor" {
  ! grep -qs Y /sys/module/apparmor/parameters/enabled || skip "there is"
  launch
  add --apparmor nosuch -- touch /ran
  fails AppArmor
  [ ! -e "$ROOTFS/ran" ]
}

# ------------------------------------------------------------------------------------------------ descriptors

@test "no descriptor of the caller's is left" {
  launch
  run bash -c '"$@" 5</etc/passwd 9</ 63</etc' bash "$RUNTIME" --root "$ROOT" exec "$ID" \
    sh -c 'ls /proc/self/fd | wc -l'
  says 4 # the fourth is the directory
}

@test "a cwd of /proc/self/fd/N does not lead out" {
  launch
  local n
  for n in 3 4 5 6 7 8 9 10; do
    add --cwd "/proc/self/fd/$n" -- cat ../../../../etc/hostname
    exits 255
  done
}

@test "the cwd must be inside, with descriptors that are passed on too" {
  launch
  run --separate-stderr bash -c '"$@" 3</' bash "$RUNTIME" --root "$ROOT" \
    exec --preserve-fds 1 --cwd /proc/self/fd/3 "$ID" pwd
  fails 'outside of container mount namespace root'
}

@test "a cwd of the container that is a link to /proc/self/fd/N" {
  launch
  ln -s /proc/self/fd/3 "$ROOTFS/link"
  run --separate-stderr bash -c '"$@" 3</' bash "$RUNTIME" --root "$ROOT" exec --preserve-fds 1 --cwd /link "$ID" pwd
  fails 'outside of container mount namespace root'
}

# A process of the container that writes down what it sees of others before their programs run: husk-init's descriptors.
spy() {
  script 'cd /proc; while :; do for p in [0-9]*; do case $p in 1|$$) continue;; esac
      case $(readlink $p/exe) in *husk-init*) ls -l $p/fd | sed -n "s/.* -> //p" >>/seen;; esac
    done; done 2>/dev/null'
}
add_some() {
  local n
  for n in 1 2 3 4 5 6 7 8 9 10; do add true && ok || return 1; done
}

@test "a process of the container cannot look into the new one before its program runs" {
  config '.process.capabilities |= map_values(. + ["CAP_DAC_READ_SEARCH", "CAP_DAC_OVERRIDE"])'
  spy
  launch
  add_some
  [ ! -s "$ROOTFS/seen" ]
}

@test "where it can, with CAP_SYS_PTRACE, it finds no folder of the host" {
  config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
  spy
  launch
  seen() { add_some && [ -s "$ROOTFS/seen" ]; }
  for _ in 1 2 3 4 5 6; do if seen; then break; fi; done
  same "$(grep -c '^/\(proc\|sys\)' "$ROOTFS/seen")" 0
}

@test "/proc of the container is not used for labels and limits" {
  config '.process.oomScoreAdj = 300'
  launch
  nsenter -t "$(pid_of)" -m mount -t tmpfs none "/proc/$(pid_of)" 2>/dev/null || true
  nsenter -t "$(pid_of)" -m mount --bind /etc /proc
  add_detached -- sleep 1001
  ok
  same "$(cat "/proc/$(<"$TMP/pid")/oom_score_adj")" 300
}

@test "a container that has ended meanwhile: an error, nothing left" {
  config '.process.args = ["/bin/sleep", "0.05"]'
  launch
  local n
  for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    ask exec "$ID" true
    [ "$status" = 0 ] || [ "$status" = 255 ] || [ "$status" = 137 ] || { show; return 1; }
  done
  wait_until is_phase stopped
}

@test "nobody in the container can speak for the new process, not even with CAP_SYS_PTRACE" {
  config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
  cp "$HELPERS/forge" "$ROOTFS/forge"
  sleep 1000 3>&- &
  local victim=$!
  BACKGROUND+=("$victim")
  config --arg victim "$victim" '.process.args = ["/bin/sh", "-c", "exec /forge \($victim) >/forged"]'
  launch
  wait_until [ -e "$ROOTFS/forged" ]
  local try
  for ((try = 0; try < 200; try++)); do
    add true # whatever becomes of it
    if [ -s "$ROOTFS/forged" ]; then break; fi
  done
  [ -s "$ROOTFS/forged" ] || { echo "the attack has found nothing to attack"; return 1; }
  for try in 1 2 3 4 5 6 7 8 9 10; do add true; done
  kill -0 "$victim"
}

@test "HOME is not looked for below the working directory" {
  mkdir -p "$ROOTFS/tmp/etc" "$ROOTFS/etc"
  echo 'root:x:0:0:root:/evil:/bin/sh' >"$ROOTFS/tmp/etc/passwd"
  echo 'root:x:0:0:root:/good:/bin/sh' >"$ROOTFS/etc/passwd"
  config '.process.env |= map(select(startswith("HOME=") | not))'
  launch
  sh_in --cwd /tmp 'echo $HOME'
  says /good
}

@test "--no-new-keyring of the container goes for exec, too" {
  config 'del(.linux.maskedPaths)'
  launch --no-new-keyring "$ID"
  add cat /proc/keys
  lacks "_ses[. ]*$ID"
}
