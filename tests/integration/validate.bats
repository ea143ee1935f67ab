#!/usr/bin/env bats
# husk validate: all that is wrong with a bundle, at once.
# shellcheck disable=SC2154 # ($output and $stderr are set by run)
load helpers

setup_file() { is_husk || skip "husk's own"; }

check() { run --separate-stderr husk validate "$@"; }
pointers() { jq -r '.[] | select(.severity == "'"${1:-error}"'") | .pointer' <<<"$output"; }

# The kernel was told of formats of programs that are not its own.
other_formats() { find /proc/sys/fs/binfmt_misc -mindepth 1 ! -name register ! -name status 2>/dev/null | grep -q .; }

@test "a good bundle" {
  bundle_busybox
  check "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "the bundle in the current directory" {
  bundle_busybox
  cd "$BUNDLE"
  check
  says '.: nothing to complain about'
}

@test "every error has its line, those of type and those of sense" {
  bundle_busybox
  config '.process.cwd = "here" | .process.args = "sh" | .hostname = 5 | .linux.namespaces += [{type: "nett"}]
    | .mounts += [{type: "tmpfs"}] | .linux.sysctl = {"vm.swappiness": "3"}'
  check --format json "$BUNDLE"
  exits 1
  local mount
  mount=/mounts/$(jq '.mounts | length - 1' "$BUNDLE/config.json")/destination
  same "$(pointers | sort)" "$(printf '%s\n' /hostname /linux/namespaces/5/type /linux/sysctl/vm.swappiness "$mount" \
    /process/args /process/cwd | sort)"
}

@test "as text: a line each and the count" {
  bundle_busybox
  config '.process.cwd = "here" | .root.path = "missing"'
  check "$BUNDLE"
  exits 1
  [[ $output == *"error   /process/cwd: must be an absolute path"* ]]
  [[ $output == *"error   /root/path: \"$BUNDLE/missing\" is not a directory (unpack the image's files there)"* ]]
  [[ $output == *"$BUNDLE: 2 errors, 0 warnings" ]]
}

@test "warnings alone are no failure" {
  bundle_busybox
  config '.mounts += [{destination: "data", type: "tmpfs", source: "tmpfs"}]'
  check --format json "$BUNDLE"
  ok
  same "$(pointers warning)" "/mounts/$(jq '.mounts | length - 1' "$BUNDLE/config.json")/destination"
}

@test "what this host lacks is an error and marked, but for --portable" {
  bundle_busybox
  config '.mounts += [{destination: "/data", type: "bind", source: "/missing/source"},
      {destination: "/x", type: "nosuchfs", source: "x"}]
    | .hooks = {prestart: [{path: "/missing/hook"}], poststop: [{path: "/missing/after"}]}
    | .linux.namespaces |= map(if .type == "ipc" then .path = "/missing/ipc"
                               elif .type == "uts" then .path = "/proc/self/ns/net" else . end)
    | .linux.netDevices = {"nosuch0": {}} | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1, hard: 4611686018427387904}]
    | del(.hostname)'
  check --format json "$BUNDLE"
  exits 1
  jq -e 'all(.host)' <<<"$output"
  local n
  n=$(jq '.mounts | length' "$BUNDLE/config.json")
  same "$(pointers | sort)" "$(printf '%s\n' "/mounts/$((n - 2))/source" "/mounts/$((n - 1))/type" /hooks/prestart/0/path \
    "$(jq -r '.linux.namespaces | to_entries[] | select(.value.path) | "/linux/namespaces/\(.key)/path"' "$BUNDLE/config.json")" \
    /linux/netDevices/nosuch0 /process/rlimits/0/hard | sort)"
  same "$(pointers warning)" /hooks/poststop/0/path
  check "$BUNDLE"
  [[ $output == *'/hooks/prestart/0/path: "/missing/hook" does not exist on this host [this host]'* ]]
  check --portable "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "--portable does not look at sources of this host, be it for what they are mounted over" {
  bundle_busybox
  mkdir "$TMP/folder"
  touch "$ROOTFS/file"
  bind "$TMP/folder" /file bind
  check --format json "$BUNDLE"
  exits 1
  same "$(pointers)" "/mounts/$(jq '.mounts | length - 1' "$BUNDLE/config.json")/destination"
  check --portable "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "a program that a link leads to, and a mount brings" {
  bundle_busybox
  mkdir "$TMP/usr" "$ROOTFS/usr"
  mv "$ROOTFS/bin" "$TMP/usr/bin"
  ln -s usr/bin "$ROOTFS/bin"
  inside 'echo never'
  refused
  check --format json "$BUNDLE"
  exits 1
  same "$(pointers)" /process/args/0
  ln -s usr "$ROOTFS/other"
  for place in /usr /other; do
    new_bundle "$BUNDLE"
    bind "$TMP/usr" "$place" bind
    inside 'echo here'
    says here
    check "$BUNDLE"
    says "$BUNDLE: nothing to complain about"
  done
}

