#!/usr/bin/env bats
# What a filter does to the calls of a program, and the cache of compiled filters. That program and profile agree on every
# call and argument is shown by tests/unit/seccomp_policy_test.cpp; here are the kernel's own answers.
# shellcheck disable=SC2016,SC2154 # ($ is for jq or the shell inside; $stderr is set by bats)
load helpers
load containers
load exec

setup() {
  prepare
  bundle_busybox
  cp "$HELPERS/calls" "$ROOTFS/calls"
  export HUSK_SECCOMP_CACHE=$TMP/cache
}

# Numbers of x86_64. mkdir(NULL) is EFAULT (14) where it is allowed.
readonly lseek=8 mkdir=83 ptrace=101 personality=135 mount=165 clone3=435 mkdir_32=39
readonly family='["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]'

filter() { # JSON: linux.seccomp
  config --argjson filter "$1" '.linux.seccomp = $filter'
}
allow_all_but() { # JSON of rules, with ACT and CMP for the long prefixes
  local rules=${1//CMP_/SCMP_CMP_}
  filter "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [${rules//ACT_/SCMP_ACT_}]}"
}
mkdir_if() { # OP VALUE [VALUE2]: mkdir is refused when its second argument is so
  allow_all_but "{\"names\": [\"mkdir\"], \"action\": \"ACT_ERRNO\", \"errnoRet\": 77, \"args\":
    [{\"index\": 1, \"value\": $2, \"valueTwo\": ${3:-0}, \"op\": \"CMP_$1\"}]}"
}
engine() { filter "$(<"$BATS_TEST_DIRNAME/../data/seccomp/engine.json")"; }
calls() { # EXPECTED CALL...
  config '.process.args = ["/calls"] + $ARGS.positional' --args "${@:2}"
  start
  says "$1"
}

@test "an engine's profile lets through what it names" {
  engine
  inside 'mkdir /tmp/d && echo made >/tmp/d/f && cat /tmp/d/f && grep -c ^Seccomp:.2 /proc/self/status'
  says $'made\n1'
  calls 'errno-14 ok errno-9' $mkdir $personality:8 $lseek:99:0:4
}

@test "an engine's profile refuses what it does not name, arguments included" {
  engine
  calls 'errno-1 errno-1 errno-1 errno-1' $mount $ptrace $personality:5 $lseek:99:0:5
}

@test "a rule's errno is its own" {
  engine
  calls errno-38 $clone3
  allow_all_but '{"names": ["mkdir"], "action": "ACT_ERRNO", "errnoRet": 0},
    {"names": ["mount"], "action": "ACT_ERRNO"}, {"names": ["ptrace"], "action": "ACT_ERRNO", "errnoRet": 99}'
  calls 'ok errno-1 errno-99' $mkdir $mount $ptrace
}

@test "calls newer than the profile are unknown" {
  engine
  calls 'errno-38 errno-38 errno-38' 999 i:999 x:999
}

@test "calls newer than the profile are unknown to one whose default kills" {
  engine
  config '.linux.seccomp |= (.defaultAction = "SCMP_ACT_KILL_PROCESS" | del(.defaultErrnoRet))'
  calls 'errno-38 signal-31' 999 $mount
}

@test "calls newer than the profile are allowed by one that allows" {
  allow_all_but '{"names": ["mkdir"], "action": "ACT_ERRNO", "errnoRet": 77}'
  calls 'errno-38 errno-77' 999 $mkdir # (the kernel's own answer)
  config --argjson family "$family" '.linux.seccomp |= (.architectures = $family | .defaultAction = "SCMP_ACT_LOG")'
  calls 'errno-38 errno-77' 999 $mkdir
}

@test "actions: kill, trap, trace, log" {
  allow_all_but '{"names": ["mkdir"], "action": "ACT_KILL"}, {"names": ["mount"], "action": "ACT_KILL_PROCESS"},
    {"names": ["ptrace"], "action": "ACT_TRAP"}, {"names": ["personality"], "action": "ACT_TRACE"},
    {"names": ["lseek"], "action": "ACT_LOG"}'
  calls 'signal-31 signal-31 signal-31 errno-38 errno-9' $mkdir $mount $ptrace $personality:8 $lseek:99:0:0
}

@test "operators compare 64 bits" {
  mkdir_if EQ 4294967301
  calls 'errno-77 errno-14 errno-14' $mkdir:0:0x100000005 $mkdir:0:5 $mkdir:0:0x200000005
  mkdir_if GT 4294967301
  calls 'errno-14 errno-77 errno-14' $mkdir:0:0x100000005 $mkdir:0:0x100000006 $mkdir:0:0xffffffff
  mkdir_if LE 4294967301
  calls 'errno-77 errno-14 errno-77' $mkdir:0:0x100000005 $mkdir:0:0x200000000 $mkdir:0:0xffffffff
  mkdir_if MASKED_EQ 1030792151280 137438953504
  calls 'errno-77 errno-77 errno-14' $mkdir:0:0x2000000020 $mkdir:0:0x200000002f $mkdir:0:0x20
}

@test "a rule without conditions hides those with, whatever their order" {
  local all='{"names": ["mkdir"], "action": "ACT_ERRNO", "errnoRet": 77}'
  local one='{"names": ["mkdir"], "action": "ACT_ERRNO", "errnoRet": 78,
    "args": [{"index": 1, "value": 7, "op": "CMP_EQ"}]}'
  allow_all_but "$all, $one"
  calls 'errno-77 errno-77' $mkdir:0:7 $mkdir:0:8
  allow_all_but "$one, $all"
  calls 'errno-77 errno-77' $mkdir:0:7 $mkdir:0:8
  allow_all_but "$one"
  calls 'errno-78 errno-14' $mkdir:0:7 $mkdir:0:8
}

@test "several conditions on one argument are alternatives, on several arguments they hold together" {
  allow_all_but '{"names": ["mkdir"], "action": "ACT_ERRNO", "errnoRet": 77, "args": [
    {"index": 1, "value": 7, "op": "CMP_EQ"}, {"index": 1, "value": 9, "op": "CMP_EQ"}]}'
  calls 'errno-77 errno-77 errno-14' $mkdir:0:7 $mkdir:0:9 $mkdir:0:8
  allow_all_but '{"names": ["mkdir"], "action": "ACT_ERRNO", "errnoRet": 77, "args": [
    {"index": 1, "value": 7, "op": "CMP_EQ"}, {"index": 2, "value": 9, "op": "CMP_EQ"}]}'
  calls 'errno-14 errno-77 errno-14' $mkdir:0:7 $mkdir:0:7:9 $mkdir:0:8:9
}

