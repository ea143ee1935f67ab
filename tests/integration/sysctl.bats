#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# Which sysctls go with which namespaces. (How they are written: system.bats.)
# Legs: short long
load helpers

setup() {
  prepare
  bundle_busybox
  cp "$BUNDLE/config.json" "$TMP/plain.json"
}

try() { # NAME VALUE [JQ-FILTER]: the container shows what it has
  config --arg name "$1" --arg value "$2" "${3:-.} | .linux.sysctl = {(\$name): \$value}"
  inside "cat '/proc/sys/$(tr . / <<<"$1")'"
  cp "$TMP/plain.json" "$BUNDLE/config.json"
}
sets() { try "$@" && same "$(tr -s '\t ' '  ' <<<"$output")" "$2"; }
refuses() { # NAME [JQ-FILTER]
  try "$1" 1 "${2:-.}"
  refused "$1"
}
without() { echo ".linux.namespaces |= map(select(.type != \"$1\")) | .mounts |= map(select(.type != \"mqueue\")) | del(.hostname)"; }

@test "ipc namespace: System V and POSIX queues, semaphores, shared memory" {
  local one
  for one in msgmax=9000 msgmnb=17000 msgmni=100 shmall=5000000 shmmax=70000000 shmmni=1000 shm_rmid_forced=1; do
    sets "kernel.${one%=*}" "${one#*=}"
    differ "$(<"/proc/sys/kernel/${one%=*}")" "${one#*=}"
  done
  sets kernel.sem '250 32000 100 129'
  for one in msg_max=11 msgsize_max=8193 queues_max=255 msg_default=9 msgsize_default=8191; do
    sets "fs.mqueue.${one%=*}" "${one#*=}"
  done
  for one in kernel.sem kernel.msgmax kernel.shm_rmid_forced fs.mqueue.msg_max; do refuses "$one" "$(without ipc)"; done
}

@test "what looks like one of the ipc namespace's and is not is refused" {
  local one
  for one in kernel.sem_next_id kernel.msg_next_id kernel.shmmax2 fs.mqueue fs.mqueue. kernel.auto_msgmni; do refuses "$one"; done
}

@test "network namespace: all of net" {
  sets net.ipv4.ping_group_range '0 10'
  sets net.core.somaxconn 77
  refuses net.core.somaxconn "$(without network)"
}

@test "network namespace that is joined: set there, and not if it is the caller's own" {
  pin_namespace network
  sets net.core.somaxconn 78 "(.linux.namespaces[] | select(.type == \"network\")).path = \"$NS_PATH\""
  same "$(nsenter --net="$NS_PATH" cat /proc/sys/net/core/somaxconn)" 78
  local own name before
  before=$(</proc/sys/net/core/somaxconn)
  for own in "/proc/$$/ns/net" /proc/1/ns/net; do
    [ "$own" -ef /proc/self/ns/net ] || continue
    for name in net.core.somaxconn net/core/somaxconn; do
      try "$name" 79 "(.linux.namespaces[] | select(.type == \"network\")).path = \"$own\""
      refused 'not allowed in host network namespace'
    done
  done
  same "$(</proc/sys/net/core/somaxconn)" "$before"
}

@test "uts namespace: the domain's name; the host's name has a field of its own" {
  sets kernel.domainname some.domain
  refuses kernel.domainname "$(without uts)"
  refuses kernel.hostname
  refuses kernel.hostname "$(without uts)"
}

@test "domainname and the sysctl: the sysctl comes last" {
  sets kernel.domainname two '.domainname = "one"'
}

@test "user namespace: limits of what it may have" {
  refuses user.max_net_namespaces
  user_namespace
  cp "$BUNDLE/config.json" "$TMP/plain.json"
  sets user.max_net_namespaces 17
  differ "$(</proc/sys/user/max_net_namespaces)" 17
}

@test "what belongs to no namespace is refused, in both spellings" {
  local one
  for one in vm.swappiness kernel.core_pattern kernel/core_pattern fs.file-max kernel.panic vm/overcommit_memory netx.core net kernel; do
    try "$one" 1
    refused "$one"
  done
}
