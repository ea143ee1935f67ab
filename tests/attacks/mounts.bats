#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2317,SC2329 # (expanded inside; `attack` is called by `held`)
# Terminals, read-only mounts, cgroups, the host's /sys, the old root: what is mounted, and what can be made of it.
load attacks

# ------------------------------------------------------------------------------------------------ the terminal

# Runs the bundle on a terminal; what it shows is $output.
on_terminal() { # SCRIPT: inside
  local command
  config '.process.terminal = true'
  script "$1"
  printf -v command '%q ' "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID"
  mkfifo "$TMP/typed"
  output=$(timeout 20 script -qefc "$command" /dev/null 4<>"$TMP/typed" <&4 2>&1)
  printf '%s\n' "$output"
}

# /dev/pts is a directory that others write to. Its devpts is real (below "pts", where the kernel looks for it), and so
# is the multiplexer; but "0" is a link of theirs. So is every other number: the devpts may have terminals already.
@test "CVE-2025-52565: /dev/pts/N is another file when it is bound on /dev/console" {
  attack() {
    local n
    bundle_busybox
    mkdir -p "$TMP/volume/pts"
    touch "$TMP/volume/ptmx"
    for n in 0 1 2 3; do ln -s /proc/sys/kernel/hostname "$TMP/volume/$n"; done
    config --arg volume "$TMP/volume" --arg ptmx "$ROOTFS/dev/pts/pts/ptmx" '.mounts |= map(
      if .destination == "/dev/pts" then
        {destination: "/dev/pts", type: "bind", source: $volume, options: ["rbind"]},
        {destination: "/dev/pts/pts", type: "devpts", source: "devpts", options: ["newinstance", "ptmxmode=0666"]},
        {destination: "/dev/pts/ptmx", type: "bind", source: $ptmx, options: ["bind"]}
      else . end)'
    # What is bound on /dev/console is so before /proc/sys becomes read-only.
    on_terminal 'echo harmed >/dev/console; echo "name: $(hostname)"'
    [[ $output == *'name: harmed'* ]]
  }
  held console_by_peer
}

@test "CVE-2026-88264: /dev/console is a link: a file is made where the container may not" {
  attack() {
    bundle_busybox
    victim
    config '.mounts |= map(select(.destination != "/dev")) | .process.user = {uid: 1000, gid: 1000}'
    bind "$VICTIM" /volume bind rw
    rm -f "$ROOTFS/dev/console"
    ln -s /volume/made "$ROOTFS/dev/console"
    on_terminal true
    touched
  }
  held console_file_in_root
}

# ------------------------------------------------------------------------------------------------ read-only

# Where the image has what looks like /proc: "self/fd/N" leads to a mount that nobody will miss.
@test "CVE-2026-115521: /proc/self/fd of the container redirects a remount" {
  attack() {
    local n
    bundle_busybox
    mkdir -p "$ROOTFS/proc/self/fd" "$ROOTFS/decoy"
    for ((n = 3; n < 64; n++)); do ln -s /decoy "$ROOTFS/proc/self/fd/$n"; done
    config '.mounts |= map(select(.type != "proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)
      | .root.readonly = true'
    add_mount '{"destination": "/decoy", "type": "tmpfs", "source": "tmpfs"}'
    inside 'touch /harmed; ls /'
    show
    [[ $output == *harmed* ]]
  }
  held readonly_by_fd
}

# A tmpfs becomes read-only late, when all is in it. In between its mount point gets another name.
@test "CVE-2026-115521: a mount that is to become read-only is renamed before" {
  attack() {
    bundle_busybox
    mkdir -p "$TMP/volume/point"
    bind "$TMP/volume" /volume rbind rw
    add_mount '{"destination": "/volume/point", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}'
    add_mount '{"destination": "/decoy", "type": "tmpfs", "source": "tmpfs"}'
    hook createRuntime "cd $TMP/volume && mv point moved && ln -s /decoy point"
    inside 'touch /volume/moved/harmed; ls /volume/moved'
    show
    [[ $output == *harmed* ]]
  }
  held masks_by_mount
}

# mount(2), where there is nothing newer, gives a bind mount its flags in a second call, and by its name.
@test "CVE-2026-115521: a kernel without the new mount calls: a name is swapped before the remount" {
  husk() { "$HELPERS/enosys" "$RUNTIME" --root "$ROOT" "$@" 3>&-; }
  once() {
    start
    [ -e "$TMP/data/harmed" ] # (in "more" it may be: where the swap comes first, that is mounted on /kept)
  }
  attack() {
    bundle_busybox
    mkdir -p "$TMP/data" "$TMP/more" "$TMP/volume/point"
    ln -s /kept "$TMP/volume/other"
    bind "$TMP/data" /kept bind ro
    bind "$TMP/volume" /volume rbind rw
    bind "$TMP/more" /volume/point bind nosuid
    script 'touch /kept/harmed'
    hostile "$HELPERS/swapper" "$TMP/volume/point" "$TMP/volume/other"
    race once
  }
  held readonly_by_fd
}

