#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# Commands for one container at once.
load helpers
load containers

# Each runs in the background; $TMP/NAME.code and $TMP/NAME.err tell how it ended.
at_once() { # NAME ARG...
  local name=$1 code=0
  shift
  runtime "$@" </dev/null >/dev/null 2>"$TMP/$name.err" 3>&- || code=$?
  echo "$code" >"$TMP/$name.code"
}

@test "two creates of one id: one wins, the other says so" {
  for _ in 1 2 3 4 5; do
    at_once one create -b "$BUNDLE" "$ID" &
    at_once two create -b "$BUNDLE" "$ID" &
    wait
    same "$(sort "$TMP/one.code" "$TMP/two.code" | tr '\n' ' ')" '0 1 '
    grep -q "container with given ID already exists: $ID" "$TMP/one.err" "$TMP/two.err"
    is_phase created
    runtime delete "$ID"
  done
}

@test "start, kill and delete at once" {
  for _ in 1 2 3 4 5 6; do
    create
    at_once start start "$ID" &
    at_once kill kill "$ID" KILL &
    at_once delete delete --force "$ID" &
    wait
    same "$(<"$TMP/delete.code")" 0
    gone
    # The others came first, or they say that there was nothing for them to do.
    local each
    for each in start kill; do
      [ "$(<"$TMP/$each.code")" = 0 ] ||
        grep -qE 'does not exist|not running|has stopped|already running|process has ended|init process' "$TMP/$each.err" ||
        { cat "$TMP/$each.err"; return 1; }
    done
  done
}

@test "two deletes at once" {
  for _ in 1 2 3 4 5; do
    launch
    at_once one delete --force "$ID" &
    at_once two delete --force "$ID" &
    wait
    same "$(<"$TMP/one.code") $(<"$TMP/two.code")" '0 0'
    gone
  done
}

@test "create and delete of one id, over and over" {
  creates() { for _ in 1 2 3 4 5 6 7 8; do at_once create create -b "$BUNDLE" "$ID"; done; }
  deletes() { while [ ! -e "$TMP/enough" ]; do at_once delete delete --force "$ID"; cat "$TMP/delete.err" >>"$TMP/errors"; done; }
  touch "$TMP/errors"
  deletes &
  local deleter=$!
  creates
  touch "$TMP/enough"
  wait "$deleter"
  same "$(<"$TMP/errors")" ''
}

@test "a create that is killed anywhere can be deleted" {
  for ms in 001 002 003 004 006 008 012; do
    "$RUNTIME" --root "$ROOT" create -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1 3>&- &
    sleep "0.$ms"
    kill -9 $! 2>/dev/null || true
    wait $! || true
    runtime delete --force "$ID"
    gone
  done
}
