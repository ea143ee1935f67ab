#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2154 # (expanded inside; set by helpers)
# Attacks on what the runtime is while it starts a container: its program, its descriptors, what its processes say to
# each other, the names and numbers it goes by.
load attacks
load residents

TOP=$(readlink -f "$BATS_TEST_DIRNAME/../..")

# ------------------------------------------------------------------------------------------------ the runtime's program

# The image has the runtime execute itself once more, now in the container; somebody there waits for that. It is given
# a socket that nobody writes to, for its plan, so that it does not end at once.
@test "CVE-2019-5736: the runtime's program overwritten through /proc/PID/exe" {
  attack() {
    bundle_busybox
    local original=$RUNTIME # what is overwritten shall be the test's own
    cp "$original" "$TMP/husk"
    RUNTIME=$TMP/husk
    cp "$HELPERS/thief" "$ROOTFS/thief"
    printf '#!/proc/self/exe 3\n' >"$ROOTFS/tool"
    chmod +x "$ROOTFS/tool"
    config '.process.args = ["/thief", "overwrite", "/report"]'
    resident
    overwritten() {
      timeout 0.3 "$RUNTIME" --root "$ROOT" exec --preserve-fds 1 "$ID" /tool 3<>/dev/udp/127.0.0.1/9 </dev/null
      wait_until grep -q overwr "$ROOTFS/report"
      grep overwrote "$ROOTFS/report"
    }
    ROUNDS=5 race overwritten
    local result=$?
    over
    grep -q opened "$ROOTFS/report" || { echo "the attack has found nothing to attack"; return 0; }
    cmp "$TMP/husk" "$original" || return 0
    return $result
  }
  held init_sealed
}

# Root of a user namespace whose root is the caller (every container of a user without root): nothing but the mark
# of not being dumpable keeps it from tracing who comes in.
resident_thief() {
  bundle_busybox
  add_namespace user
  config '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 65536}] | .linux.gidMappings = .linux.uidMappings
    | .process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"])'
  cp "$HELPERS/thief" "$ROOTFS/thief"
  config '.process.args = ["/thief", "descriptors", "/report"]'
  resident
}

@test "CVE-2016-9962: descriptors taken from the runtime's process while it enters" {
  attack() {
    resident_thief
    taken() {
      add "$ID" /bin/true
      [ -s "$ROOTFS/report" ]
    }
    race taken
    local result=$?
    cat "$ROOTFS/report"
    over
    return $result
  }
  held not_dumpable
}

# The same where a second container shares the first one's namespaces, while it is made, and while it waits for "start".
@test "CVE-2016-9962: descriptors taken from a container that is being made in shared namespaces" {
  attack() {
    resident_thief
    local report=$ROOTFS/report first
    first=$(pid_of)
    bundle_busybox "$TMP/second"
    config 'del(.linux.uidMappings, .linux.gidMappings)'
    add_namespace user "/proc/$first/ns/user"
    add_namespace pid "/proc/$first/ns/pid"
    taken() {
      create "$TOKEN-b"
      runtime delete --force "$TOKEN-b"
      [ -s "$report" ]
    }
    race taken
    local result=$?
    head -n 20 "$report"
    over
    return $result
  }
  held not_dumpable
}

# ------------------------------------------------------------------------------------------------ descriptors

# Whoever calls us has a folder of the host open, and did not think of closing it. In which number, the attacker guesses.
numbers=(3 4 5 6 7 8 9 10 11 12 13 14 15)

@test "CVE-2024-21626: run, with a working directory of /proc/self/fd/N" {
  attack() {
    bundle_busybox
    victim
    exec 7<"$VICTIM"
    local n
    for n in "${numbers[@]}"; do
      config --arg cwd "/proc/self/fd/$n" '.process.cwd = $cwd'
      inside 'cat file; cat ../victim/file ../../../../../../../../../etc/hostname'
      grep -e secret -e "$(hostname)" <<<"$output" && return 0
    done
    return 1
  }
  held close_descriptors,cwd_inside,paths_in_root
}

@test "CVE-2024-21626: exec, with a link of the image to /proc/self/fd/N" {
  attack() {
    bundle_busybox
    victim
    sleeper
    exec 7<"$VICTIM"
    local n found=1
    for n in "${numbers[@]}"; do
      ln -sfn "/proc/self/fd/$n" "$ROOTFS/link"
      if add --cwd /link "$ID" cat file | grep secret; then found=0; fi
      if add --cwd "/proc/self/fd/$n" "$ID" cat file | grep secret; then found=0; fi
    done
    over
    return $found
  }
  held close_descriptors,cwd_inside
}

@test "CVE-2024-21626: a folder that is passed on as the working directory" {
  attack() {
    bundle_busybox
    victim
    config '.process.cwd = "/proc/self/fd/3"'
    script 'cat file'
    husk run --preserve-fds 1 -b "$BUNDLE" "$ID" 3<"$VICTIM" </dev/null | grep secret
  }
  husk() { "$RUNTIME" --root "$ROOT" "$@"; }
  held cwd_inside,paths_in_root
}

