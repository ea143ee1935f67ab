#!/usr/bin/env bats
# Standard input and output, with and without a terminal; descriptors that are handed on.
load helpers

# on_terminal [BEFORE [AFTER]]: runs the container on a terminal of its own with 40 rows and 132 columns, between two
# shell commands. What the terminal shows goes to $TMP/screen; sets $status, and $output to the bytes as they came,
# carriage returns included. What is to be typed comes from descriptor 4.
on_terminal() {
  local command
  printf -v command '%q ' "$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID"
  status=0
  stderr=
  command script -q -e -f -c "${1:-:}; stty rows 40 cols 132; $command; code=\$?; ${2:-:}; exit \$code" /dev/null <&4 >"$TMP/screen" 2>&1 3>&- ||
    status=$?
  output=$(<"$TMP/screen")
}

# The same with nothing typed. (Not an end of file: script would type ^D.)
start_on_terminal() {
  [ -p "$TMP/typed" ] || mkfifo "$TMP/typed"
  on_terminal "$@" 4<>"$TMP/typed"
}

terminal_bundle() { # SCRIPT
  bundle_busybox
  config '.process.terminal = true'
  script "$1"
}

@test "standard output and standard error stay apart" {
  bundle_busybox
  inside 'echo out; echo err >&2'
  says out
  same "$stderr" err
}

@test "standard input" {
  bundle_busybox
  script 'read -r line; echo "got $line"'
  run husk run -b "$BUNDLE" "$ID" <<<"a line"
  says 'got a line'
}

@test "standard input, to its end" {
  bundle_busybox
  config '.process.args = ["/bin/wc", "-c"]'
  run husk run -b "$BUNDLE" "$ID" < <(head -c 300000 /dev/zero)
  says 300000
}

@test "binary output passes unchanged" {
  bundle_busybox
  script 'cat /data'
  head -c 100000 /dev/urandom >"$ROOTFS/data"
  husk run -b "$BUNDLE" "$ID" </dev/null >"$TMP/copy"
  cmp "$ROOTFS/data" "$TMP/copy"
}

@test "a pipe that nobody reads: the process gets SIGPIPE" {
  bundle_busybox
  config '.process.args = ["/bin/yes"]'
  husk run -b "$BUNDLE" "$ID" </dev/null 2>"$TMP/err" | head -n 1 >"$TMP/out"
  same "$(<"$TMP/out")" y
}

@test "standard output is the very file of the caller" {
  is_husk || skip "others copy"
  bundle_busybox
  config '.process.args = ["/bin/stat", "-L", "-c", "%i", "/proc/self/fd/1"]'
  husk run -b "$BUNDLE" "$ID" </dev/null >"$TMP/out"
  same "$(<"$TMP/out")" "$(stat -c %i "$TMP/out")"
}

@test "no terminal: tty says so" {
  bundle_busybox
  inside tty
  exits 1
  same "$output" 'not a tty'
}

@test "no terminal, /dev/console does not exist" {
  bundle_busybox
  inside 'test ! -e /dev/console'
  ok
}

# ------------------------------------------------------------------------------------------------ terminal

@test "terminal: its name is /dev/pts/0" {
  terminal_bundle 'tty'
  start_on_terminal
  has '/dev/pts/0'
}