# ------------------------------------------------------------------------------------------------ cgroups and /sys

cgroup2() { [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; }

# On a host with cgroup v1 the attack is made where /sys/fs/cgroup is a cgroup2 mount all the same: see run.sh.
on_cgroup2() { # FUNCTION
  if cgroup2; then "$1"; return; fi
  umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup || return 1
  "$1"
}

# A cgroup of the host that belongs to the container's root, who is somebody on the host.
theirs() {
  local harm=1 group=/sys/fs/cgroup/$TOKEN-theirs
  bundle_busybox
  user_namespace
  config "$1"
  mkdir "$group"
  chown 100000 "$group"
  inside "mkdir /sys/fs/cgroup/$TOKEN-theirs/below"
  show
  [ ! -d "$group/below" ] || harm=0
  rmdir "$group/below" "$group" 2>/dev/null
  return $harm
}

@test "CVE-2023-25809: a container without a cgroup namespace writes to the host's cgroups" {
  mounted() { theirs '(.mounts[] | select(.type == "cgroup") | .options) = ["nosuid", "noexec", "nodev"]'; }
  attack() { on_cgroup2 mounted; }
  held cgroup_readonly
}

@test "CVE-2023-25809: a bind of the host's /sys brings cgroups that can be written to" {
  bound() {
    theirs '.mounts |= (map(select(.destination | startswith("/sys") | not))
      + [{destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]}])'
  }
  attack() { on_cgroup2 bound; }
  held cgroup_readonly,sysfs_submounts # either of them is enough
}

@test "hardening: what is mounted below the host's /sys is written to through a read-only one" {
  if [ "$LEG" = enosys ]; then
    not_applicable 'not held before Linux 5.12, without mount_setattr(2): there "ro" is for the top alone'
    return
  fi
  attack() {
    bundle_busybox
    mkdir "$TMP/below"
    own_mount -t tmpfs below /sys/kernel/debug
    config '.mounts |= (map(select(.destination | startswith("/sys") | not))
      + [{destination: "/sys", type: "none", source: "/sys", options: ["rbind", "nosuid", "noexec", "nodev", "ro"]}])'
    inside 'touch /sys/kernel/debug/harmed'
    show
    [ -e /sys/kernel/debug/harmed ]
  }
  held sysfs_submounts
}

# ------------------------------------------------------------------------------------------------ the old root

@test "CVE-2015-3627: the host's root is still there, above the container's" {
  attack() {
    bundle_busybox
    victim
    inside "cat /..$VICTIM/file"
    show
    [ "$output" = secret ]
  }
  held old_root_gone
}

@test "hardening: the host's root by a descriptor of a process of the container" {
  attack() {
    bundle_busybox
    victim
    inside "for fd in /proc/self/fd/* /proc/1/fd/*; do cat \$fd$VICTIM/file \$fd/..$VICTIM/file; done 2>/dev/null"
    show
    [[ $output == *secret* ]]
  }
  held old_root_gone,close_descriptors # what is open is closed by execve, too
}

# ------------------------------------------------------------------------------------------------ the notify socket

@test "hardening: the directory of the notify socket, which is the host's, is written to" {
  attack() {
    bundle_busybox
    : >"$TMP/heard"
    hostile "$HELPERS/sockets" manager "$TMP/manager" "$TMP/heard"
    wait_until test -S "$TMP/manager"
    export NOTIFY_SOCKET=$TMP/manager
    inside 'touch /run/notify/harmed && ls /run/notify'
    show
    [[ $output == *harmed* ]]
  }
  held state_private
}

# ------------------------------------------------------------------------------------------------ not husk's

@test "CVE-2025-24965: .krun_config.json as a link" { not_applicable "husk has no krun handler"; }
@test "CVE-2026-119101: a mount's name makes a restore bind a directory of the host" {
  not_applicable "husk does not restore checkpoints"
}
@test "CVE-2026-115520: a mount's name makes a restore bind a file of the host" { not_applicable "husk does not restore checkpoints"; }
@test "hardening: mounts add and mounts remove, with links of the container as targets" { not_applicable "husk has no such command"; }
