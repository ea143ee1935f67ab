#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# exec: one more process in a container: what it runs, as whom, and how it ends.
load helpers
load containers
load exec

# ------------------------------------------------------------------------------------------------ how it ends

@test "output of the program" {
  launch
  add echo 'hello from exec'
  says 'hello from exec'
}

@test "exit status of the program" {
  launch
  sh_in 'exit 42'
  exits 42
}

@test "a program ended by a signal: 128 and its number" {
  launch
  sh_in 'kill -9 $$'
  exits 137
}

@test "what follows the container's id is the program's" {
  launch
  ask exec "$ID" echo -t --cwd x -- y
  says '-t --cwd x -- y'
}

@test "unknown container" {
  ask exec nosuch true
  fails 'container does not exist'
}

@test "no id: the usage, status 1" {
  ask exec
  exits 1
}

@test "unknown option: the usage, status 1" {
  ask exec --nosuch "$ID" true
  exits 1
}

@test "no program" {
  launch
  ask exec "$ID"
  fails 'exec args cannot be empty'
}

@test "program not found in PATH" {
  launch
  add nosuchprogram
  fails 'exec: "nosuchprogram": executable file not found in \$PATH'
}

@test "program not found by its path" {
  launch
  add /no/such/program
  fails 'exec: "/no/such/program": stat /no/such/program: no such file or directory'
}

@test "program without permission" {
  launch
  echo text >"$ROOTFS/plain"
  add /plain
  fails 'exec: "/plain": permission denied'
}

@test "program whose interpreter is missing: one line of error" {
  launch
  printf '#!/nosuchshell\n' >"$ROOTFS/run.sh" && chmod +x "$ROOTFS/run.sh"
  add /run.sh
  fails 'exec /run.sh: no such file or directory'
  same "$(wc -l <<<"$stderr")" 1
}

@test "program by a relative path is found from cwd" {
  launch
  add --cwd /bin -- ./echo here
  says here
}

@test "a stopped container" {
  launch
  end_of
  add true
  fails 'cannot exec in a stopped container'
}

@test "a paused container" {
  launch
  freeze
  add true
  fails 'cannot exec in a paused container'
}

@test "--ignore-paused" {
  launch
  freeze
  ("$RUNTIME" --root "$ROOT" exec --ignore-paused "$ID" touch /done </dev/null >"$TMP/out" 2>&1 3>&-) &
  BACKGROUND+=($!)
  two() { [ "$(members | wc -l)" -ge 2 ]; }
  wait_until two
  write_freezer THAWED 0
  wait_until [ -e "$ROOTFS/done" ]
}

@test "a created container" {
  create
  add echo word
  says word
  is_phase created
}

# ------------------------------------------------------------------------------------------------ options

@test "the environment is the container's" {
  config '.process.env += ["OWN=word"]'
  launch
  sh_in 'echo $OWN'
  says word
}

@test "--env adds" {
  launch
  add --env ONE=1 -e TWO=2 -- env
  has 'TERM=xterm' 'ONE=1' 'TWO=2'
}

@test "--env replaces: a variable is there once" {
  config '.process.env += ["OWN=old"]'
  launch
  run bash -c '"$@" | grep OWN' bash "$RUNTIME" --root "$ROOT" exec -e OWN=new "$ID" env
  says OWN=new
}

@test "--env without a value is refused" {
  launch
  add -e NAME -- true
  fails 'invalid environment variable "NAME"'
}

@test "PATH of --env is where the program is looked for" {
  launch
  mkdir "$ROOTFS/mine" && cp "$ROOTFS/bin/busybox" "$ROOTFS/mine/echo"
  add -e PATH=/mine -- echo word
  says word
}

@test "HOME is the user's of /etc/passwd" {
  launch
  echo 'other:x:2000:2000::/home/other:/bin/sh' >>"$ROOTFS/etc/passwd"
  sh_in -u 2000 'echo $HOME'
  says /home/other
}

@test "cwd is the container's" {
  config '.process.cwd = "/tmp"'
  launch
  add pwd
  says /tmp
}

@test "--cwd" {
  launch
  add --cwd /etc -- pwd
  says /etc
}

@test "--cwd that does not exist is not made" {
  launch
  add --cwd /no/such -- true
  fails 'no such file or directory'
  [ ! -e "$ROOTFS/no" ]
}

@test "--cwd that is relative is refused" {
  launch
  add --cwd etc -- true
  fails 'absolute'
}

