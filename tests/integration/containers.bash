# For tests with containers that outlive the command which made them, and with several of them. (The husk of
# helpers.bash ends what a command leaves.) Every test has a bundle whose process sleeps.
# shellcheck shell=bash disable=SC2154,SC2034
# (set by helpers.bash and bats' run; read by its checks)

setup() {
  prepare
  bundle_busybox
  config '.process.args = ["/bin/sleep", "1000"]'
}

teardown() { delete_all; }

# Whatever a test has left, and then nothing may be there.
delete_all() {
  local found=0 id
  for id in "$ROOT"/*; do
    [ ! -e "$id" ] || runtime delete --force "${id##*/}" || found=1
  done
  check_nothing_left || found=1
  return "$found"
}

# As in helpers.bash, but a container's init that has ended and was not waited for is no fault of the runtime: its parent
# is process 1 of the machine, which takes its time.
left_processes() {
  local try file found
  for try in 1 2 3 4 5 6 7 8 9 10; do
    found=''
    for file in $(grep -lsF "$TOKEN" /proc/[0-9]*/cgroup /proc/[0-9]*/cmdline); do
      dead "$(cut -d/ -f3 <<<"$file")" || found+="$file "
    done
    [ -n "$found" ] || return 0
    sleep "0.0$try"
  done
  for file in $found; do printf '%s %s\n' "$file" "$(tr '\0' ' ' 2>/dev/null <"${file%/*}/cmdline")"; done
}

runtime() { "$RUNTIME" --root "$ROOT" "$@" 3>&-; }

# Sets $status, $output, $stderr. Not for what leaves a process: bats would wait for the end of its output.
ask() { run --separate-stderr runtime "$@"; }

# A container that runs, or is created.
launch() { runtime run -d -b "$BUNDLE" "${@:-$ID}" </dev/null >/dev/null 2>&1; }
create() { runtime create -b "$BUNDLE" "${@:-$ID}" </dev/null >/dev/null 2>&1; }

phase() { runtime state "${1:-$ID}" | jq -r .status; }
is_phase() { [ "$(phase "${2:-$ID}")" = "$1" ]; }
# shellcheck disable=SC2120 # (the id is for those that need it)
pid_of() { runtime state "${1:-$ID}" | jq -r .pid; }
end_of() { # [ID]: kills it and waits
  runtime kill "${1:-$ID}" KILL && wait_until is_phase stopped "${1:-$ID}"
}
exists() { [ -e "$ROOT/${1:-$ID}" ]; }
gone() { [ ! -e "$ROOT/${1:-$ID}" ]; }
alive() { kill -0 "$1" 2>/dev/null; }
dead() { ! grep -q '^State:.[^ZX]' "/proc/$1/status" 2>/dev/null; } # gone, or not yet reaped
inode_of() { readlink "$1" | tr -dc 0-9; } # FILE of a namespace
members() { # [ID]: the processes in its cgroup
  cat "$(cgroups_of "$@" | head -n 1)/cgroup.procs"
}
write_freezer() { # V1-WORD V2-WORD
  local dir
  for dir in $(cgroups_of); do
    if [ -e "$dir/freezer.state" ]; then echo "$1" >"$dir/freezer.state"; return; fi
  done
  for dir in $(cgroups_of); do
    if [ -e "$dir/cgroup.freeze" ]; then echo "$2" >"$dir/cgroup.freeze"; return; fi
  done
  skip "no freezer"
}
freeze() { write_freezer FROZEN 1; }
# A state that is damaged in one place.
mend_state() { # JQ-FILTER [ID]
  local file=$ROOT/${2:-$ID}/state.json
  jq -c "$1" <"$file" >"$TMP/state.new" && cat "$TMP/state.new" >"$file"
}

# shellcheck disable=SC2120 # (the id is for those that need it)
cgroups_of() { # [ID]: the directories, from husk's state or from runc's
  jq -r '(.cgroups // [.cgroup_paths[]])[]' "$ROOT/${1:-$ID}/state.json"
}

file_of() { # FILE: the one of the container's cgroup with this name
  local dir
  for dir in $(cgroups_of); do
    if [ -e "$dir/$1" ]; then echo "$dir/$1"; return; fi
  done
  return 1
}
limit() { cat "$(file_of "$1")"; }

# What the root of a container with a cgroup that it may write to can do: freeze itself, out of the runtime's sight.
freeze_from_inside() {
  local dir
  for dir in $(cgroups_of); do
    [ -e "$dir/freezer.state" ] || [ -e "$dir/cgroup.freeze" ] || continue
    mkdir "$dir/inner"
    pid_of >"$dir/inner/cgroup.procs"
    if [ -e "$dir/freezer.state" ]; then echo FROZEN >"$dir/inner/freezer.state"; else echo 1 >"$dir/inner/cgroup.freeze"; fi
  done
}
