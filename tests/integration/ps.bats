#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# husk ps
# Legs: short v2
load helpers
load containers

@test "the table of ps -ef, without other processes" {
  launch
  ask ps "$ID"
  has '^UID +PID +PPID +C +STIME +TTY +TIME +CMD
root +[0-9]+ .* /bin/sleep 1000$'
  same "$(awk 'NR == 2 { print $2 }' <<<"$output")" "$(pid_of)"
}

@test "every process" {
  config '.process.args = ["/bin/sh", "-c", "sleep 1001 & sleep 1002 & wait"]'
  launch
  both() { [ "$(runtime ps "$ID" | grep -c 'sleep 100[12]$')" = 2 ]; }
  wait_until both
  ask ps "$ID"
  same "$(wc -l <<<"$output")" 4
}

@test "--format json" {
  launch
  for options in '-f json' '--format json' '--format=json'; do
    # shellcheck disable=SC2086 # several words
    ask ps $options "$ID"
    says "[$(pid_of)]"
  done
}

@test "--format json does not need ps" {
  launch
  run --separate-stderr env PATH=/none "$RUNTIME" --root "$ROOT" ps -f json "$ID"
  says "[$(pid_of)]"
}

@test "options of ps follow the id" {
  launch
  ask ps "$ID" -e -x
  has '^ *PID +TTY +STAT +TIME +COMMAND
 *[0-9]+ .*sleep 1000'
  ask ps "$ID" -e -o pid,args
  has "^ *PID COMMAND
 *$(pid_of) /bin/sleep 1000\$"
}

@test "a column PID anywhere, and no other that ends like it" {
  launch
  mkdir bin
  cat >bin/ps <<PS
#!/bin/sh
echo "SPID  USER PPID   PID"
echo "$(pid_of) root $(pid_of)  1"
echo
echo "1  root 1    $(pid_of)"
PS
  chmod +x bin/ps
  PATH=$PWD/bin:$PATH ask ps "$ID"
  says "SPID  USER PPID   PID
1  root 1    $(pid_of)"
}

@test "no column PID" {
  launch
  ask ps "$ID" -o args
  exits 1
  refused "couldn't find PID field in ps output"
}

@test "something else than a number in the column" {
  launch
  mkdir bin
  printf '#!/bin/sh\necho PID; echo x7\n' >bin/ps
  chmod +x bin/ps
  PATH=$PWD/bin:$PATH ask ps "$ID"
  exits 1
  refused 'x7.*where a process id belongs'
}

@test "ps fails" {
  launch
  ask ps "$ID" --bogus
  exits 1
  refused 'exit status 1: error: unknown gnu long option'
}

@test "ps is killed" {
  launch
  mkdir bin
  printf '#!/bin/sh\necho PID; kill -9 $$\n' >bin/ps
  chmod +x bin/ps
  PATH=$PWD/bin:$PATH ask ps "$ID"
  refused 'signal: Killed'
}

@test "there is no ps" {
  launch
  run --separate-stderr env PATH=/none "$RUNTIME" --root "$ROOT" ps "$ID"
  exits 1
  refused 'exec: ..ps..: executable file not found in \$PATH'
}

@test "a format that is none" {
  ask ps --format yaml "$ID"
  exits 1
  refused 'msg="invalid format option"'
}

@test "after the end: the header alone" {
  launch
  end_of
  ask ps "$ID"
  has '^UID +PID +PPID +C +STIME +TTY +TIME +CMD$'
  ask ps -f json "$ID"
  says null
}

@test "unknown" {
  ask ps nope
  exits 1
  refused 'container does not exist'
}

@test "without an id" {
  ask ps
  exits 1
  refused 'requires a minimum of 1 argument\(s\)'
}

@test "without a cgroup" {
  is_husk || skip "an option of husk and crun"
  runtime --cgroup-manager=disabled run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
  ask ps "$ID"
  exits 1
  refused "container $ID has no cgroup"
  end_of
  ask ps -f json "$ID"
  says null
}
