#!/usr/bin/env bats
# husk ns run: a program in new namespaces, compared with /proc, lsns and unshare.
# Legs: short long enosys
# shellcheck disable=SC2154,SC2016 # ($output and $stderr are set by run; the scripts are for inside)
load helpers
load ns

setup_file() { is_husk || skip "husk's own"; }

@test "each kind is new, and no other" {
  local kind option inside outside
  for kind in user pid mnt net uts ipc cgroup time; do
    option=$kind
    [ "$kind" != mnt ] || option=mount
    new "--$option" -- sh -c "$(declare -f ids); ids self"
    ok
    inside=$output outside=$(ids self)
    same "$(diff <(echo "$outside") <(echo "$inside") | sed -n 's/^> \([a-z]*\).*/\1/p')" "$kind"
  done
}

@test "lsns lists the process in all eight kinds" {
  new --all -- sh -c 'lsns -n -p $$ -o TYPE,NPROCS,PID | sort'
  same "$(awk '{ print $1, $3 }' <<<"$output")" $'cgroup 1\nipc 1\nmnt 1\nnet 1\npid 1\ntime 1\nuser 1\nuts 1'
}

@test "status, and 128+n for a signal" {
  new --uts -- sh -c 'exit 7'
  exits 7
  new --uts -- sh -c 'kill -9 $$'
  exits 137
}

@test "the program is the first process, and /proc knows it" {
  new --pid --mount -- sh -c 'echo $$; cd /proc; echo [0-9]*; grep NSpid /proc/1/status'
  has '^1
1' 'NSpid:	1'
  lacks "$BATS_ROOT_PID"
}

@test "without a new mount namespace /proc stays, and that is said" {
  new --pid -- sh -c 'echo $$; readlink /proc/self'
  ok
  same "${lines[0]}" 1
  differ "${lines[1]}" 2
  [[ $stderr == *'/proc shows the processes of outside'* ]] || { show; return 1; }
  new --pid --mount --no-proc -- readlink /proc/self
  differ "$output" 1
}

@test "nothing that is mounted inside is seen outside" {
  own_mount -t tmpfs none "$(mkdir "$TMP/shared" && echo "$TMP/shared")"
  mount --make-shared "$TMP/shared"
  mkdir "$TMP/shared/on"
  new --mount -- sh -c "mount -t tmpfs none '$TMP/shared/on' && grep -c '$TMP/shared' /proc/self/mountinfo"
  says 2
  same "$(grep -c "$TMP/shared" /proc/self/mountinfo)" 1
}