@test "an architecture that is not listed is not let through" {
  allow_all_but '{"names": ["mkdir"], "action": "ACT_ERRNO", "errnoRet": 77}'
  calls 'errno-77 signal-31 signal-31' $mkdir i:$mkdir_32 x:$mkdir
}

@test "an architecture that is listed has the same rules" {
  allow_all_but '{"names": ["mkdir"], "action": "ACT_ERRNO", "errnoRet": 77}'
  config --argjson family "$family" '.linux.seccomp.architectures = $family'
  calls 'errno-77 errno-77 errno-77' $mkdir i:$mkdir_32 x:$mkdir
}

@test "names that nobody knows are left out" {
  allow_all_but '{"names": ["nosuchcall", "mkdir"], "action": "ACT_ERRNO", "errnoRet": 77}'
  calls errno-77 $mkdir
}

@test "without noNewPrivileges, as a user without capabilities" {
  engine
  config '.process.noNewPrivileges = false | .process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
  calls 'errno-1 errno-14' $mount $mkdir
}

@test "flags" {
  allow_all_but '{"names": ["mkdir"], "action": "ACT_ERRNO", "errnoRet": 77}'
  config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_TSYNC"]'
  calls errno-77 $mkdir
  config '.linux.seccomp.flags = []'
  calls errno-77 $mkdir
}

@test "exec has the filter, too" {
  engine
  config '.process.args = ["/bin/sleep", "1000"]'
  launch
  add /calls $mount $mkdir 999
  says 'errno-1 errno-14 errno-38'
}

@test "what cannot be a filter is refused" {
  allow_all_but '{"names": ["mkdir"], "action": "ACT_NONE"}'
  start
  refused
  allow_all_but '{"names": ["mkdir"], "action": "ACT_ERRNO"}'
  config '.linux.seccomp.architectures = ["SCMP_ARCH_PPC64"]' # of the other byte order
  start
  refused
  config '.linux.seccomp |= (.architectures = [] | .flags = ["SECCOMP_FILTER_FLAG_NONE"])'
  start
  refused
}

# ------------------------------------------------------------------------------------------------ the cache

kept() { find "$TMP/cache" -name '*.filter' -printf '%f %i\n' 2>/dev/null | sort; }
with_cache() { is_husk || skip 'has no such cache'; }

@test "cache: a filter is compiled once, for run and exec" {
  with_cache
  engine
  config '.process.args = ["/bin/sleep", "1000"]'
  launch
  local first
  first=$(kept)
  same "$(wc -l <<<"$first")" 1
  add /calls $mount $mkdir
  says 'errno-1 errno-14'
  runtime delete --force "$ID"
  calls 'errno-1 errno-14' $mount $mkdir
  same "$(kept)" "$first"
  config '.linux.seccomp.defaultErrnoRet = 77'
  calls 'errno-77 errno-14' $mount $mkdir
  same "$(kept | wc -l)" 2
}

@test "cache: none where none is wanted, or none can be" {
  with_cache
  engine
  local none
  for none in '' off /proc/husk/cache; do
    export HUSK_SECCOMP_CACHE=$none
    calls 'errno-1 errno-14' $mount $mkdir
    same "$stderr" ''
  done
  same "$(kept)" ''
}

@test "cache: many at once" {
  with_cache
  engine
  config '.process.args = ["/calls", "165", "83"]'
  local i pids=()
  for i in 1 2 3 4 5 6 7 8; do
    "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID-$i" </dev/null >"$TMP/out-$i" 2>&1 3>&- &
    pids+=($!)
  done
  wait "${pids[@]}"
  for i in 1 2 3 4 5 6 7 8; do same "$(cat "$TMP/out-$i")" 'errno-1 errno-14'; done
  same "$(kept | wc -l)" 1
  same "$(find "$TMP/cache" -type f | wc -l)" 1
}