@test "an agent that listens at an abstract socket" {
  bundle_busybox
  config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "@husk-agent",
    syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}'
  check "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "what only the kernel would refuse" {
  bundle_busybox
  config '.process.capabilities.effective += ["CAP_SYS_BOOT"] | .process.args = ["true", ("x" * 200000)]
    | .mounts += [{destination: "/a", type: "bind"}, {destination: "/proc/sys", type: "tmpfs", source: "t"},
        {destination: "/b", type: "tmpfs", source: "t", options: ["size=abc"]}, {destination: "/", type: "tmpfs", source: "t"}]
    | .linux.resources.memory = {limit: 67108864, swap: 33554432} | .linux.resources.cpu = {period: 10, cpus: "x"}
    | .linux.devices = [{type: "p", path: "/dev/full/x"}] | .linux.seccomp = {defaultAction: "SCMP_ACT_ERRNO"}'
  check --format json --portable "$BUNDLE"
  exits 1
  local n
  n=$(jq '.mounts | length' "$BUNDLE/config.json")
  same "$(pointers | sort)" "$(printf '%s\n' "/process/capabilities/effective/$(jq '.process.capabilities.effective | length - 1' "$BUNDLE/config.json")" \
    /process/args/1 "/mounts/$((n - 4))/source" "/mounts/$((n - 3))/destination" "/mounts/$((n - 2))/options/0" \
    "/mounts/$((n - 1))/destination" /linux/resources/memory/swap /linux/resources/cpu/period /linux/resources/cpu/cpus \
    /linux/devices/0/path /linux/seccomp/defaultAction | sort)"
}

@test "a FIFO or a device is said to be one; standard input and <(command) are read" {
  bundle_busybox
  mkfifo "$TMP/fifo"
  run --separate-stderr timeout 60 "$RUNTIME" validate "$TMP/fifo"
  refused 'is a FIFO, and not a file'
  run --separate-stderr timeout 60 "$RUNTIME" validate /dev/zero
  refused 'is a device, and not a file'
  echo '{"args": ["a"], "cwd": "/"}' >"$TMP/process.json"
  run --separate-stderr "$RUNTIME" validate /dev/stdin <"$TMP/process.json"
  ok
  run --separate-stderr "$RUNTIME" validate <(cat "$TMP/process.json")
  ok
}

@test "what a start would leave out is a warning" {
  bundle_busybox
  config '.process.capabilities.bounding = ["CAP_NONE"] | .linux.resources.memory.kernel = 5'
  check --format json "$BUNDLE"
  ok
  same "$(pointers warning)" $'/process/capabilities/bounding/0\n/linux/resources/memory/kernel'
}

@test "the source of a bind mount may be relative to the bundle" {
  bundle_busybox
  mkdir "$BUNDLE/beside"
  bind beside /data bind
  check "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "beside the root file system is not in it" {
  bundle_busybox
  bind rootfs/there /a bind
  bind rootfs2/there /b bind
  check --format json "$BUNDLE"
  exits 1
  same "$(pointers)" "/mounts/$(jq '.mounts | length - 1' "$BUNDLE/config.json")/source"
}

@test "text that is no JSON: line and column" {
  bundle_busybox
  echo '{"ociVersion": ' >"$BUNDLE/config.json"
  check "$BUNDLE"
  exits 1
  [[ $output == *"error   $BUNDLE/config.json: "*line* ]]
}

@test "--config and a file alone" {
  bundle_busybox
  jq '.process.cwd = ""' "$BUNDLE/config.json" >"$TMP/other.json"
  check --config "$TMP/other.json" "$BUNDLE"
  exits 1
  check "$TMP/other.json"
  exits 1
  [[ $output == *"/process/cwd"*"1 error, 0 warnings" ]]
}

@test "a configuration that lacks its process is not taken for one of a process" {
  bundle_busybox
  jq '{ociVersion, root}' "$BUNDLE/config.json" >"$TMP/other.json"
  check --format json "$TMP/other.json"
  exits 1
  same "$(pointers)" /process
}