# The third way of that CVE: the program of the container is one of the host, found through a descriptor.
@test "CVE-2024-21626: a program found through /proc/self/fd/N" {
  attack() {
    bundle_busybox
    victim
    cp "$ROOTFS/bin/busybox" "$VICTIM/echo"
    exec 7<"$VICTIM"
    local n
    for n in "${numbers[@]}"; do
      config --arg n "$n" '.process.args = ["/proc/self/fd/\($n)/echo", "the host'\''s"]'
      start
      grep "the host's" <<<"$output" && return 0
    done
    return 1
  }
  held close_descriptors
}

# A program that tells what it has open, as the process, as an added one, and as each kind of hook.
telling_hook() { # KIND PROGRAM FILE
  config --arg kind "$1" --arg program "$2" --arg file "$3" \
    '.hooks[$kind] += [{path: $program, args: ["rights", "descriptors", $file]}]'
}

@test "descriptors: none of the runtime's or of its caller's is left, in run, create, start, exec and hooks" {
  attack() {
    bundle_busybox
    victim
    cp "$HELPERS/rights" "$ROOTFS/rights"
    mkdir "$TMP/told"
    bind "$TMP/told" /told rw
    exec 7<"$VICTIM" 12<"$VICTIM/file" 40<>"$TMP/written" 63</
    local kind
    for kind in createRuntime createContainer poststart poststop; do
      telling_hook $kind "$HELPERS/rights" "$TMP/told/$kind"
    done
    telling_hook startContainer /rights /told/startContainer
    config '.process.args = ["/rights", "descriptors", "/told/process", "stay"]'
    resident
    wait_until [ -e "$TMP/told/process" ]
    add "$ID" /rights descriptors /told/exec
    over
    create
    runtime start "$ID"
    add "$ID" /rights descriptors /told/exec
    over
    same "$(cd "$TMP/told" && echo *)" "createContainer createRuntime exec poststart poststop process startContainer" ||
      return 0
    grep . "$TMP"/told/*
  }
  held close_descriptors
}

@test "descriptors: --preserve-fds passes on the number that it says, and no more" {
  attack() {
    bundle_busybox
    victim
    cp "$HELPERS/rights" "$ROOTFS/rights"
    config '.process.args = ["/rights", "descriptors", "/told"]'
    runtime run --preserve-fds 2 -b "$BUNDLE" "$ID" 3</dev/null 4</dev/zero 5<"$VICTIM" 8<"$VICTIM/file" </dev/null
    same "$(sed -n 1,2p "$ROOTFS/told")" $'3 /dev/null\n4 /dev/zero' || return 0
    grep -v -e '^3 /dev/null$' -e '^4 /dev/zero$' "$ROOTFS/told"
  }
  runtime() { "$RUNTIME" --root "$ROOT" "$@"; } # with descriptor 3
  held close_descriptors
}

# ------------------------------------------------------------------------------------------------ what is said

@test "forged lines of a start: init's pid is that of a bystander, and it has failed" {
  attack() {
    bundle_busybox
    config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])'
    cp "$HELPERS/forge" "$ROOTFS/forge"
    sleep 1000 3>&- &
    local bystander=$!
    config --arg pid "$bystander" '.process.args = ["/bin/sh", "-c", "exec /forge \($pid) >/forged"]'
    resident
    ended() {
      add "$ID" /bin/true >/dev/null
      ! kill -0 "$bystander"
    }
    race ended
    local result=$?
    forged() {
      add "$ID" /bin/true >/dev/null
      [ -s "$ROOTFS/forged" ]
    }
    weak || ROUNDS=400 race forged || { echo "the attack has found nothing to attack"; result=0; }
    over
    kill "$bystander"
    return $result
  }
  held speaker_checked
}

# A text whose length, cut to 16 bits, is 1: what stands behind its first byte is read as the steps that follow.
@test "CVE-2021-43784: steps injected by a text that is too long for its length" {
  attack() {
    bundle_busybox
    config '.process.args = ["/bin/true"]'
    python3 "$BATS_TEST_DIRNAME/inject.py" "$TOP/src/plan/steps.h" "$BUNDLE/config.json" \
      'mount -t tmpfs none /mnt && echo mounted' || return 0
    mkdir -p "$ROOTFS/mnt"
    start
    show | cut -c 1-300
    [[ $output == *mounted* ]]
  }
  held lengths_checked
}

# ------------------------------------------------------------------------------------------------ names and numbers

@test "exec --cgroup: into the cgroup of another container" {
  attack() {
    bundle_busybox
    sleeper
    ID=$TOKEN-b resident
    local path found=1
    for path in "../$TOKEN-b" "/../$TOKEN-b" "a/../../$TOKEN-b" "./../$TOKEN-b"; do
      if add --cgroup "$path" "$ID" cat /proc/self/cgroup | grep "^[0-9]*:.*/$TOKEN-b"; then found=0; fi
    done
    over
    over "$TOKEN-b"
    return $found
  }
  held exec_cgroup_beneath
}

