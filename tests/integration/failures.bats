#!/usr/bin/env bats
# Starts that fail: one message, status 1, and nothing left (the teardown of every test looks for that).
# shellcheck disable=SC2154 # ($stderr_lines is set by run)
load helpers

@test "no config.json" {
  bundle_busybox
  rm "$BUNDLE/config.json"
  start
  refused 'config.json'
  exits 1
}

@test "no such bundle" {
  BUNDLE=$TMP/nothing
  start
  refused
  exits 1
}

@test "a config.json that is not JSON" {
  bundle_busybox
  echo '{"ociVersion": ' >"$BUNDLE/config.json"
  start
  refused
  exits 1
}

@test "a wrong type in config.json" {
  bundle_busybox
  config '.process.args = "sh"'
  start
  refused
  exits 1
}

@test "unknown fields are ignored" {
  bundle_busybox
  config '.nobodyKnows = {a: 1} | .process.nobodyKnows = []'
  start
  ok
}

@test "no process" {
  bundle_busybox
  config 'del(.process)'
  start
  refused
}

@test "no id" {
  bundle_busybox
  run --separate-stderr husk run -b "$BUNDLE"
  refused
}

@test "two ids" {
  bundle_busybox
  run --separate-stderr husk run -b "$BUNDLE" "$ID" "$ID-more"
  refused
}

@test "an empty id" {
  bundle_busybox
  run --separate-stderr husk run -b "$BUNDLE" ""
  refused
}

@test "an id with a slash" {
  bundle_busybox
  run --separate-stderr husk run -b "$BUNDLE" "../$ID"
  refused
}

@test "the id .. is refused" {
  bundle_busybox
  run --separate-stderr husk run -b "$BUNDLE" ..
  refused
}

@test "an id that runs already" {
  bundle_busybox
  script 'touch /tmp/ready; while test ! -e /tmp/go; do sleep 0.01; done'
  husk run -b "$BUNDLE" "$ID" </dev/null &
  wait_until test -e "$ROOTFS/tmp/ready"
  start
  touch "$ROOTFS/tmp/go"
  wait $!
  refused "exist"
}

@test "an id can be used again once its container has ended" {
  bundle_busybox
  start
  ok
  start
  ok
}

@test "an unknown option" {
  bundle_busybox
  start --no-such-option
  refused
}

@test "the bundle is the current directory by default" {
  bundle_busybox
  script 'echo here'
  cd "$BUNDLE"
  run --separate-stderr husk run "$ID" </dev/null
  says here
}

@test "a bundle path with spaces and signs" {
  bundle_busybox "$TMP/a bundle & 'more' \"\$HOME\" ä"
  inside 'echo here'
  says here
}

@test "a bundle path relative to the current directory" {
  bundle_busybox
  script 'echo here'
  run --separate-stderr husk run -b bundle "$ID" </dev/null
  says here
}

@test "a long bundle path" {
  bundle_busybox "$TMP/$(printf 'x%.0s' {1..200})/$(printf 'y%.0s' {1..200})"
  inside 'echo here'
  says here
}

@test "--bundle and --bundle=" {
  bundle_busybox
  script 'echo here'
  run --separate-stderr husk run --bundle "$BUNDLE" "$ID" </dev/null
  says here
  run --separate-stderr husk run --bundle="$BUNDLE" "$ID" </dev/null
  says here
}

@test "the state directory is made when it is missing" {
  bundle_busybox
  rmdir "$ROOT"
  start
  ok
}

@test "--pid-file: the number, without a newline" {
  bundle_busybox
  start --pid-file "$TMP/pid"
  ok
  [[ $(od -An -c "$TMP/pid" | tr -d ' \n') =~ ^[0-9]+$ ]]
}

@test "--pid-file: it is the pid of the process, seen from the host" {
  bundle_busybox
  script 'touch /tmp/ready; while test ! -e /tmp/go; do sleep 0.01; done'
  husk run --pid-file "$TMP/pid" -b "$BUNDLE" "$ID" </dev/null &
  wait_until test -s "$TMP/pid"
  wait_until test -e "$ROOTFS/tmp/ready"
  grep -q "$ID" "/proc/$(<"$TMP/pid")/cgroup"
  touch "$ROOTFS/tmp/go"
  wait $!
}

@test "--pid-file that cannot be written: the start fails" {
  bundle_busybox
  start --pid-file "$TMP/no/such/folder/pid"
  refused "create $TMP/no/such/folder/pid: no such file or directory"
  mkdir "$TMP/folder"
  start --pid-file "$TMP/folder"
  refused "replace $TMP/folder: .* directory"
  same "$(find "$TMP" -name '*.tmp')" ''
}

