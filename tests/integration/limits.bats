#!/usr/bin/env bats
# What the process starts with: limits, priorities, signals, descriptors, personality.
load helpers

@test "rlimits, soft and hard" {
  bundle_busybox
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
  inside 'ulimit -Sn; ulimit -Hn; ulimit -Hc'
  says $'100\n200\n0'
}

@test "every kind of rlimit" {
  bundle_busybox
  config '.process.rlimits = [
    (["CORE", "RSS", "MEMLOCK", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"][] | [., 0, 0]),
    ["CPU", 1000, 1001], ["FSIZE", 1048576, 1048577], ["DATA", 68719476736, 68719476737], ["NOFILE", 64, 65],
    ["STACK", 8388608, 8388609], ["AS", 68719476738, 68719476739], ["NPROC", 500, 501]]
    | .process.rlimits |= map({type: ("RLIMIT_" + .[0]), soft: .[1], hard: .[2]})'
  inside 'cat /proc/self/limits'
  has 'cpu time +1000 +1001' 'file size +1048576 +1048577' 'data size +68719476736 +68719476737' 'open files +64 +65' \
    'stack size +8388608 +8388609' 'core file size +0 +0' 'resident set +0 +0' 'locked memory +0 +0' 'file locks +0 +0' \
    'address space +68719476738 +68719476739' 'pending signals +0 +0' 'msgqueue size +0 +0' 'nice priority +0 +0' \
    'realtime priority +0 +0' 'realtime timeout +0 +0' 'processes +500 +501'
}

@test "an unlimited rlimit" {
  bundle_busybox
  script 'ulimit -t'
  config '.process.rlimits = [{type: "RLIMIT_CPU", soft: "all", hard: "all"}]'
  sed -i 's/"all"/18446744073709551615/' "$BUNDLE/config.json" # jq 1.6 would round the number
  start
  says unlimited
}

@test "an unknown rlimit is refused" {
  bundle_busybox
  config '.process.rlimits = [{type: "RLIMIT_WORLD", soft: 1, hard: 1}]'
  start
  refused RLIMIT_WORLD
}

@test "the same rlimit twice is refused" {
  bundle_busybox
  config '.process.rlimits = [{type: "RLIMIT_CPU", soft: 1, hard: 1}, {type: "RLIMIT_CPU", soft: 2, hard: 2}]'
  start
  refused
}

@test "a soft limit above the hard one is refused" {
  bundle_busybox
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 201, hard: 200}]'
  start
  refused '201.*200'
}

@test "without CAP_SYS_RESOURCE a hard limit above the caller's own is refused with a sentence, one below it holds" {
  bundle_busybox
  config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 90, hard: 5000}]'
  # shellcheck disable=SC2016 # for the inner shell
  run --separate-stderr sh -c 'ulimit -n 4000 && exec setpriv --bounding-set=-sys_resource "$0" --root "$1" run -b "$2" "$3"' \
    "$RUNTIME" "$ROOT" "$BUNDLE" "$ID" </dev/null 3>&-
  exits 1
  refused 'setting rlimit.*operation not permitted'
  ! is_husk || refused 'RLIMIT_NOFILE to 90:5000.*CAP_SYS_RESOURCE'
  config '.process.rlimits[0].hard = 3000'
  script 'ulimit -Hn'
  run --separate-stderr sh -c 'ulimit -n 4000 && exec setpriv --bounding-set=-sys_resource "$0" --root "$1" run -b "$2" "$3"' \
    "$RUNTIME" "$ROOT" "$BUNDLE" "$ID" </dev/null 3>&-
  says 3000
}

@test "no_new_privs set" {
  bundle_busybox
  inside 'grep NoNewPrivs /proc/self/status'
  says $'NoNewPrivs:\t1'
}

@test "no_new_privs not set" {
  bundle_busybox
  config '.process.noNewPrivileges = false'
  inside 'grep NoNewPrivs /proc/self/status'
  says $'NoNewPrivs:\t0'
}

@test "oomScoreAdj" {
  bundle_busybox
  config '.process.oomScoreAdj = 500'
  inside 'cat /proc/self/oom_score_adj'
  says 500
}

@test "without oomScoreAdj: the caller's" {
  bundle_busybox
  echo 77 >/proc/self/oom_score_adj
  inside 'cat /proc/self/oom_score_adj'
  says 77
}

@test "ioPriority" {
  bundle_busybox
  config '.process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6}'
  inside 'ionice'
  says 'best-effort: prio 6'
}

@test "scheduler: batch, with a nice value" {
  bundle_busybox
  config '.process.scheduler = {policy: "SCHED_BATCH", nice: 3}'
  inside 'set -- $(cat /proc/self/stat); echo ${41} ${19}'
  says '3 3'
}

@test "scheduler: an unknown policy is refused" {
  bundle_busybox
  config '.process.scheduler = {policy: "SCHED_FUNNY"}'
  start
  refused
}

@test "execCPUAffinity does not concern run" {
  bundle_busybox
  config '.process.execCPUAffinity = {initial: "0", final: "0"}'
  start
  ok
}

# ------------------------------------------------------------------------------------------------ signals of the start

@test "no signal is blocked or ignored" {
  bundle_busybox
  config '.process.args = ["/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]'
  start
  says $'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000'
}

@test "no descriptor but the three is open" {
  bundle_busybox
  exec 11</etc/passwd 12</etc/hosts
  config '.process.args = ["/bin/ls", "/proc/self/fd"]'
  start
  says $'0\n1\n2\n3' # 3 is the one that ls reads by
}

@test "the process is no session of the caller's: it leads its own" {
  bundle_busybox
  inside 'set -- $(cat /proc/self/stat); echo $6'
  says 1
}

@test "the parent-death signal is not set behind the process's back, and its parent is outside" {
  bundle_busybox
  inside 'grep PPid /proc/1/status'
  says $'PPid:\t0'
}

@test "personality LINUX32" {
  bundle_busybox
  config '.linux.personality = {domain: "LINUX32"}'
  inside 'cat /proc/self/personality'
  says 00000008
}

@test "personality LINUX" {
  bundle_busybox
  config '.linux.personality = {domain: "LINUX"}'
  inside 'cat /proc/self/personality'
  says 00000000
}

@test "an unknown personality is refused" {
  bundle_busybox
  config '.linux.personality = {domain: "PLAN9"}'
  start
  refused
}

@test "memoryPolicy" {
  is_husk || skip "not in older runtimes"
  bundle_busybox
  config '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0"}'
  inside 'cat /proc/self/numa_maps | grep -c interleave'
  ok
  [ "$output" -gt 0 ]
}

@test "an unknown memoryPolicy is refused" {
  is_husk || skip "not in older runtimes"
  bundle_busybox
  config '.linux.memoryPolicy = {mode: "MPOL_NOWHERE", nodes: "0"}'
  start
  refused
}