@test "terminal: standard input, output and error are it" {
  terminal_bundle 'for n in 0 1 2; do readlink /proc/self/fd/$n; done'
  start_on_terminal
  output=${output//$'\r'/} # how its lines end is another test's subject
  says $'/dev/pts/0\n/dev/pts/0\n/dev/pts/0'
}

@test "terminal: it is the controlling terminal" {
  terminal_bundle 'echo word >/dev/tty'
  start_on_terminal
  has word
}

@test "terminal: window size of the caller's" {
  terminal_bundle 'sleep 0.1; stty size'
  start_on_terminal
  has '40 132'
}

@test "terminal: in the foreground the caller's window goes before consoleSize" {
  terminal_bundle 'sleep 0.1; stty size'
  config '.process.consoleSize = {height: 11, width: 22}'
  start_on_terminal
  has '40 132'
}

@test "terminal: lines end as the container wrote them, with one carriage return of the caller's terminal" {
  terminal_bundle 'echo one; echo two'
  start_on_terminal
  same "$output" $'one\r\ntwo\r'
}

@test "terminal: /dev/console is the terminal" {
  terminal_bundle 'echo word >/dev/console; stat -c %t /dev/console'
  start_on_terminal
  has word 88
}

@test "terminal: /dev/console of the image as a symlink makes nothing outside" {
  terminal_bundle 'true'
  config '.mounts |= map(select(.destination | startswith("/dev") | not))'
  mkdir "$TMP/victim"
  ln -s "$TMP/victim/file" "$ROOTFS/dev/console"
  start_on_terminal
  [ -z "$(ls -A "$TMP/victim")" ]
}

@test "terminal: the exit status" {
  terminal_bundle 'exit 7'
  start_on_terminal
  exits 7
}

@test "terminal: the caller's is as it was before" {
  terminal_bundle 'stty -echo raw'
  start_on_terminal 'stty rows 40 cols 132; stty -g' 'stty -g'
  same "$(head -n 1 "$TMP/screen")" "$(tail -n 1 "$TMP/screen")"
}

@test "terminal: what is typed arrives" {
  terminal_bundle 'echo up; read -r line; echo "got:$line"'
  on_terminal 4< <(wait_until grep -q up "$TMP/screen"; sleep 0.1; echo typed; sleep 1)
  has got:typed
}

@test "terminal: ^C goes to the container" {
  terminal_bundle 'trap "echo caught; exit 5" INT; echo up; while :; do sleep 0.05; done'
  on_terminal 4< <(wait_until grep -q up "$TMP/screen"; sleep 0.1; printf '\003'; sleep 1)
  [[ $output =~ caught ]]
  exits 5
}

@test "terminal: a change of the window's size is passed on" {
  terminal_bundle 'for i in $(seq 2000); do test "$(stty size)" = "10 20" && exit 0; sleep 0.02; done; exit 9'
  start_on_terminal '(sleep 0.4; stty rows 10 cols 20 </dev/tty) & true'
  ok
}

@test "terminal: all of a long output arrives" {
  terminal_bundle 'seq 20000'
  start_on_terminal
  ok
  same "$(tr -d '\r' <"$TMP/screen" | cksum)" "$(seq 20000 | cksum)"
}

@test "terminal without one of the caller's is no hang" {
  terminal_bundle 'echo word'
  run --separate-stderr timeout 60 setsid "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&-
  [ "$status" -ne 124 ]
}

# ------------------------------------------------------------------------------------------------ handed-on descriptors

@test "--preserve-fds" {
  bundle_busybox
  script 'read -r line <&3; read -r other <&4; echo "$line $other"'
  status=0
  stderr=
  output=$("$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" --root "$ROOT" run --preserve-fds 2 -b "$BUNDLE" "$ID" \
    3<<<"three" 4<<<"four" </dev/null) || status=$?
  says 'three four'
}

@test "--preserve-fds: no more than asked for" {
  bundle_busybox
  config '.process.args = ["/bin/ls", "/proc/self/fd"]'
  status=0
  stderr=
  output=$("$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" --root "$ROOT" run --preserve-fds 1 -b "$BUNDLE" "$ID" \
    3<<<"three" 4<<<"four" </dev/null) || status=$?
  says $'0\n1\n2\n3\n4' # 4 is the one that ls reads by
}

@test "--preserve-fds: a descriptor that is not open is refused" {
  bundle_busybox
  status=0
  output=
  stderr=$("$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" --root "$ROOT" run --preserve-fds 5 -b "$BUNDLE" "$ID" \
    2>&1 3>&- 4>&- </dev/null) || status=$?
  refused
  is_husk || rm -rf "${ROOT:?}"/* # runc leaves its state
}

@test "LISTEN_FDS: the descriptors and LISTEN_PID" {
  bundle_busybox
  script 'read -r line <&3; echo "$line $LISTEN_FDS $LISTEN_PID"'
  status=0
  stderr=
  output=$(sh -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"' sh "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" 3<<<"three" </dev/null) ||
    status=$?
  says 'three 1 1'
}