# ------------------------------------------------------------------------------------------------ at every stage

@test "nothing is left: a program that does not exist" {
  bundle_busybox
  config '.process.args = ["/no"]'
  start
  refused
}

@test "nothing is left: a mount that fails" {
  bundle_busybox
  add_mount '{"destination": "/data", "type": "nosuchfs", "source": "none"}'
  start
  refused
}

@test "nothing is left: a cwd that is a file" {
  bundle_busybox
  config '.process.cwd = "/bin/busybox"'
  start
  refused
}

@test "nothing is left: a root that does not exist" {
  bundle_busybox
  config '.root.path = "no"'
  start
  refused
}

@test "nothing is left: a namespace that cannot be joined" {
  bundle_busybox
  add_namespace network "$TMP/no"
  start
  refused
}

@test "nothing is left: a hook that fails" {
  bundle_busybox
  hook createRuntime 'exit 1'
  start
  refused
}

@test "nothing is left: a sysctl that fails" {
  bundle_busybox
  config '.linux.sysctl = {"net.ipv4.nothing": "1"}'
  start
  refused
}

@test "nothing is left: a user that is not mapped" {
  bundle_busybox
  user_namespace
  config '.process.user.uid = 99999'
  start
  refused
}

@test "nothing is left: a device that cannot be made" {
  bundle_busybox
  config '.linux.devices = [{type: "c", path: "/bin/busybox/x", major: 1, minor: 3}]'
  start
  refused
}

# ------------------------------------------------------------------------------------------------ how to see more

@test "a step that fails: which one it was, and what shows more of it" {
  is_husk || skip "husk's own"
  bundle_busybox
  config '.mounts += [{destination: "/x", type: "bind", source: "/not/there", options: ["bind"]}]'
  start
  refused 'error mounting'
  local number
  number=$(husk run --dry-run --format json -b "$BUNDLE" "$ID" | jq '[.steps[].does] | index("bind /not/there on /x") + 1')
  refused "level=info msg=\"init failed in step $number of [0-9]+, bind /not/there on /x; husk run --dry-run .*--trace FILE"
}

@test "a configuration that is wrong: what names all its problems" {
  is_husk || skip "husk's own"
  bundle_busybox
  config '.process.args = "sh"'
  start
  refused '/process/args'
  refused "level=info msg=\"husk validate $BUNDLE names every problem of it"
}

@test "what the command line asks for wrongly is no problem of the configuration" {
  is_husk || skip "husk's own"
  bundle_busybox
  config '.process.terminal = true'
  run --separate-stderr husk create -b "$BUNDLE" "$ID" </dev/null
  exits 1
  [[ $stderr != *validate* ]]
}

@test "a limit that the kernel refuses: validate is named, and debug says what was done before" {
  is_husk || skip "husk's own"
  bundle_busybox
  config '.linux.resources.cpu = {cpus: "9999"}'
  start
  exits 1
  refused "level=info msg=\"husk validate $BUNDLE may name the cause, husk --debug"
  run --separate-stderr husk --debug run -b "$BUNDLE" "$ID" </dev/null
  refused 'level=debug msg="make the state directory"' 'level=debug msg="make the cgroup"'
}

@test "a hook that fails is named by its path" {
  is_husk || skip "husk's own"
  bundle_busybox
  config '.hooks.createRuntime = [{path: "/bin/false"}]'
  start
  refused 'error running createRuntime hook #0: exit status 1' 'level=info msg="the hook is /bin/false; husk run --dry-run'
}

@test "a program that is there and whose interpreter is not" {
  bundle_busybox
  cat >"$ROOTFS/script" <<<'#!/no/such/interpreter'
  head -c 100 /dev/zero >"$ROOTFS/zeros"
  chmod +x "$ROOTFS/script" "$ROOTFS/zeros"
  config '.process.args = ["/script"]'
  start
  refused 'exec /script: no such file or directory'
  is_husk || return 0
  refused 'level=info msg="the file is there, but not the interpreter that its first line'
  config '.process.args = ["/zeros"]'
  start
  refused 'exec /zeros: exec format error' 'level=info msg="it is no program for this machine'
}

@test "clients that read a log get the error alone" {
  is_husk || skip "husk's own"
  bundle_busybox
  config '.mounts += [{destination: "/x", type: "bind", source: "/not/there", options: ["bind"]}]'
  run --separate-stderr husk --log "$TMP/log" --log-format json run -b "$BUNDLE" "$ID"
  same "$(wc -l <"$TMP/log")" 1
  same "${#stderr_lines[@]}" 1
  run --separate-stderr husk --log-level warning run -b "$BUNDLE" "$ID"
  same "${#stderr_lines[@]}" 1
}