@test "ids: one that is a path makes a state directory elsewhere" {
  attack() {
    bundle_busybox
    victim
    config --arg path "/$TOKEN-x" '.linux.cgroupsPath = $path'
    local id
    for id in "../victim/$ID" "a/../../victim/$ID" "$VICTIM/$ID"; do
      timeout 10 "$RUNTIME" --root "$ROOT" create -b "$BUNDLE" "$id" </dev/null
      touched && break
    done
    touched
    local result=$?
    "$RUNTIME" --root "$ROOT" delete --force "../victim/$ID" # the weak one's
    return $result
  }
  held ids_checked
}

@test "ids: one that is a path deletes what is elsewhere" {
  attack() {
    victim
    local id
    for id in ../victim ../../"$TOKEN"/victim "$VICTIM" ..//victim; do
      jq -n --arg id "$id" '{version: 1, id: $id, pid: 0, startTime: 0}' >"$VICTIM/state.json"
      "$RUNTIME" --root "$ROOT" delete --force "$id"
    done
    [ ! -e "$VICTIM/file" ]
  }
  held ids_checked
}

# In a folder that others may write to, somebody was there first. The state names a process, and hooks: they would be
# ours to end and to run.
planted() { # FILL: a state that user 1000 has made, by a function that is given its directory
  chmod 1777 "$ROOT"
  local mine=$TMP/mine result=1
  mkdir -p "$mine"
  sleep 1000 &
  HOSTILE+=($!)
  local stat
  read -ra stat <"/proc/$!/stat"
  jq -n --arg id "$ID" --arg bundle "$TMP" --argjson pid $! --argjson time "${stat[21]}" \
    '{version: 1, id: $id, bundle: $bundle, pid: $pid, startTime: $time, poststop: true}' >"$mine/state.json"
  jq --arg file "$TMP/by-hook" '.hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", "id >\($file)"]}]' \
    <"$BATS_TEST_DIRNAME/../integration/config.json" >"$mine/config.json"
  chown -R 1000:1000 "$mine"
  "$1" "$mine"
  timeout 10 "$RUNTIME" --root "$ROOT" kill "$ID" KILL
  if dead "$!"; then echo "the process was ended" && result=0; fi
  timeout 10 "$RUNTIME" --root "$ROOT" delete --force "$ID"
  if [ -s "$TMP/by-hook" ]; then cat "$TMP/by-hook" && result=0; fi
  rm -rf "${ROOT:?}/$ID"
  return $result
}

@test "state: a directory that another user has planted" {
  in_place() { mv "$1" "$ROOT/$ID"; }
  attack() { planted in_place; }
  held state_private
}

@test "state: a link in the place of the directory" {
  linked() { ln -s "$1" "$ROOT/$ID"; }
  attack() { planted linked; }
  held state_private
}

@test "state: links to files that are root's" {
  to_files() {
    mkdir "$ROOT/$ID"
    chown 0:0 "$1"/*
    ln -s "$1/state.json" "$1/config.json" "$ROOT/$ID/"
    chown -Rh 1000:1000 "$ROOT/$ID"
  }
  attack() { planted to_files; }
  held state_private
}

@test "pids: a signal to a number that has been given to somebody else" {
  attack() {
    bundle_busybox
    config '.process.args = ["/bin/sleep", "1000"]'
    local husk="'$RUNTIME' --root '$ROOT'" result
    "$HELPERS/rights" reuse "$TMP/pid" "$husk run -d --pid-file '$TMP/pid' -b '$BUNDLE' '$ID' </dev/null >/dev/null 2>&1" \
      "$husk kill '$ID' KILL; $husk kill --all '$ID' KILL; $husk exec '$ID' true; $husk delete --force '$ID'"
    result=$?
    over
    if [ $result -eq 3 ]; then echo "the number was not given away" && result=0; fi
    return $result
  }
  held pids_checked
}

# ------------------------------------------------------------------------------------------------ not ours

@test "CVE-2020-14298: the defence against CVE-2019-5736 lost in a rebuild" {
  not_applicable 'every row is a test of every build'
}
@test "CVE-2020-14300: the defence against CVE-2016-9962 lost in a rebuild" {
  not_applicable 'every row is a test of every build'
}
@test "CVE-2026-84042: a network helper of the runtime runs the payload unconfined" {
  not_applicable 'husk starts no such helper'
}
@test "delegate-cgroup: \"..\" in it leads to another cgroup" {
  not_applicable 'there is no such annotation'
}
