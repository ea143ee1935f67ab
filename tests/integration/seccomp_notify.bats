#!/usr/bin/env bats
# A filter that asks an agent: SCMP_ACT_NOTIFY, listenerPath, listenerMetadata.
# shellcheck disable=SC2016,SC2154 # ($ is for jq or the shell inside; $stderr is set by bats)
load helpers
load containers
load exec

# notify CALL...: the agent is asked about these, and everything else allowed.
notify() {
  config --arg path "$TMP/agent" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path,
    listenerMetadata: "a word", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    syscalls: [{names: $ARGS.positional, action: "SCMP_ACT_NOTIFY"}]}' --args "$@"
}

agent() { # [CALL=ERRNO]...
  "$HELPERS/agent" "$TMP/agent" "$TMP/heard" "$@" </dev/null >/dev/null 2>"$TMP/agent.err" 3>&- &
  AGENT=$!
  BACKGROUND+=("$AGENT")
  wait_until [ -e "$TMP/heard" ]
}

heard_times() { [ "$(wc -l <"$TMP/heard")" = "$1" ]; } # (the agent writes it down after the runtime has gone on)
heard() { sed 's/^[0-9]* //' "$TMP/heard" | jq -r "$1"; } # JQ-FILTER: of the messages
privileges() { config ".process.noNewPrivileges = $1"; }

# Numbers of x86_64.
readonly mkdir=83 ENOMEDIUM=123

@test "the agent gets one descriptor and the state of process and container" {
  notify mkdir
  config '.annotations = {"a.b": "c"}'
  agent
  inside true
  ok
  wait_until heard_times 1
  same "$(cut -d ' ' -f 1 <"$TMP/heard")" 1
  same "$(heard '[.ociVersion, .fds, .metadata] | tostring')" '["1.3.0",["seccompFd"],"a word"]'
  same "$(heard '.state | [.id, .status, .bundle, .annotations["a.b"]] | tostring')" \
    "[\"$ID\",\"creating\",\"$BUNDLE\",\"c\"]"
  same "$(heard '.pid == .state.pid and .pid > 1')" true
}

@test "its answer is what the program gets, without noNewPrivileges" {
  notify mkdir
  privileges false
  agent "$mkdir=$ENOMEDIUM"
  inside 'mkdir /tmp/d'
  [[ $output$stderr == *'No medium found'* ]]
}

@test "its answer is what the program gets, with noNewPrivileges" {
  notify mkdir
  privileges true
  agent "$mkdir=$ENOMEDIUM"
  inside 'mkdir /tmp/d'
  [[ $output$stderr == *'No medium found'* ]]
}

# Every call that a start still makes: who has the filter waits for an agent that is still to get the listener.
everything() {
  notify read close recvmsg sendmsg sendto execve execveat openat open fcntl futex prctl exit exit_group capset setuid \
    setgid setgroups setresuid setresgid chdir fchdir umask newfstatat fstat stat statx faccessat faccessat2 access \
    getcwd mmap munmap mprotect brk clone clone3 wait4 rt_sigaction rt_sigprocmask readlinkat fchown close_range
}

@test "calls that husk itself still makes may be asked about, without noNewPrivileges" {
  everything
  privileges false
  agent
  inside 'echo well'
  ok
  same "$output" well
}

@test "calls that husk itself still makes may be asked about, with noNewPrivileges" {
  everything
  privileges true
  agent
  inside 'echo well'
  ok
  same "$output" well
}

@test "a created container: the agent has the listener before start" {
  notify mkdir
  privileges true
  agent "$mkdir=$ENOMEDIUM"
  script 'mkdir /tmp/d 2>/tmp/said; exec sleep 1000'
  create
  wait_until heard_times 1
  ask start "$ID"
  ok
  wait_until grep -q 'No medium' "$ROOTFS/tmp/said"
}

