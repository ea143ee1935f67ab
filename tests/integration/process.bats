#!/usr/bin/env bats
# The process: arguments, environment, directory, user, and the status that comes back.
load helpers

# ------------------------------------------------------------------------------------------------ exit status

@test "status 0" {
  bundle_busybox
  inside 'exit 0'
  says ''
}

@test "status 3" {
  bundle_busybox
  inside 'exit 3'
  exits 3
}

@test "status 255" {
  bundle_busybox
  inside 'exit 255'
  exits 255
}

@test "ended by signal 9: 137" {
  bundle_busybox
  drop_namespace pid # the first process of a pid namespace cannot kill itself
  inside 'kill -9 $$'
  exits 137
}

@test "ended by signal 15: 143" {
  bundle_busybox
  drop_namespace pid
  inside 'kill -15 $$'
  exits 143
}

@test "a child's status is not the process's" {
  bundle_busybox
  inside '(exit 5); exit 4'
  exits 4
}

# ------------------------------------------------------------------------------------------------ args

@test "arguments arrive as they are written" {
  bundle_busybox
  config '.process.args = ["/bin/printf", "[%s]", "a b", "", "$HOME", "*", "\"", "ä€"]'
  start
  says '[a b][][$HOME][*]["][ä€]'
}

@test "a program is looked up in PATH" {
  bundle_busybox
  config '.process.args = ["echo", "found"]'
  start
  says found
}

