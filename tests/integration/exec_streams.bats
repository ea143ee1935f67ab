#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# exec: the streams of the new process, its terminal, and exec without waiting for it.
load helpers
load containers
load exec

# ------------------------------------------------------------------------------------------------ streams

@test "standard output and standard error stay apart" {
  launch
  sh_in 'echo out; echo err >&2'
  says out
  same "$stderr" err
}

@test "standard input" {
  launch
  run runtime exec "$ID" cat <<<"a line"
  says 'a line'
}

@test "binary streams pass unchanged" {
  launch
  head -c 300000 /dev/urandom >"$TMP/data"
  runtime exec "$ID" cat <"$TMP/data" >"$TMP/copy"
  cmp "$TMP/data" "$TMP/copy"
}

@test "no terminal without -t, whatever the container has" {
  launch
  add tty
  exits 1
  same "$output" 'not a tty'
}

# What a terminal of 40 rows and 132 columns shows goes to $output.
on_terminal() { # WORD...: of exec
  local command
  printf -v command '%q ' "$RUNTIME" --root "$ROOT" exec "$@"
  [ -p "$TMP/typed" ] || mkfifo "$TMP/typed"
  status=0
  command script -q -e -f -c "stty rows 40 cols 132; $command" /dev/null <>"$TMP/typed" >"$TMP/screen" 2>&1 3>&- ||
    status=$?
  output=$(tr -d '\r' <"$TMP/screen") stderr=
}

@test "-t: a terminal of the container" {
  launch
  on_terminal -t "$ID" tty
  says /dev/pts/0
}

@test "-t: input, output and error are it" {
  launch
  on_terminal -t "$ID" sh -c 'for n in 0 1 2; do readlink /proc/self/fd/$n; done'
  says $'/dev/pts/0\n/dev/pts/0\n/dev/pts/0'
}

@test "-t: it is the controlling terminal" {
  launch
  on_terminal -t "$ID" sh -c 'echo word >/dev/tty'
  says word
}

@test "-t: the caller's window size" {
  launch
  on_terminal -t "$ID" stty size
  says '40 132'
}

@test "-t without a terminal of the caller's" {
  launch
  add -t -- tty
  has '^/dev/pts/0'
}

@test "-t: exit status" {
  launch
  on_terminal -t "$ID" sh -c 'exit 7'
  exits 7
}

@test "-t: the terminal belongs to the user" {
  launch
  on_terminal -t -u 1000:1000 "$ID" stat -c %u /dev/pts/0
  says 1000
}

@test "-t does not touch /dev/console" {
  launch
  on_terminal -t "$ID" ls /dev/console
  exits 1
}

@test "-t: consoleSize of the process, when there is no window" {
  launch
  process '.terminal = true | .consoleSize = {height: 11, width: 22} | .args = ["/bin/stty", "size"]'
  ask exec -p "$TMP/process.json" "$ID"
  has '^11 22'
}

# ------------------------------------------------------------------------------------------------ detached

@test "--detach comes back while the program runs" {
  launch
  add_detached -- sleep 1001
  ok
  alive "$(<"$TMP/pid")"
  tr '\0' ' ' <"/proc/$(<"$TMP/pid")/cmdline" | grep -q 'sleep 1001'
}

@test "--detach: a program that is not found is still an error" {
  launch
  add_detached -- nosuchprogram
  fails 'executable file not found'
}

@test "--pid-file has the number and nothing else" {
  launch
  add_detached -- sleep 1001
  same "$(<"$TMP/pid")" "$(tr -dc 0-9 <"$TMP/pid")"
  same "$(stat -c %s "$TMP/pid")" "$(tr -dc 0-9 <"$TMP/pid" | wc -c)"
}

@test "--pid-file that cannot be written: nothing runs" {
  launch
  add --pid-file /nosuchfolder/pid -- touch /ran
  fails '/nosuchfolder/pid'
  [ ! -e "$ROOTFS/ran" ]
}

@test "a program that is not found leaves no pid file" {
  launch
  add_detached -- nosuchprogram
  [ ! -e "$TMP/pid" ]
}

@test "--detach with a terminal needs --console-socket" {
  launch
  add_detached -t -- true
  fails 'cannot allocate tty if .* will detach without setting console socket'
}

@test "--console-socket without --detach is refused" {
  launch
  add -t --console-socket "$TMP/console" -- true
  fails 'cannot use console socket if .* will not detach or allocate tty'
}

@test "--console-socket gets one message with one descriptor" {
  launch
  listener receive "$TMP/console" "$TMP/messages"
  add_detached -t --console-socket "$TMP/console" -- sleep 1001
  ok
  wait_until has_line end "$TMP/messages"
  same "$(wc -l <"$TMP/messages")" 2
  grep -q ' (1)$' "$TMP/messages"
  same "$(readlink "/proc/$LISTENER/fd/"* | grep -c ptmx)" 1
}

@test "--pidfd-socket gets a pidfd of the process" {
  [ "$LEG" != enosys ] || skip "needs clone3 in runc's way"
  launch
  listener receive "$TMP/pidfd" "$TMP/messages"
  add_detached --pidfd-socket "$TMP/pidfd" -- sleep 1001
  ok
  wait_until has_line end "$TMP/messages"
  grep -q "^Pid:[[:space:]]$(<"$TMP/pid")\$" "/proc/$LISTENER/fdinfo/"*
}