@test "a process.json: pointers of the file, each problem once" {
  echo '{"args": ["a"], "cwd": "x", "rlimits": [{"type": "RLIMIT_NONE", "soft": 1, "hard": 2}]}' >"$TMP/process.json"
  check --format json "$TMP/process.json"
  exits 1
  same "$(pointers)" $'/cwd\n/rlimits/0/type'
  echo '{"env": ["x"]}' >"$TMP/process.json"
  check --format json "$TMP/process.json"
  same "$(pointers)" $'/cwd\n/args\n/env/0'
}

@test "a namespace without a type is a problem, and one" {
  bundle_busybox
  local entry
  for entry in '{}' '{"type": null}' '{"type": ["pid"]}' '{"type": "pids"}' null 5; do
    echo "{\"linux\": {\"namespaces\": [$entry]}, \"ociVersion\": \"1.3.0\"}" >"$TMP/config.json"
    check --format json "$TMP/config.json"
    exits 1
    same "$(pointers | grep -c ^/linux/namespaces/0)" 1
  done
}

@test "what run refuses, validate has found" {
  bundle_busybox
  local change
  for change in '.process.oomScoreAdj = 2000' '.linux.maskedPaths = ["a"]' '.hooks.poststop = [{path: "a"}]' \
    '.linux.namespaces = [] | .hostname = "a"' '.process.rlimits = [{type: "RLIMIT_CORE", soft: 2, hard: 1}]' \
    'del(.process)' '.ociVersion = "9"' '.linux.resources.cpu.shares = -1' '.linux.cgroupsPath = "/"' \
    '.process.args = ["/no/such/program"]' '.process.user.additionalGids = [range(70000)]' \
    '.hooks.poststart = [{path: "/missing/hook"}]' '.linux.sysctl = {"net.ipv4.nosuch": "1"}' \
    '.linux.resources.unified = {"../x": "1"}' '.linux.seccomp = {defaultAction: "SCMP_ACT_KILL"}' \
    '.mounts += [{destination: "/tmp/a", type: "tmpfs", source: "t", options: ["bogus"]}]'; do
    [[ $LEG != enosys || $change != *bogus* ]] || continue # a kernel without fsopen cannot be asked
    new_bundle "$BUNDLE"
    config "$change"
    start
    local run_status=$status
    check "$BUNDLE"
    [ "$run_status" -ne 0 ] && [ "$status" -eq 1 ] || { echo "$change: run $run_status, validate $status"; show; return 1; }
  done
}

@test "a limit that cannot be had hides nothing else that is wrong" {
  [ "$(id -u)" = 0 ] || skip "needs a cgroup"
  bundle_busybox
  config '.linux.resources = {unified: {"foo.bar": "1"}, cpu: {cpus: "4000"}}'
  check --format json "$BUNDLE"
  exits 1
  local file=/foo.bar
  [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] || file=
  same "$(pointers | sort)" "$(printf '%s\n' /linux/resources/cpu/cpus "/linux/resources/unified$file")"
  config '.process.apparmorProfile = "nosuch" | .process.args = ["nosuch"]
    | .mounts += [{destination: "/x", type: "bind", source: "/missing", options: ["bind"]}]'
  check --format json "$BUNDLE"
  same "$(pointers | sort)" "$(printf '%s\n' /linux/resources/cpu/cpus "/linux/resources/unified$file" \
    "/mounts/$(jq '.mounts | length - 1' "$BUNDLE/config.json")/source" /process/apparmorProfile /process/args/0)"
  new_bundle "$BUNDLE"
  config '.process.cwd = "rel" | .linux.resources = {network: {classID: 7}, blockIO: {leafWeight: 70},
    hugepageLimits: [{pageSize: "3MB", limit: 1}], unified: {"foo.bar": "1"}}'
  check --format json "$BUNDLE"
  if [ -n "$file" ]; then
    same "$(pointers | sort)" $'/linux/resources/blockIO/leafWeight\n/linux/resources/network/classID\n/linux/resources/unified/foo.bar\n/process/cwd'
  else # the other two are matters of the kernel
    same "$(pointers | grep -v -e leafWeight -e classID | sort)" $'/linux/resources/hugepageLimits\n/linux/resources/unified\n/process/cwd'
  fi
}

@test "an error of the network annotation has its place" {
  bundle_busybox
  config '.annotations = {"org.husk.network": "nonsense"}'
  inside true
  [ "$status" -ne 0 ]
  check --format json "$BUNDLE"
  exits 1
  same "$(pointers)" /annotations/org.husk.network
}

