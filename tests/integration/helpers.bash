# What every test file loads: bundles, the runtime with a state directory of its own, checks with readable failures,
# and, after each test, the question whether anything was left behind.
#
# RUNTIME     the program under test (default: the release build)
# HELPERS     directory with the compiled programs enosys and orphans (made by run.sh)
#
# A test gets: $BUNDLE (after bundle_*), $ROOTFS, $ID (a container id), $ROOT (the state directory), $TOKEN (a word that
# is in every id, path and cgroup name of this test and nowhere else: that is how left-overs are found).
# shellcheck shell=bash disable=SC2154,SC2120,SC2034
# ($status, $output and $stderr are set by bats' run; what is set and defined here is used by the tests.)
bats_require_minimum_version 1.5.0

RUNTIME=${RUNTIME:-$(readlink -f "$BATS_TEST_DIRNAME/../..")/build/release/husk}
: "${HELPERS:?run the tests by tests/integration/run.sh}"

if hash gojq 2>/dev/null; then CONFIG_JQ=gojq; else CONFIG_JQ=jq; fi

# What is forgiven to another runtime, so that the tests can be tried on it: runc does not wait for its failed children.
is_husk() { [ "${RUNTIME##*/}" = husk ]; }
if is_husk; then peer_habits='nothing at all'; else peer_habits='(a zombie)'; fi

# ------------------------------------------------------------------------------------------------ set-up, left-overs

setup() { prepare; }
teardown() { check_nothing_left; }

prepare() {
  TOKEN=hk$$n$BATS_TEST_NUMBER
  ID=$TOKEN-a
  TMP=$BATS_TEST_TMPDIR/$TOKEN
  ROOT=$TMP/state
  export HUSK_SECCOMP_CACHE=$TMP/cache
  mkdir -p "$ROOT"
  cd "$TMP" || return
}

