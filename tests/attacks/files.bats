#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2317,SC2329 # (expanded inside; `attack` is called by `held`)
# The files of an image, and of volumes that others write to meanwhile: what they lead husk to do to the host's.
load attacks

# The image has a link at NAME that leads to TARGET.
link() { # TARGET NAME
  mkdir -p "$(dirname "$ROOTFS/$2")"
  rm -rf "${ROOTFS:?}/$2"
  ln -s "$1" "$ROOTFS/$2"
}

without_dev() { config '.mounts |= map(select(.destination | startswith("/dev") | not))'; }

# ------------------------------------------------------------------------------------------------ mount points

@test "CVE-2015-3627: a link of the image at a mount point leads out of it" {
  attack() {
    bundle_busybox
    victim
    link "$VICTIM" mnt
    add_mount '{"destination": "/mnt/new", "type": "tmpfs", "source": "tmpfs"}'
    start
    show
    touched
  }
  held paths_in_root
}

# What the container left behind in its own root file system is the image of its second start.
@test "CVE-2015-3629: a link that the first start left is followed by the second" {
  attack() {
    bundle_busybox
    victim
    data_folder
    inside "ln -s $VICTIM/made /etc/added"
    bind "$TMP/data/file" /etc/added bind
    start
    show
    touched
  }
  held paths_in_root
}

@test "CVE-2019-18837: a link as the last part of a mount point, and .. in it" {
  attack() {
    bundle_busybox
    victim
    data_folder
    link "../../../../../../../../../../../../../..$VICTIM/made" etc/added
    bind "$TMP/data/file" /etc/added bind
    start
    show
    touched
  }
  held paths_in_root
}

# A volume of two containers, one of which exchanges a directory for a link to somewhere else on the host.
shared_volume() { # LINK-TARGET
  mkdir -p "$TMP/volume/point"
  ln -s "$1" "$TMP/volume/other"
  bind "$TMP/volume" /volume rbind rw
  hostile "$HELPERS/swapper" "$TMP/volume/point" "$TMP/volume/other"
}

@test "CVE-2021-30465: a mount destination is swapped for a link while it is mounted on" {
  once() {
    : >"$TMP/mounts"
    start
    # As the createContainer hook saw it: what is mounted in the container's namespace, before the change of root.
    awk -v at="$VICTIM" '$5 == at { print; found = 1 } END { exit !found }' "$TMP/mounts"
  }
  attack() {
    bundle_busybox
    victim
    shared_volume "$VICTIM"
    add_mount '{"destination": "/volume/point", "type": "tmpfs", "source": "tmpfs"}'
    hook createContainer "cat /proc/self/mountinfo >$TMP/mounts"
    race once
  }
  held mount_points_in_root
}

@test "CVE-2024-45310: a race while folders are made makes files and folders on the host" {
  once() {
    start
    touched
  }
  attack() {
    bundle_busybox
    victim
    data_folder
    shared_volume "$VICTIM"
    bind "$TMP/data/file" /volume/point/deep/er/file bind
    race once
  }
  held mount_points_in_root
}

# ------------------------------------------------------------------------------------------------ /proc

@test "CVE-2019-16884: a volume in the place of /proc takes what is written there" {
  attack() {
    bundle_busybox
    mkdir -p "$TMP/volume/sys/net/ipv4"
    echo planted >"$TMP/volume/sys/net/ipv4/ip_forward"
    bind "$TMP/volume" /proc bind
    config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | del(.linux.maskedPaths, .linux.readonlyPaths)'
    start
    show
    [ "$(<"$TMP/volume/sys/net/ipv4/ip_forward")" != planted ]
  }
  held no_mounts_in_proc,own_procfs # either of them is enough
}

@test "CVE-2015-3631: a volume inside /proc takes the place of what the kernel says there" {
  attack() {
    bundle_busybox
    data_folder
    bind "$TMP/data/file" /proc/self/attr/current bind
    bind "$TMP/data/file" /proc/version bind
    inside 'cat /proc/version'
    show
    [ "$output" = word ]
  }
  held no_mounts_in_proc
}

@test "CVE-2015-3630: entries of /proc that are the whole machine's can be read and written" {
  attack() {
    bundle_busybox
    inside 'echo harmed >/proc/sys/kernel/hostname; hostname'
    show
    [[ $output == *harmed* ]]
  }
  held masks
}

@test "CVE-2015-3630: a masked file can be read" {
  attack() {
    bundle_busybox
    echo hidden >"$ROOTFS/etc/secret"
    config '.linux.maskedPaths += ["/etc/secret"]'
    inside 'cat /etc/secret'
    show
    [[ $output == *hidden* ]]
  }
  held masks
}

# /proc leads into a volume, where somebody moves away what was mounted: masks then lie on what he put there.
swapped_proc() {
  bundle_busybox
  mkdir -p "$TMP/volume/proc"
  bind "$TMP/volume" /volume rbind rw
  config '.mounts |= (map(select(.type != "proc")) + map(select(.type == "proc")))' # after the volume
  link volume/proc proc
  hook createRuntime "cd $TMP/volume && mv proc moved && mkdir proc"
  inside 'mount | grep " proc " ; echo harmed >/volume/moved/sys/kernel/hostname; hostname'
  show
}

@test "CVE-2019-19921: /proc of the image is a link into a volume that others change" {
  attack() {
    swapped_proc
    [[ $output == *harmed* ]]
  }
  held proc_is_directory,masks_by_mount # either of them is enough
}

