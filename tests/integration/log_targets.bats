#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# --log: a file, the journal, syslog; and --debug.
# Legs: short
load helpers
load lifecycle

setup() {
  prepare
  bundle_busybox
  script 'exit 0'
  is_husk || skip "runc knows files only"
}

teardown() {
  if [ ${#BACKGROUND[@]} -gt 0 ]; then kill -9 "${BACKGROUND[@]}"; fi
  check_nothing_left
}

# The runtime where a daemon has its socket at PATH; in a mount namespace of its own, whatever the machine has there.
with_daemon() { # PATH ARG...: what it is told comes to $TMP/heard
  listener manager "$TMP/log" "$TMP/heard"
  # shellcheck disable=SC2016 # for the inner shell
  run --separate-stderr unshare -m --propagation private sh -c 'link=$1 socket=$2 first=${1#/} first=/${first%%/*}
    mount -t tmpfs tmpfs "$first" && mkdir -p "${link%/*}" && ln -s "$socket" "$link" && shift 2 && exec "$@"' \
    sh "$1" "$TMP/log" "$RUNTIME" --root "$ROOT" "${@:2}" </dev/null
}

@test "--log=file:PATH" {
  run --separate-stderr husk --log "file:$TMP/log" run -b /no/such/bundle "$ID"
  refused
  grep -q 'level=error msg=' "$TMP/log"
}

@test "--log=journald:IDENTIFIER" {
  with_daemon /run/systemd/journal/socket --log=journald:name run -b /no/such/bundle "$ID"
  refused
  grep -q '^PRIORITY=3|SYSLOG_IDENTIFIER=name|MESSAGE=.*/no/such/bundle' "$TMP/heard"
}

@test "--log=syslog:IDENTIFIER" {
  with_daemon /dev/log --log=syslog:name run -b /no/such/bundle "$ID"
  refused
  grep -Eq '^<11>name\[[0-9]+\]: .*/no/such/bundle' "$TMP/heard"
}

@test "without a journal the command works, and says so once" {
  [ ! -S /run/systemd/journal/socket ] || skip "there is one on this machine"
  run --separate-stderr husk --log=journald:name run -b "$BUNDLE" "$ID"
  ok
  same "$(grep -c 'level=warning.*journal/socket' <<<"$stderr")" 1
}

@test "--debug names the steps of a run" {
  run --separate-stderr husk --debug run -b "$BUNDLE" "$ID"
  ok
  local step
  for step in 'read .*config.json' 'planned [0-9]+ steps' 'process [0-9]+ is ready' 'the program runs'; do
    grep -Eq "level=debug msg=.*$step" <<<"$stderr" || { echo "no: $step"; show; return 1; }
  done
}

@test "--log-level=debug is --debug" {
  run --separate-stderr husk --log-level=debug run -b "$BUNDLE" "$ID"
  ok
  [[ $stderr =~ level=debug ]]
}

@test "without --debug nothing of it" {
  run --separate-stderr husk run -b "$BUNDLE" "$ID"
  ok
  same "$stderr" ''
}

@test "every command says something with --debug" {
  local command
  for command in 'state x' 'list' 'kill x' 'delete x' 'start x' 'features' 'ps x' 'pause x' 'resume x' 'exec x true' 'spec'; do
    # shellcheck disable=SC2086
    run --separate-stderr husk --debug $command
    [[ $stderr =~ level=debug ]] || { echo "$command"; show; return 1; }
  done
}