@test "exec: a listener of its own, with the state of the running container" {
  notify mkdir
  agent "$mkdir=$ENOMEDIUM"
  launch
  sh_in 'mkdir /tmp/d'
  [[ $output$stderr == *'No medium found'* ]]
  wait_until heard_times 2
  same "$(heard .state.status | tail -n 1)" running
  same "$(heard '.pid != .state.pid' | tail -n 1)" true
  same "$(heard .state.pid | uniq | wc -l)" 1
}

@test "no process of the container has a descriptor of the listener" {
  notify mkdir
  config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
  hook startContainer 'ls -l /proc/$PPID/fd /proc/self/fd >/tmp/hook'
  agent
  inside 'ls -l /proc/1/fd /proc/self/fd'
  ok
  lacks seccomp
  [ -s "$ROOTFS/tmp/hook" ]
  if grep seccomp "$ROOTFS/tmp/hook"; then return 1; fi
}

@test "a created container that waits has no descriptor of the listener" {
  notify mkdir
  privileges true
  agent
  create
  ls -l "/proc/$(pid_of)/fd" >"$TMP/fds"
  if grep seccomp "$TMP/fds"; then return 1; fi
}

@test "one thread is left when the program waits for its start" {
  notify mkdir
  privileges true
  agent
  create
  local pid
  pid=$(pid_of)
  wait_until sh -c "[ \$(ls /proc/$pid/task | wc -l) = 1 ]"
}

@test "no agent there: an error that says so" {
  notify mkdir
  ask run -b "$BUNDLE" "$ID"
  [ "$status" -eq 1 ]
  [[ $stderr == *"failed to connect with seccomp agent"*"$TMP/agent"* ]]
}

@test "no agent there: an error of exec" {
  notify mkdir
  agent
  launch
  kill -9 "$AGENT"
  wait "$AGENT" || true
  add true
  fails 'failed to connect with seccomp agent'
}

@test "an agent at an abstract address" {
  notify mkdir
  config --arg path "@$TOKEN" '.linux.seccomp.listenerPath = $path'
  "$HELPERS/agent" "@$TOKEN" "$TMP/heard" </dev/null >/dev/null 2>&1 3>&- &
  BACKGROUND+=($!)
  wait_until [ -e "$TMP/heard" ]
  inside true
  ok
  wait_until heard_times 1
}

@test "a rule that asks needs a listenerPath" {
  notify mkdir
  config 'del(.linux.seccomp.listenerPath, .linux.seccomp.listenerMetadata)'
  ask run -b "$BUNDLE" "$ID"
  [ "$status" -eq 1 ]
  [[ $stderr == *'/linux/seccomp/listenerPath: must be set'* ]]
}

@test "a listenerPath that no rule needs is not used" {
  notify mkdir
  config '.linux.seccomp.syscalls = []'
  inside true
  ok
}

@test "write cannot be asked about" {
  notify write
  ask run -b "$BUNDLE" "$ID"
  [ "$status" -eq 1 ]
  [[ $stderr == *'SCMP_ACT_NOTIFY cannot be used for the write syscall'* ]]
}

@test "an agent that lets go of the listener: calls are unknown, nobody hangs" {
  notify mkdir
  agent close
  inside 'mkdir /tmp/d'
  [[ $output$stderr == *'Function not implemented'* ]]
}

@test "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV with a listener" {
  notify mkdir
  config '.linux.seccomp.flags = ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_TSYNC"]'
  agent "$mkdir=$ENOMEDIUM"
  inside 'mkdir /tmp/d'
  [[ $output$stderr == *'No medium found'* ]]
}

@test "an agent that does not accept: an error, and not a container that cannot be ended" {
  notify mkdir
  python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(0)
held = [socket.socket(socket.AF_UNIX) for _ in range(2)]
for one in held:
    one.setblocking(False)
    one.connect_ex(sys.argv[1])
open(sys.argv[2], "w").close()
time.sleep(1000)' "$TMP/agent" "$TMP/heard" </dev/null >/dev/null 2>&1 3>&- &
  BACKGROUND+=($!)
  wait_until [ -e "$TMP/heard" ]
  ask run -b "$BUNDLE" "$ID"
  [ "$status" -eq 1 ]
  [[ $stderr == *'failed to connect with seccomp agent'* ]]
}