@test "PATH is the container's, in its order" {
  bundle_busybox
  mkdir "$ROOTFS/first" "$ROOTFS/second"
  printf '#!/bin/sh\necho second\n' >"$ROOTFS/second/prog"
  printf '#!/bin/sh\necho first\n' >"$ROOTFS/first/prog"
  chmod +x "$ROOTFS"/*/prog
  config '.process.args = ["prog"] | .process.env = ["PATH=/first:/second:/bin"]'
  start
  says first
}

@test "a file in PATH that cannot be executed is passed over" {
  bundle_busybox
  mkdir "$ROOTFS/first" "$ROOTFS/second"
  printf '#!/bin/sh\necho second\n' | tee "$ROOTFS/second/prog" >"$ROOTFS/first/prog"
  chmod +x "$ROOTFS/second/prog"
  config '.process.args = ["prog"] | .process.env = ["PATH=/first:/second:/bin"]'
  start
  says second
}

@test "a directory in PATH of the program's name is passed over" {
  bundle_busybox
  mkdir -p "$ROOTFS/first/echo"
  config '.process.args = ["echo", "found"] | .process.env = ["PATH=/first:/bin"]'
  start
  says found
}

@test "a program that PATH does not have: executable file not found" {
  bundle_busybox
  config '.process.args = ["nosuchprogram"]'
  start
  refused 'nosuchprogram.*executable file not found in \$PATH'
  exits 1
}

@test "no PATH at all: executable file not found" {
  bundle_busybox
  config '.process.args = ["nosuchprogram"] | .process.env = []'
  start
  refused 'executable file not found in \$PATH'
}

@test "a path that does not exist: no such file or directory" {
  bundle_busybox
  config '.process.args = ["/bin/nosuchprogram"]'
  start
  refused '/bin/nosuchprogram.*no such file or directory'
  exits 1
}

@test "a file without x: permission denied" {
  bundle_busybox
  echo '#!/bin/sh' >"$ROOTFS/script"
  config '.process.args = ["/script"]'
  start
  refused '[Pp]ermission denied'
}

@test "a directory is no program" {
  bundle_busybox
  config '.process.args = ["/tmp"]'
  start
  refused
}

@test "a file that is no program: exec format error" {
  bundle_busybox
  echo 'nothing' >"$ROOTFS/data"
  chmod +x "$ROOTFS/data"
  config '.process.args = ["/data"]'
  start
  refused '[Ee]xec format error'
}

@test "a script whose interpreter is missing: no such file or directory" {
  bundle_busybox
  echo '#!/bin/nosuchshell' >"$ROOTFS/script"
  chmod +x "$ROOTFS/script"
  config '.process.args = ["/script"]'
  start
  refused '/script.*no such file or directory'
}

@test "a script by its #! line" {
  bundle_busybox
  printf '#!/bin/sh\necho "$0 $1"\n' >"$ROOTFS/script"
  chmod +x "$ROOTFS/script"
  config '.process.args = ["/script", "one"]'
  start
  says '/script one'
}

@test "a program relative to cwd" {
  bundle_busybox
  config '.process.args = ["./busybox", "echo", "here"] | .process.cwd = "/bin"'
  start
  says here
}

@test "no arguments: refused" {
  bundle_busybox
  config '.process.args = []'
  start
  refused
}

@test "many long arguments" {
  bundle_busybox
  config '.process.args = ["/bin/sh", "-c", "echo $# ${#1}", "sh"] + [range(500) | "x" * 200]'
  start
  says '500 200'
}

# ------------------------------------------------------------------------------------------------ env

@test "the environment is the configured one and nothing of the caller's" {
  bundle_busybox
  config '.process.args = ["/bin/env"] | .process.env = ["PATH=/bin", "HOME=/here", "WORD=a b=c"]'
  OUTSIDE=1 start
  says $'PATH=/bin\nHOME=/here\nWORD=a b=c'
}

@test "HOME comes from the container's passwd" {
  bundle_busybox
  config '.process.user = {uid: 1000, gid: 1000}'
  inside 'echo $HOME'
  says /home/alice
}

@test "HOME is / for a user whom passwd does not know" {
  bundle_busybox
  config '.process.user = {uid: 4321, gid: 4321}'
  inside 'echo $HOME'
  says /
}

@test "HOME is / in an image without passwd" {
  bundle_busybox
  rm "$ROOTFS/etc/passwd"
  inside 'echo $HOME'
  says /
}

@test "a configured HOME stays" {
  bundle_busybox
  config '.process.env += ["HOME=/set"]'
  inside 'echo $HOME'
  says /set
}

# ------------------------------------------------------------------------------------------------ cwd

@test "cwd" {
  bundle_busybox
  config '.process.cwd = "/var"'
  inside 'pwd'
  says /var
}

@test "a cwd that is missing is made" {
  bundle_busybox
  config '.process.cwd = "/new/deep"'
  inside 'pwd'
  says /new/deep
}

@test "a cwd through a symlink of the image stays inside" {
  bundle_busybox
  ln -s / "$ROOTFS/link"
  config '.process.cwd = "/link/var"'
  inside '/bin/pwd -P'
  says /var
}

@test "a cwd that is a file is refused" {
  bundle_busybox
  config '.process.cwd = "/bin/busybox"'
  start
  refused 'not a directory'
}

@test "a relative cwd is refused" {
  bundle_busybox
  config '.process.cwd = "var"'
  start
  refused
}

@test "a cwd that the runtime may enter and the user may not" {
  bundle_busybox
  config '.process.cwd = "/root" | .process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
  inside 'pwd'
  says /root
}

@test "a cwd in /proc/self/fd does not lead out" {
  bundle_busybox
  local n
  for n in 3 4 5 6 7 8 9 10; do
    config --arg n "$n" '.process.cwd = "/proc/self/fd/" + $n'
    inside 'test ! -e ../../../../../../../../../../../'"$BUNDLE"
    [ "$status" -ne 0 ] || [ "$n" -gt 3 ] || { show; return 1; }
    lacks_host
  done
}

lacks_host() { [[ ! $output =~ $TOKEN ]]; }

# ------------------------------------------------------------------------------------------------ user

@test "uid and gid" {
  bundle_busybox
  config '.process.user = {uid: 1000, gid: 1001}'
  inside 'grep -E "^(Uid|Gid)" /proc/self/status'
  says $'Uid:\t1000\t1000\t1000\t1000\nGid:\t1001\t1001\t1001\t1001'
}

@test "additional groups, and none of the caller's" {
  bundle_busybox
  config '.process.user = {uid: 1000, gid: 1000, additionalGids: [5, 77]}'
  inside 'grep Groups /proc/self/status'
  has $'^Groups:\t5 77 ?$'
}

@test "without additional groups the list is empty" {
  bundle_busybox
  inside 'grep Groups /proc/self/status'
  has $'^Groups:\t ?$'
}

@test "umask" {
  bundle_busybox
  config '.process.user.umask = 63'
  inside umask
  says 0077
}

@test "umask 0" {
  bundle_busybox
  config '.process.user.umask = 0'
  inside umask
  says 0000
}

@test "without umask: 0022, whatever the caller's is" {
  bundle_busybox
  umask 0027
  inside umask
  says 0022
}

@test "uid 2^32-1, which the kernel takes for \"unchanged\", is refused" {
  bundle_busybox
  config '.process.user.uid = 4294967295'
  start
  refused '/process/user/uid'
}

@test "gid 2^32-1 is refused" {
  bundle_busybox
  config '.process.user.gid = 4294967295'
  start
  refused '/process/user/gid'
}

@test "the user may open its standard output by name" {
  bundle_busybox
  config '.process.user = {uid: 5, gid: 5}'
  script 'echo word >/dev/stdout'
  "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null 2>"$TMP/err" | cat >"$TMP/out"
  same "$(<"$TMP/out")" word
}