@test "misspelt members are warnings, with what was meant" {
  bundle_busybox
  config '.proces = {} | .process.argz = [] | .linux.cgroupPath = "x" | .linux.whatever = 1 | .windows = {any: 1}
    | .annotations.free = "x" | .linux.resources.Memory = {}'
  check --format json "$BUNDLE"
  ok
  same "$(jq -r '.[] | "\(.severity) \(.pointer):\(.hint)"' <<<"$output" | sort)" \
    'warning /linux/cgroupPath:did you mean "cgroupsPath"?
warning /linux/whatever:
warning /proces:did you mean "process"?
warning /process/argz:did you mean "args"?'
  echo '{"args": ["a"], "cwd": "/", "evn": []}' >"$TMP/process.json"
  check "$TMP/process.json"
  ok
  [[ $output == *'warning /evn: is not a member that the specification knows; it is ignored (did you mean "env"?)'* ]]
}

@test "what husk spec --rootless writes has no unknown member" {
  (cd "$TMP" && husk spec --rootless)
  check --portable "$TMP/config.json"
  says "$TMP/config.json: nothing to complain about"
}

@test "a program that is there and cannot be started" {
  bundle_busybox
  printf '#!/nosuch/interp -x\n' >"$ROOTFS/bin/badi"
  printf 'garbage' >"$ROOTFS/bin/garbage"
  printf '#! /bin/sh\necho good\n' >"$ROOTFS/bin/good"
  printf '#!/etc/passwd\n' >"$ROOTFS/bin/plain"
  mkdir -p "$ROOTFS/etc"
  install -m 644 /dev/null "$ROOTFS/etc/passwd"
  chmod +x "$ROOTFS"/bin/{badi,garbage,good,plain}
  for program in /bin/garbage plain /bin/badi badi; do
    [[ $program != *garbage ]] || ! other_formats || continue
    config ".process.args = [\"$program\"]"
    start
    [ "$status" -ne 0 ]
    check --format json "$BUNDLE"
    exits 1
    same "$(pointers)" /process/args/0
  done
  check "$BUNDLE"
  [[ $output == *'/process/args/0: the interpreter "/nosuch/interp" of "badi" is not in the root file system'* ]]
  config '.process.args = ["good"]'
  start
  says good
  check "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
  config '.process.args = ["/bin/badi"]'
  mkdir "$TMP/nosuch"
  bind "$TMP/nosuch" /nosuch bind
  check "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "a program whose loader is not there, and one of another machine" {
  bundle_busybox
  local file=$ROOTFS/bin/prog
  readelf -l /bin/true 2>/dev/null | grep -q INTERP || skip "needs readelf and a program that has a loader"
  cp /bin/true "$file"
  config '.process.args = ["/bin/prog"]'
  start
  [ "$status" -ne 0 ]
  check --format json "$BUNDLE"
  exits 1
  same "$(pointers)" /process/args/0
  [[ $output == *"the loader"*"is not in the root file system"* ]]
  printf '\xff\x7f' | dd of="$file" bs=1 seek=18 conv=notrunc status=none
  check --portable "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
  ! other_formats || return 0
  start
  [ "$status" -ne 0 ]
  check "$BUNDLE"
  exits 1
  [[ $output == *'/process/args/0: "/bin/prog" is a program of another machine [this host]'* ]]
}

@test "no directory where a mount or a device would need one" {
  bundle_busybox
  local change
  for change in '.mounts += [{destination: "/bin/sh/x", type: "tmpfs", source: "t"}]' \
    '.linux.devices = [{path: "/bin/sh/x", type: "c", major: 1, minor: 3}]'; do
    new_bundle "$BUNDLE"
    config "$change"
    start
    [ "$status" -ne 0 ]
    check --format json "$BUNDLE"
    exits 1
    [[ "$(pointers)" == */[0-9]*/* ]]
    check --portable "$BUNDLE"
    exits 1
  done
  config '.linux.devices = [] | .mounts += [{destination: "/bin", type: "tmpfs", source: "t"},
    {destination: "/bin/sh/x", type: "tmpfs", source: "t"}]'
  check "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "a program that maskedPaths hides" {
  bundle_busybox
  local masked
  for masked in /bin/sh /bin; do
    config ".process.args = [\"sh\", \"-c\", \"true\"] | .linux.maskedPaths = [\"$masked\"]"
    start
    [ "$status" -ne 0 ]
    check --format json "$BUNDLE"
    exits 1
    same "$(pointers)" /process/args/0
  done
  config '.linux.maskedPaths = ["/bin/other", "/proc/keys"]'
  check "$BUNDLE"
  says "$BUNDLE: nothing to complain about"
}

@test "no such bundle" {
  check "$TMP/none"
  refused 'none: no such file or directory'
}
