# The part of vm that makes the guest: file system, kernel, disk, saved state. Sourced by vm.
# shellcheck shell=bash disable=SC2154
# ($here, $cache, $image, $max_shares are vm's)

guest_user=tester

# What the guest is made of; another hash means another guest.
guest_id() {
  {
    cat "$here"/{agent.py,agent.service,build.sh,init,masked,packages}
    kernel_line v2
    declare -f machine
  } | sha256sum | cut -c1-16
}

mirror() { # the Debian mirror that apt of this machine uses; with an argument: the one for security
  apt-get indextargets --format '$(SITE)' 2>/dev/null | sort -u | grep ${1:+-e} ${1:--v -e} -security | head -n 1
}

# The guest's file system, in $1/root, and the package of the newest kernel in backports, in $1.
make_root() {
  local work=$1 packages
  packages=$(paste -sd, "$here/packages")
  cat >"$work/get-kernel" <<'END'
#!/bin/sh
set -eu
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
cd "$WORK"
package=$(apt-cache show -t bookworm-backports linux-image-amd64 | sed -n 's/^Depends: \(linux-image-[^ ]*\).*/\1/p' |
  sort -V | tail -n 1)
[ -n "$package" ] || { echo "there is no kernel in backports" >&2; exit 1; }
apt-get download -q -t bookworm-backports "$package"
END
  chmod +x "$work/get-kernel"
  WORK=$work mmdebstrap --mode=root --variant=essential --quiet --include="$packages" \
    --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook="$work/get-kernel" bookworm "$work/root" \
    "deb $(mirror) bookworm main" "deb $(mirror) bookworm-updates main" \
    "deb $(mirror security) bookworm-security main" "deb $(mirror) bookworm-backports main" >"$work/mmdebstrap.log" 2>&1 ||
    { tail -n 25 "$work/mmdebstrap.log" >&2; die "mmdebstrap failed (see above)"; }
}

# vmlinuz, modules (into the guest's file system) and the initramfs, from the kernel's package.
make_kernel() {
  local work=$1 root=$1/root package version modules module
  package=$(echo "$work"/linux-image-*.deb)
  dpkg-deb -x "$package" "$work/kernel"
  modules=$(echo "$work"/kernel/*lib/modules/* "$work"/kernel/usr/lib/modules/*)
  for modules in $modules; do [ ! -d "$modules/kernel" ] || break; done
  [ -d "$modules/kernel" ] || die "there are no modules in $(basename "$package")"
  version=${modules##*/}
  cp "$work"/kernel/boot/vmlinuz-* "$work/vmlinuz"

  # Only what this machine has; unpacked, since xz is slow under emulation.
  mkdir "$work/drivers"
  mv "$modules/kernel/drivers"/{block,net,virtio,char} "$work/drivers/"
  rm -rf "$modules"/kernel/{drivers,sound,arch/x86/kvm} "$modules"/{build,source} \
    "$work"/drivers/net/{ethernet,wireless,usb} "$work"/drivers/block/{drbd,rnbd,aoe,mtip32xx}
  mv "$work/drivers" "$modules/kernel/drivers"
  find "$modules" -name '*.ko.xz' -print0 | xargs -0 -r -n 64 -P "$(nproc)" xz -dq
  mkdir -p "$root/usr/lib/modules"
  mv "$modules" "$root/usr/lib/modules/$version"
  depmod -b "$root" "$version"

  local initrd=$work/initrd
  mkdir -p "$initrd"/{bin,dev,root,modules}
  cp "$root/bin/busybox" "$initrd/bin/busybox"
  install -m 755 "$here/init" "$initrd/init"
  # crc32c_generic comes first: ext4 asks for it by name only.
  for module in crc32c_generic virtio_pci virtio_blk ext4; do
    modprobe -d "$root" -S "$version" --show-depends "$module" 2>/dev/null || true
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$work/order"
  while read -r module; do
    cp "$module" "$initrd/modules/"
    basename "$module"
  done <"$work/order" >"$initrd/modules/order"
  (cd "$initrd" && find . | cpio -o -H newc --quiet) >"$work/initrd.img"
}