# Removes what the test itself made on the host (mounts of its own, pinned namespaces), then looks for what the runtime
# did not remove. Anything found fails the test.
check_nothing_left() {
  local found=0 path
  if [ ${#PINNED[@]} -gt 0 ]; then unpin_namespaces; fi
  for path in "${OWN_MOUNTS[@]}"; do umount -l "$path"; done
  report "mounts" "$(grep -F "$TOKEN" /proc/self/mountinfo)" || found=1
  report "cgroups" "$(find /sys/fs/cgroup -maxdepth 3 -type d -name "*$TOKEN*" 2>/dev/null)" || found=1
  report "processes" "$(left_processes)" || found=1
  report "state" "$(find "$ROOT" -mindepth 1 ! -name '.*' 2>/dev/null)" || found=1
  report "orphans" "$(grep -v "$peer_habits" "$TMP/orphans" 2>/dev/null)" || found=1
  return "$found"
}

report() { # WHAT TEXT: succeeds when there is no text
  [ -z "$2" ] && return 0
  printf 'left behind (%s):\n%s\n' "$1" "$2"
  return 1
}

left_processes() { # whose cgroup or command line carries the token; waits a little for those about to end
  local try found
  for try in 1 2 3 4 5 6 7 8 9 10; do
    found=$(grep -lsF "$TOKEN" /proc/[0-9]*/cgroup /proc/[0-9]*/cmdline)
    [ -n "$found" ] || return 0
    sleep "0.0$try"
  done
  local file
  for file in $found; do printf '%s %s\n' "$file" "$(tr '\0' ' ' <"${file%/*}/cmdline" 2>/dev/null)"; done
}

remove_cgroups() { # NAME: what begins with it. Other tests' cgroups that vanish meanwhile are no error.
  find /sys/fs/cgroup -depth -type d -path "*/$1*" -exec rmdir {} + 2>/dev/null || true
}

own_mount() { # ARG...: mount(8), undone after the test; the target is the last argument
  mount "$@" && OWN_MOUNTS=("${!#}" "${OWN_MOUNTS[@]}")
}

# ------------------------------------------------------------------------------------------------ bundles

new_bundle() { # DIR: an empty bundle with the usual config.json
  BUNDLE=$1
  ROOTFS=$BUNDLE/rootfs
  mkdir -p "$BUNDLE"
  cp "$BATS_TEST_DIRNAME/config.json" "$BUNDLE/config.json"
}

bundle_busybox() { # [DIR]
  new_bundle "${1:-$TMP/bundle}"
  cp -a "$BUSYBOX_ROOTFS" "$ROOTFS"
}

bundle_debian() { # [DIR]: the same, by an overlay over the one Debian file system
  new_bundle "${1:-$TMP/bundle}"
  mkdir -p "$ROOTFS" "$BUNDLE/upper" "$BUNDLE/work"
  own_mount -t overlay -o "lowerdir=$DEBIAN_ROOTFS,upperdir=$BUNDLE/upper,workdir=$BUNDLE/work" overlay "$ROOTFS"
}

# config [JQ-OPTION...] FILTER: changes config.json. By gojq if it is there, which takes 3 ms: jq takes 40, and that for each
# change was half of what a test took.
config() {
  local text
  text=$("$CONFIG_JQ" "$@" <"$BUNDLE/config.json") && printf '%s\n' "$text" >"$BUNDLE/config.json"
}

script() { # TEXT: the container's process is a shell with this script
  config --arg text "$1" '.process.args = ["/bin/sh", "-c", $text]'
}

add_mount() { # JSON: one more mount, after the others
  config --argjson mount "$1" '.mounts += [$mount]'
}

bind() { # SOURCE DESTINATION OPTION...
  local source=$1 destination=$2
  shift 2
  config --arg s "$source" --arg d "$destination" \
    '.mounts += [{destination: $d, type: "bind", source: $s, options: $ARGS.positional}]' --args "$@"
}

add_namespace() { # TYPE [PATH]: replaces an entry of that type
  config --arg type "$1" --arg path "${2:-}" '.linux.namespaces |= (map(select(.type != $type))
    + [if $path == "" then {type: $type} else {type: $type, path: $path} end])'
}

drop_namespace() { config --arg type "$1" '.linux.namespaces |= map(select(.type != $type))'; }

hook() { # KIND SCRIPT: one more hook: a shell on the host (or, for the late kinds, in the container)
  config --arg kind "$1" --arg text "$2" '.hooks[$kind] += [{path: "/bin/sh", args: ["sh", "-c", $text]}]'
}

user_namespace() { # a user namespace whose ids start at 100000 on the host, and a root file system to fit
  add_namespace user
  config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
        | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
  chown -R -h 100000:200000 "$ROOTFS"
  open_path
}

open_path() { # lets every user through to the bundle
  local path=$TMP
  while [[ $path == "$BATS_RUN_TMPDIR"* ]]; do
    chmod a+x "$path"
    path=${path%/*}
  done
}

# The line of mountinfo for a mount point inside: "mount-options optional-fields - type source super-options".
mount_line() { # DESTINATION: to be put into a script for inside
  printf "awk '\$5 == \"%s\" { sub(/^([^ ]+ ){5}/, \"\"); print }' /proc/self/mountinfo" "$1"
}

data_folder() { # $TMP/data with a file
  mkdir -p "$TMP/data"
  echo word >"$TMP/data/file"
}

# ------------------------------------------------------------------------------------------------ running

husk() { # ARG...: the runtime, with the test's state directory, and an eye on the processes that it leaves
  "$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" --root "$ROOT" "$@" 3>&-
}

start() { # [OPTION...]: runs the bundle; sets $status, $output, $stderr
  run --separate-stderr husk run -b "$BUNDLE" "$@" "$ID" </dev/null
}

inside() { # SCRIPT: runs the script as the container's process
  script "$1"
  start
}

# So long is nothing that comes: how slow the machine is has no part in what a test says.
PATIENCE=${PATIENCE:-40}
wait_until() { # COMMAND...: until it succeeds, $PATIENCE seconds at most
  local end=$((SECONDS + PATIENCE))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "waited in vain: $*" && return 1; }
    sleep 0.01
  done
}

# ------------------------------------------------------------------------------------------------ checks

show() {
  printf '%s\n' "status: $status" "output: $output" "stderr: ${stderr:-}"
  [[ $output != *[$'\001'-$'\010\013'-$'\037']* ]] || printf 'output, byte for byte: %q\n' "$output"
}

ok() { [ "$status" -eq 0 ] || { show; return 1; }; }

exits() { [ "$status" -eq "$1" ] || { echo "expected status: $1"; show; return 1; }; }

says() { # TEXT: the container ended well and wrote just this
  [ "$status" -eq 0 ] && [ "$output" = "$1" ] || { echo "expected: $1"; show; return 1; }
}

has() { # REGEX...: ended well, and its output matches each
  ok || return 1
  local regex
  for regex in "$@"; do [[ $output =~ $regex ]] || { echo "no match for: $regex"; show; return 1; }; done
}

lacks() { # REGEX
  ok || return 1
  [[ ! $output =~ $1 ]] || { echo "unexpected match for: $1"; show; return 1; }
}

refused() { # [REGEX]: the runtime itself failed: status 1, a message on standard error
  [ "$status" -ne 0 ] && [ -n "$stderr" ] && [[ $stderr =~ ${1:-.} ]] || { echo "expected refusal: ${1:-}"; show; return 1; }
}

same() { [ "$1" = "$2" ] || { echo "expected '$2', got '$1'"; return 1; }; }
differ() { [ "$1" != "$2" ] || { echo "both are '$1'"; return 1; }; }

# ------------------------------------------------------------------------------------------------ namespaces

# pin_namespace TYPE [SCRIPT]: makes a new namespace of this kind that stays until the test ends, runs SCRIPT in it, and
# sets NS_PATH to its file and NS_PID to the process that holds it.
pin_namespace() {
  local option=--$1 file=$1 ready=$TMP/ready-$1
  case $1 in
    network) option=--net file=net ;;
    mount) file=mnt ;;
  esac
  mkfifo "$ready"
  unshare "$option" --fork --kill-child sh -c "${2:-:}; echo >'$ready'; exec sleep 1000" </dev/null >/dev/null 2>&1 3>&- &
  PINNED+=($!)
  read -r _ <"$ready"
  rm "$ready"
  NS_PID=$(<"/proc/$!/task/$!/children")
  NS_PID=${NS_PID% }
  NS_PATH=/proc/$NS_PID/ns/$file
}

# As user_namespace, with one that is there already.
join_mapped_user() {
  pin_namespace user
  echo 0 100000 65536 >"/proc/$NS_PID/uid_map"
  echo 0 200000 65536 >"/proc/$NS_PID/gid_map"
  chown -R -h 100000:200000 "$ROOTFS"
  open_path
  add_namespace user "$NS_PATH"
}

unpin_namespaces() {
  kill -9 "${PINNED[@]}" 2>/dev/null # unshare --fork ignores SIGTERM
  wait "${PINNED[@]}" 2>/dev/null
  PINNED=()
}
