#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# Hooks: each kind at its moment, with the state on standard input.
load helpers

@test "createRuntime: before the process, on the host" {
  bundle_busybox
  hook createRuntime "readlink /proc/self/ns/mnt >$TMP/hook"
  inside 'echo ran'
  says ran
  same "$(<"$TMP/hook")" "$(readlink /proc/self/ns/mnt)"
}

@test "prestart: on the host" {
  bundle_busybox
  hook prestart "readlink /proc/self/ns/mnt >$TMP/hook"
  start
  ok
  same "$(<"$TMP/hook")" "$(readlink /proc/self/ns/mnt)"
}

@test "createContainer: in the container's namespaces, before the root is changed" {
  bundle_busybox
  hook createContainer "readlink /proc/self/ns/mnt >$TMP/hook; readlink /proc/self/ns/net >>$TMP/hook"
  inside 'readlink /proc/self/ns/mnt; readlink /proc/self/ns/net'
  says "$(<"$TMP/hook")"
}

@test "startContainer: in the container, after the root was changed" {
  bundle_busybox
  hook startContainer 'echo word >/tmp/hook'
  inside 'cat /tmp/hook'
  says word
}

@test "poststart: after the process was started, on the host" {
  bundle_busybox
  hook poststart "readlink /proc/self/ns/mnt >$TMP/hook"
  inside 'sleep 0.1'
  ok
  same "$(<"$TMP/hook")" "$(readlink /proc/self/ns/mnt)"
}

@test "poststop: after the process ended" {
  bundle_busybox
  hook poststop "ls $ROOTFS/tmp >$TMP/hook"
  inside 'touch /tmp/last'
  ok
  same "$(<"$TMP/hook")" last
}

@test "the order of all" {
  bundle_busybox
  mkdir "$TMP/log"
  bind "$TMP/log" /log bind
  local kind
  for kind in prestart createRuntime createContainer poststart poststop; do hook "$kind" "echo $kind >>$TMP/log/all"; done
  hook startContainer 'echo startContainer >>/log/all'
  inside 'sleep 0.1; echo process >>/log/all'
  ok
  same "$(grep -v poststart "$TMP/log/all" | tr '\n' ' ')" 'prestart createRuntime createContainer startContainer process poststop '
  grep -q poststart "$TMP/log/all"
}

@test "several of one kind run in their order" {
  bundle_busybox
  hook createRuntime "echo one >>$TMP/hook"
  hook createRuntime "echo two >>$TMP/hook"
  start
  ok
  same "$(<"$TMP/hook")" $'one\ntwo'
}

@test "the state on standard input" {
  bundle_busybox
  config '.annotations = {"org.example.key": "value"}'
  hook createRuntime "cat >$TMP/state.json"
  start
  ok
  same "$(jq -r '.id, .bundle, .annotations["org.example.key"]' "$TMP/state.json")" "$ID"$'\n'"$(readlink -f "$BUNDLE")"$'\nvalue'
  jq -e '.ociVersion and .pid > 1' "$TMP/state.json"
}

@test "the status on standard input: creating, stopped" {
  bundle_busybox
  hook createRuntime "cat >$TMP/first.json"
  hook poststop "cat >$TMP/last.json"
  start
  ok
  same "$(jq -r .status "$TMP/first.json" "$TMP/last.json")" $'creating\nstopped'
}

@test "the pid of the state is the container's, seen from the host" {
  bundle_busybox
  hook createRuntime "pid=\$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/'); readlink /proc/\$pid/ns/net >$TMP/hook"
  inside 'readlink /proc/self/ns/net'
  says "$(<"$TMP/hook")"
}

@test "args and env of a hook are the configured ones" {
  bundle_busybox
  config --arg f "$TMP/hook" '.hooks.createRuntime = [{path: "/bin/sh", args: ["name", "-c", "echo $0 $1 $WORD $OUTSIDE >" + $f, "zero", "one"], env: ["WORD=w"]}]'
  OUTSIDE=o start
  ok
  same "$(<"$TMP/hook")" 'zero one w'
}

@test "a createRuntime hook that fails stops the start" {
  bundle_busybox
  hook createRuntime 'echo sorry >&2; exit 3'
  inside 'echo ran'
  refused 'hook'
  [[ ! $output =~ ran ]]
}

@test "a createContainer hook that fails stops the start" {
  bundle_busybox
  hook createContainer 'exit 1'
  start
  refused 'createContainer hook'
}

@test "a startContainer hook that fails stops the start" {
  bundle_busybox
  hook startContainer 'exit 1'
  inside 'echo ran'
  refused 'startContainer hook'
  [[ ! $output =~ ran ]]
}

@test "a poststop hook that fails does not change the exit status" {
  bundle_busybox
  hook poststop 'exit 1'
  inside 'exit 4'
  exits 4
}

@test "poststop hooks run when the start fails after the create" {
  bundle_busybox
  hook poststop "touch $TMP/hook"
  hook startContainer 'exit 1'
  start
  refused
  [ -e "$TMP/hook" ]
}

@test "a hook that does not exist stops the start" {
  bundle_busybox
  config '.hooks.createRuntime = [{path: "/no/such/hook"}]'
  start
  refused '/no/such/hook'
}

@test "a hook with a relative path is refused" {
  bundle_busybox
  config '.hooks.createRuntime = [{path: "bin/true"}]'
  start
  refused
}

@test "a hook that takes longer than its timeout stops the start" {
  bundle_busybox
  config '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "100"], timeout: 1}]'
  start
  refused 'hook'
}

@test "a hook's output does not mix into the container's" {
  bundle_busybox
  hook createRuntime 'echo noise'
  inside 'echo ran'
  says ran
}

@test "createContainer: the hook's umask, directory, pid and output are as in runc" {
  bundle_busybox
  jq --arg out "$TMP/seen" '.hooks.createContainer = [{path: "/bin/sh", args: ["sh", "-c",
    "umask >\($out); pwd >>\($out); grep -o \"\\\"pid\\\":[0-9]*\" >>\($out); echo hidden"]}] | .process.args = ["/bin/true"]' \
    "$BUNDLE/config.json" >"$TMP/c" && mv "$TMP/c" "$BUNDLE/config.json"
  start
  ok
  same "$(<"$TMP/seen")" "0022
$ROOTFS
\"pid\":1"
  same "$output" ''
}

@test "startContainer: a failing hook's output is in the error" {
  bundle_busybox
  hook startContainer 'echo good; echo bad >&2; exit 3'
  start
  refused 'startContainer hook #0: exit status 3, stdout: good' 'stderr: bad'
}

@test "startContainer: a missing program is named" {
  bundle_busybox
  config '.hooks.startContainer = [{path: "/no/such/hook"}]'
  start
  refused 'fork/exec /no/such/hook: no such file or directory'
}

@test "startContainer: the filter of the container may refuse memfd_create" {
  bundle_busybox
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["memfd_create"], action: "SCMP_ACT_ERRNO"}]}'
  hook startContainer 'cat >/tmp/state; echo some words; echo others >&2'
  inside 'grep -o created /tmp/state'
  ok
  same "$output" created
}

@test "startContainer: what it printed is in the error without memfd_create, too" {
  bundle_busybox
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["memfd_create"], action: "SCMP_ACT_ERRNO"}]}'
  hook startContainer 'echo some words; exit 3'
  inside true
  [ "$status" -ne 0 ]
  [[ $stderr == *'exit status 3'*'some words'* ]]
}