@test "the user is the container's" {
  config '.process.user = {uid: 1000, gid: 1001, additionalGids: [7]}'
  launch
  sh_in 'id -u; id -G'
  says $'1000\n1001 7'
}

@test "--user UID leaves the group" {
  config '.process.user = {uid: 0, gid: 1001}'
  launch
  sh_in -u 5 'id -u; id -g'
  says $'5\n1001'
}

@test "--user UID:GID" {
  launch
  sh_in -u 5:6 'id -u; id -g'
  says $'5\n6'
}

@test "--user: what is no number is refused, and nothing runs as root" {
  launch
  local user
  for user in root 1x x1 -1 +1 0x10 ' 1' '1 ' 4294967295 4294967296 99999999999999999999 : 1: :1 1:x 1:-1 1:2:3; do
    add -u "$user" -- touch /ran
    fails 'bad [ug]id'
  done
  [ ! -e "$ROOTFS/ran" ]
}

@test "--additional-gids" {
  launch
  add -u 1000:1000 --additional-gids 100 -g 65534 -- id -G
  says '1000 100 65534'
}

@test "umask is the container's" {
  config '.process.user.umask = 63'
  launch
  sh_in umask
  says 0077
}

@test "--preserve-fds" {
  launch
  echo word >"$TMP/file"
  run bash -c '"$@" 3</dev/null 4<"$0"' "$TMP/file" "$RUNTIME" --root "$ROOT" exec --preserve-fds 2 "$ID" cat /proc/self/fd/4
  says word
}

@test "--preserve-fds of a descriptor that is not open" {
  launch
  run --separate-stderr bash -c '"$@" 3>&-' bash "$RUNTIME" --root "$ROOT" exec --preserve-fds 1 "$ID" true
  fails 'descriptor 3 .* not open'
}

@test "LISTEN_FDS is not passed on" {
  launch
  run bash -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@" 3</dev/null' bash "$RUNTIME" --root "$ROOT" exec "$ID" \
    sh -c 'echo "$LISTEN_FDS"; ls /proc/self/fd | wc -l'
  says $'\n4'
}

@test "rlimits are the container's" {
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 88}]'
  launch
  sh_in 'ulimit -Sn; ulimit -Hn'
  says $'77\n88'
}

@test "oomScoreAdj is the container's" {
  config '.process.oomScoreAdj = 500'
  launch
  add cat /proc/self/oom_score_adj
  says 500
}

@test "ioPriority is the container's" {
  config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
  launch
  add ionice
  has 'best-effort: prio 6'
}

# ------------------------------------------------------------------------------------------------ --process

@test "--process" {
  launch
  shell_process 'echo "$ONE"; id -u; pwd' '.env += ["ONE=1"] | .user = {uid: 9, gid: 9} | .cwd = "/etc"'
  ask exec -p "$TMP/process.json" "$ID"
  says $'1\n9\n/etc'
}

@test "--process from a pipe" {
  launch
  process '.args = ["/bin/echo", "word"]'
  run bash -c '"$@" < <(cat "$0")' "$TMP/process.json" "$RUNTIME" --root "$ROOT" exec -p /dev/stdin "$ID"
  says word
}

@test "--process: other options are not looked at" {
  launch
  shell_process 'id -u; pwd'
  ask exec -p "$TMP/process.json" -u 5 --cwd /etc "$ID" touch /ran
  says $'0\n/'
  [ ! -e "$ROOTFS/ran" ]
}

@test "--process without limits has the container's" {
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 77, hard: 88}]'
  launch
  shell_process 'ulimit -Sn' 'del(.rlimits)'
  ask exec -p "$TMP/process.json" "$ID"
  says 77
}

@test "--process with its own limits" {
  launch
  shell_process 'ulimit -Sn' '.rlimits = [{type: "RLIMIT_NOFILE", soft: 55, hard: 66}]'
  ask exec -p "$TMP/process.json" "$ID"
  says 55
}

@test "--process: a file that is not there" {
  launch
  ask exec -p "$TMP/nosuch" "$ID"
  fails 'nosuch: no such file or directory'
}

@test "--process: a file that is no JSON" {
  launch
  echo '{"args": [' >"$TMP/process.json"
  ask exec -p "$TMP/process.json" "$ID"
  fails 'line 2'
}

@test "--process without args" {
  launch
  process 'del(.args)'
  ask exec -p "$TMP/process.json" "$ID"
  fails '/process/args: must not be empty'
}