# Settings: a user with ids of their own, all controllers handed to that user's systemd, the agent, and none of the work
# that a guest which lives for seconds does not need.
make_settings() {
  local root=$1 etc=$1/etc unit
  echo husk-test >"$etc/hostname"
  printf '127.0.0.1 localhost husk-test\n::1 localhost\n' >"$etc/hosts"
  : >"$etc/fstab"
  echo 0123456789abcdef0123456789abcdef >"$etc/machine-id"
  echo LANG=C.UTF-8 >"$etc/default/locale"
  chroot "$root" useradd --create-home --uid 1000 --user-group --shell /bin/bash $guest_user
  chroot "$root" usermod --password '*' $guest_user
  echo "$guest_user:100000:65536" | tee "$etc/subuid" >"$etc/subgid"
  install -D /dev/null "$root/var/lib/systemd/linger/$guest_user"

  mkdir -p "$etc"/systemd/{system/user@.service.d,journald.conf.d,system.conf.d,system-generators}
  printf '[Service]\nDelegate=cpu cpuset io memory pids\n' >"$etc/systemd/system/user@.service.d/delegate.conf"
  printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' >"$etc/systemd/journald.conf.d/vm.conf"
  # Emulation is slow: no unit is to fail for that.
  printf '[Manager]\nDefaultTimeoutStartSec=300s\nDefaultDeviceTimeoutSec=300s\n' >"$etc/systemd/system.conf.d/vm.conf"
  printf '9pnet_virtio\n9p\noverlay\n' >"$etc/modules-load.d/vm.conf"
  install -D -m 755 "$here/agent.py" "$root/usr/local/lib/vm-agent"
  install -m 644 "$here/agent.service" "$etc/systemd/system/vm-agent.service"
  while read -r unit; do ln -sfn /dev/null "$etc/systemd/system/$unit"; done <"$here/masked"
  for unit in "$root"/usr/lib/systemd/system-generators/*; do
    ln -sfn /dev/null "$etc/systemd/system-generators/${unit##*/}"
  done
  chroot "$root" systemctl enable vm-agent.service >/dev/null 2>&1
  chroot "$root" systemctl set-default multi-user.target >/dev/null 2>&1
  touch "$etc/.updated" "$root/var/.updated" # nothing is to be made anew at boot
}

make_disk() {
  truncate -s 8G "$1/base.img"
  # No journal, no tables to be initialised later: the disk is thrown away.
  mke2fs -q -F -t ext4 -O ^has_journal,^resize_inode -m 0 -b 4096 \
    -E lazy_itable_init=1,assume_storage_prezeroed=1,nodiscard -d "$1/root" "$1/base.img" ||
    die "mke2fs failed (is there room in $cache?)"
}

make_state() { # IMAGE-DIR: boots once, and saves the machine
  local dir=$1
  rm -f "$dir"/warm.*
  qemu-img create -q -f qcow2 -F raw -b base.img "$dir/warm.qcow2"
  machine "$dir" "$dir/warm.qcow2" qcow2 off v2
  "$here/client.py" save "$TMP" "$TMP/machine" --state "$dir/warm.state" || die "the guest's first boot failed"
  qemu_version >"$dir/warm.qemu"
}

cmd_build() {
  [ "$(id -u)" = 0 ] || die "build needs root"
  [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || die "build needs Debian on amd64"
  "$here/../../packages/ensure" guest || die "the packages that make and run the guest cannot be installed"
  mkdir -p "$cache"
  TMP=$(mktemp -d "$cache/build.XXXXXX")
  exec 9>"$cache/lock" # two callers at once: one makes it, the other one waits
  flock -w 1200 9 || die "another build is under way, and does not end"
  local id work=$TMP/work began=$SECONDS
  id=$(guest_id)
  if [ "$(cat "$image/id" 2>/dev/null)" = "$id" ]; then
    [ "$(cat "$image/warm.qemu" 2>/dev/null)" = "$(qemu_version)" ] || make_state "$image"
    return 0
  fi
  mkdir "$work"
  say "making the guest, once: Debian's packages"
  make_root "$work"
  say "[$((SECONDS - began)) s] kernel and disk"
  make_kernel "$work"
  make_settings "$work/root"
  make_disk "$work"
  mkdir "$TMP/new"
  mv "$work"/{base.img,vmlinuz,initrd.img} "$TMP/new/"
  rm -rf --one-file-system "$work"
  say "[$((SECONDS - began)) s] first boot, to save its state"
  make_state "$TMP/new"
  echo "$id" >"$TMP/new/id"
  rm -rf --one-file-system "$image"
  mv "$TMP/new" "$image"
  say "[$((SECONDS - began)) s] done: $(du -sh "$image" | cut -f1) in $image"
}