@test "CVE-2023-27561: /proc of the image is a link to another directory of it" {
  attack() {
    bundle_busybox
    mkdir "$ROOTFS/elsewhere"
    link elsewhere proc
    inside 'cat /elsewhere/self/comm'
    show
    [ "$output" = cat ]
  }
  held proc_is_directory
}

@test "CVE-2023-28642: /proc is a link, and what is written there goes to a volume" {
  attack() {
    bundle_busybox
    mkdir -p "$TMP/volume/proc/sys/net/ipv4" "$ROOTFS/elsewhere"
    echo planted >"$TMP/volume/proc/sys/net/ipv4/ip_forward"
    bind "$TMP/volume" /volume rbind rw
    config '.mounts |= (map(select(.type != "proc")) + map(select(.type == "proc")))
      | .linux.sysctl = {"net.ipv4.ip_forward": "1"}'
    link volume/proc proc
    hook createRuntime "cd $TMP/volume && mv proc moved && mkdir -p proc/sys/net/ipv4 && echo planted >proc/sys/net/ipv4/ip_forward"
    start
    show
    [ "$(<"$TMP/volume/proc/sys/net/ipv4/ip_forward")" != planted ]
  }
  held proc_is_directory,own_procfs # either of them is enough
}

@test "CVE-2025-54867: /sys of the image is a link" {
  attack() {
    bundle_busybox
    mkdir "$ROOTFS/elsewhere"
    link elsewhere sys
    config '.mounts |= map(select(.type != "cgroup"))'
    inside 'ls /elsewhere'
    show
    [[ $output == *kernel* ]]
  }
  held proc_is_directory
}

# The root file system is changed while the container starts: its folder "proc", with the procfs on it, gets another name.
@test "CVE-2025-31133: /proc is renamed before it is masked" {
  attack() {
    bundle_busybox
    hook createRuntime "cd $ROOTFS && mv proc moved && mkdir -p proc/sys"
    inside 'echo harmed >/moved/sys/kernel/hostname; hostname'
    show
    [[ $output == *harmed* ]]
  }
  held masks_by_mount
}

@test "CVE-2025-52881: a sysctl is redirected to another file" {
  attack() {
    bundle_busybox
    victim
    mkdir -p "$ROOTFS/proc/sys/net/ipv4"
    bind "$VICTIM" /volume bind rw
    config '.mounts |= map(select(.type != "proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)
      | .linux.sysctl = {"net.ipv4.ip_forward": "1"}'
    link /volume/file proc/sys/net/ipv4/ip_forward
    start
    show
    touched
  }
  held own_procfs
}

# Labels go through the same descriptor; they need a kernel with AppArmor or SELinux, as the guest of the tests has.
@test "CVE-2025-62596: a sysctl, and the value of one before it, by links of a /proc that is the image's" {
  attack() {
    bundle_busybox
    victim
    mkdir -p "$ROOTFS/elsewhere"
    ln -s / "$ROOTFS/elsewhere/self"
    bind "$VICTIM" /volume bind rw
    config '.mounts |= map(select(.type != "proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)
      | .linux.sysctl = {"net.ipv4.ip_forward": "1", "net.ipv4.ping_group_range": "0 0"}'
    link elsewhere proc
    link /volume elsewhere/sys/net/ipv4
    for name in ip_forward ping_group_range; do cp "$VICTIM/file" "$VICTIM/$name"; done
    start
    show
    ! cmp "$VICTIM/file" "$VICTIM/ip_forward" || ! cmp "$VICTIM/file" "$VICTIM/ping_group_range"
  }
  held own_procfs
}

# ------------------------------------------------------------------------------------------------ /dev

@test "CVE-2025-31133: another file as /dev/null is what masks" {
  attack() {
    bundle_busybox
    without_dev
    echo hidden >"$ROOTFS/etc/secret"
    ln "$ROOTFS/etc/secret" "$ROOTFS/etc/link"
    config '.linux.maskedPaths = ["/etc/secret"]'
    # Between the making of the devices and the masks.
    hook createRuntime "rm $ROOTFS/dev/null; ln -s /etc/link $ROOTFS/dev/null"
    inside 'cat /etc/secret'
    show
    [[ $output == *hidden* ]]
  }
  held null_device_checked
}

@test "CVE-2026-88265: /dev/null as a link becomes standard input, and is given away" {
  attack() {
    bundle_busybox
    victim
    without_dev
    bind "$VICTIM" /volume bind rw
    config '.process.user = {uid: 1000, gid: 1000}'
    hook createRuntime "rm $ROOTFS/dev/null; ln -s /volume/file $ROOTFS/dev/null"
    start
    show
    [ "$(stat -c %u "$VICTIM/file")" != 0 ]
  }
  held null_device_checked
}

@test "CVE-2026-88265: a device as a link gives away a file of the host" {
  attack() {
    bundle_busybox
    victim
    without_dev
    link "$VICTIM/file" dev/own
    config '.linux.devices = [{type: "c", path: "/dev/own", major: 1, minor: 5, fileMode: 438, uid: 1000, gid: 1000}]'
    start
    show
    [ "$(stat -c %u "$VICTIM/file")" != 0 ]
  }
  held device_inode_checked
}

@test "CVE-2026-41579: /dev as a link, so that links are made on the host" {
  attack() {
    bundle_busybox
    victim
    without_dev
    link "$VICTIM" dev
    start
    show
    touched
  }
  held links_below_dev
}

@test "CVE-2026-47766: /dev as a link, so that ptmx of the host is deleted" {
  attack() {
    bundle_busybox
    victim
    echo mine >"$VICTIM/ptmx"
    without_dev
    link "$VICTIM" dev
    start
    show
    [ "$(cat "$VICTIM/ptmx")" != mine ]
  }
  held links_below_dev
}