@test "propagation as asked" {
  own_mount -t tmpfs none "$(mkdir "$TMP/shared" && echo "$TMP/shared")"
  mount --make-shared "$TMP/shared"
  local how want
  for how in private: slave:master: shared:shared: unchanged:shared:; do
    want=${how#*:}
    new --mount --propagation "${how%%:*}" -- awk -v at="$TMP/shared" '$5 == at { print $7 }' /proc/self/mountinfo
    ok
    [ -n "$want" ] || want=-
    [[ $output == "$want"* ]] || { echo "$how: $output"; return 1; }
  done
}

@test "lo is up and the only interface" {
  new --net -- ip -o link
  has '^1: lo: .*UP'
  same "${#lines[@]}" 1
  new --net -- ip -o addr show lo
  has 'inet 127.0.0.1/8'
}

@test "a hostname of its own, and it needs a uts namespace" {
  new --uts --hostname "$TOKEN" -- hostname
  says "$TOKEN"
  differ "$(hostname)" "$TOKEN"
  new --net --hostname "$TOKEN" -- hostname
  refused 'a hostname needs a new uts namespace'
}

@test "clocks are ahead as in unshare" {
  new --time --boottime 1000000 --monotonic 7 -- sh -c 'cat /proc/self/timens_offsets; cut -d. -f1 /proc/uptime'
  has '^monotonic +7 +0
boottime +1000000 +0'
  [ "${lines[2]}" -ge 1000000 ] || { show; return 1; }
  same "$(head -2 <<<"$output")" \
    "$(unshare --time --boottime 1000000 --monotonic 7 --fork cat /proc/self/timens_offsets)"
}

@test "root of a user namespace is the caller, as in unshare -r" {
  new --user -- sh -c 'id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map'
  says "$(unshare -r sh -c 'id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map')"
}

@test "maps as given, and none at all" {
  new --user --uid-map 0:100000:10 --uid-map 20:200000:5 --gid-map 0:300000:7 -- \
    awk '{ print $1, $2, $3 }' /proc/self/uid_map /proc/self/gid_map
  says $'0 100000 10\n20 200000 5\n0 300000 7'
  new --user --no-map -- sh -c 'id -u; wc -l </proc/self/uid_map'
  says $'65534\n0'
}

@test "an ordinary user has all kinds with --user" {
  run --separate-stderr as_user ns run --all --hostname "$TOKEN" -- \
    sh -c 'id -u; id -g; hostname; echo $$; cat /proc/self/uid_map /proc/self/setgroups; awk "/CapEff/ { print \$2 }" /proc/self/status'
  has "^0
0
$TOKEN
1
 +0 +4242 +1
deny
0*1f" ''
}

@test "without --user an ordinary user is told to add it" {
  run --separate-stderr as_user ns run --net -- true
  refused 'CAP_SYS_ADMIN.*--user'
  exits 1
}

@test "root gives up its groups in a user namespace" {
  run setpriv --groups 0,4,5 "$RUNTIME" ns run --user --uid-map 0:0:10 --gid-map 0:0:10 -- id -G
  says 0
}

@test "session, umask, working directory, processors, environment and ignored signals are the caller's" {
  mkdir "$TMP/here"
  cd "$TMP/here"
  umask 027
  trap '' USR1
  local look='umask; pwd; ps -o sid= -p $$ | tr -d " "; grep Cpus_allowed_list /proc/self/status; echo $WORD; grep SigIgn /proc/self/status'
  WORD=kept new --mount --net -- sh -c "$look"
  says "$(WORD=kept sh -c "$look")"
  WORD=kept run taskset -c 0 "$RUNTIME" ns run --net -- grep Cpus_allowed_list /proc/self/status
  says $'Cpus_allowed_list:\t0'
}

@test "a descriptor of the caller's is not passed on" {
  exec 7<"$BATS_TEST_FILENAME"
  new --uts -- sh -c '[ ! -e /proc/self/fd/7 ]'
  exec 7<&-
  ok
}

@test "signals reach the program" {
  mkfifo "$TMP/ready"
  "$RUNTIME" ns run --net -- sh -c "trap 'exit 42' TERM; echo >'$TMP/ready'; while :; do sleep 0.01; done" </dev/null 3>&- &
  local pid=$! status=0
  read -r _ <"$TMP/ready"
  kill -TERM "$pid"
  wait "$pid" || status=$?
  same "$status" 42
}

@test "--show: the child unshares and keeps its pid, init is pid 1, the parent stays what it is" {
  new --user --pid --mount --uts --hostname "$TOKEN" --show -- \
    bash -c "$(declare -f id_of); echo \$\$; for kind in user pid mnt uts; do id_of self \$kind; done"
  ok
  same "${lines[0]}" 1
  local kind number=1
  for kind in user pid mnt uts; do
    same "$(shown init sethostname "$kind" | tr -d '*')" "${lines[number]}"
    same "$(shown parent before "$kind")" "$(id_of self "$kind")"
    [ "$kind" = pid ] || [[ $(shown child "unshare $kind" "$kind") == '*'* ]] || { show; return 1; }
    number=$((number + 1))
  done
  [[ $(blocks child) == *'unshare user: pid '*', uid *65534, gid *65534'* ]] || { show; return 1; }
  same "$(shown child 'unshare pid' pid)" "$(id_of self pid)"
  [[ $(shown init born pid) == '*'* ]]
  [[ $(blocks init) == *'born: pid *1, uid 0'*"hostname *$TOKEN"* ]] || { show; return 1; }
  same "$(blocks child | sed 's/.*: pid \([0-9]*\),.*/\1/' | sort -u | wc -l)" 1
  same "$(blocks parent | sed 's/.*: pid/pid/' | uniq | wc -l)" 1
}

@test "what is wrong is said, and nothing runs" {
  new -- true
  refused 'no kind of namespace is named \(--user'
  new --hostname foo -- true
  refused 'a hostname needs a new uts namespace'
  new --uid-map 0:0:1 -- true
  refused 'a map of ids needs a new user namespace'
  new --gid-map 0:0:1 -- true
  refused 'a map of ids needs a new user namespace'
  new --map-auto -- true
  refused 'a map of ids needs a new user namespace'
  new --monotonic 1 -- true
  refused 'an offset of a clock needs a new time namespace'
  new --net -- "$TOKEN"
  refused 'executable file not found'
  exits 1
  new --user --uid-map 0:x -- true
  refused 'invalid --uid-map: .*0:x'
  new --mount --propagation wide -- true
  refused 'invalid --propagation: wide'
  new --time --boottime soon -- true
  refused 'invalid --boottime: .*soon'
  new --net --no-map --user --uid-map 0:0 -- true
  refused 'contradicts'
}

@test "what is typed at the terminal reaches the program once, and it stays in the foreground" {
  cat >"$TMP/terminal.py" <<'END'
import os, pty, signal, sys
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
text = b""
def wait_for(word):
    global text
    while word not in text:
        text += os.read(master, 4096)
wait_for(b"ready")
os.write(master, b"\x03")
wait_for(b"interrupted")
os.kill(pid, signal.SIGUSR1)  # taken after what the terminal sent
wait_for(b"end")
sys.stdout.write(text.decode().replace("\r", ""))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
  run timeout 60 python3 "$TMP/terminal.py" "$RUNTIME" ns run --net -- bash -c \
    'n=0; trap "n=\$((n + 1)); echo interrupted" INT; trap "echo times \$n end; exit 5" USR1
     stty -echo; [ -t 0 ] && ps -o tpgid=,pgid= -p $$ | (read -r a b && [ "$a" = "$b" ] && echo foreground); echo ready
     while :; do read -r -t 1; done'
  exits 5
  [[ $output == *foreground* && $output == *'times 1 end'* ]] || { show; return 1; }
}

@test "when the program is stopped, so is husk, and both go on" {
  mkfifo "$TMP/ready"
  "$RUNTIME" ns run --net -- sh -c "trap 'exit 42' TERM; echo \$\$ >'$TMP/ready'; while :; do sleep 0.01; done" </dev/null 3>&- &
  local pid=$! program status=0
  read -r program <"$TMP/ready"
  kill -STOP "$program"
  wait_until grep -q 'State:.T' "/proc/$pid/status"
  kill -CONT "$pid"
  wait_until grep -q 'State:.[SR]' "/proc/$program/status"
  kill -TERM "$pid"
  wait "$pid" || status=$?
  same "$status" 42
}
