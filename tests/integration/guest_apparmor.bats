#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# AppArmor on a kernel that has it: the program runs under the profile that was asked for, or not at all.
load helpers
load containers
load exec

# Both keep their processes from writing one file; the first also from changing owners, whatever their capabilities.
# Loaded once for all tests.
PROFILES='
profile husk-strict flags=(attach_disconnected, mediate_deleted) {
  file, network, signal, ptrace, mount, umount, pivot_root, change_profile, capability,
  deny /tmp/strict w,
  deny capability chown,
}
profile husk-other flags=(attach_disconnected, mediate_deleted) {
  file, network, signal, ptrace, mount, umount, capability,
  deny /tmp/other w,
}
profile unconfined_x flags=(attach_disconnected, mediate_deleted) {
  file, network, signal, ptrace, mount, umount, capability,
  deny /tmp/x w,
}'
LOADED=/sys/kernel/security/apparmor/profiles

setup() {
  [ -e "$LOADED" ] || skip "no AppArmor"
  (
    flock 9
    grep -q '^unconfined_x ' "$LOADED" || apparmor_parser --replace --skip-cache <<<"$PROFILES"
  ) 9>"$BATS_RUN_TMPDIR/apparmor.lock"
  prepare
  bundle_busybox
  config '.process.args = ["/bin/sleep", "1000"]'
}

profile() { config --arg name "$1" '.process.apparmorProfile = $name'; }
# What profile this is, and the files in /tmp of which NAME... can be written to.
report_on() {
  printf 'cat /proc/self/attr/apparmor/current; for f in %s; do echo x 2>/dev/null >/tmp/$f && echo $f; done; true' "$*"
}

@test "a file that the profile denies, with no_new_privs off" {
  profile husk-strict
  config '.process.noNewPrivileges = false'
  inside "$(report_on strict other)"
  says $'husk-strict (enforce)\nother'
}

@test "a capability that the profile denies, and the configuration grants" {
  profile husk-strict
  config '.process.capabilities |= map_values(. + ["CAP_CHOWN"])'
  inside 'touch /tmp/a; chown 5 /tmp/a 2>&1; grep CapEff /proc/self/status; stat -c %u /tmp/a'
  has 'chown: .*not permitted' '0$'
  (($((16#$(sed -n 's/^CapEff:[[:space:]]*//p' <<<"$output"))) & 1)) # CAP_CHOWN is number 0
}

@test "no_new_privs does not keep the profile away, nor does another user" {
  profile husk-strict
  config '.process.noNewPrivileges = true | .process.user = {uid: 1000, gid: 1000}'
  chmod 1777 "$ROOTFS/tmp"
  inside "$(report_on strict other)"
  says $'husk-strict (enforce)\nother'
}

@test "two profiles at once" {
  profile 'husk-strict//&husk-other'
  inside "$(report_on strict other fine)"
  has '^husk-(strict//&husk-other|other//&husk-strict) \(enforce\)' $'\nfine$'
  lacks $'\n(strict|other)\n'
}

@test "unconfined: none, even where the caller has one" {
  profile unconfined
  config '.process.noNewPrivileges = false' # with it the kernel takes no profile away
  script "$(report_on strict)"
  printf 'exec husk-strict' >"/proc/$BASHPID/attr/apparmor/exec"
  start
  says $'unconfined\nstrict'
}

@test "a name that begins with unconfined is a profile as any other" {
  profile unconfined_x
  inside "$(report_on x strict)"
  says $'unconfined_x (enforce)\nstrict'
}

@test "a profile that is not loaded: create fails, and nothing is left" {
  profile unconfined_y
  ask create -b "$BUNDLE" "$ID"
  refused 'apparmor failed to apply profile'
  [[ ${stderr//\\/} == *'"unconfined_y"'*'not loaded'* ]]
  gone
}

@test "the startContainer hook is under the profile as well" {
  profile husk-strict
  hook startContainer 'cat /proc/self/attr/apparmor/current >/tmp/hook; echo x >/tmp/strict; true'
  inside 'cat /tmp/hook; ls /tmp'
  says $'husk-strict (enforce)\nhook'
}

@test "a user namespace" {
  profile husk-strict
  user_namespace
  inside "$(report_on strict other)"
  says $'husk-strict (enforce)\nother'
}

@test "exec: the container's profile; --apparmor: another; the profile of neither: refused" {
  profile husk-strict
  launch
  sh_in "$(report_on strict other)"
  says $'husk-strict (enforce)\nother'
  sh_in --apparmor husk-other "$(report_on strict other)"
  says $'husk-other (enforce)\nstrict'
  sh_in --apparmor missing 'true'
  fails 'apply AppArmor profile "missing": apparmor failed to apply profile: it is not loaded'
}

@test "exec: a process as JSON without a profile has the container's" {
  profile husk-strict
  launch
  shell_process 'cat /proc/self/attr/apparmor/current' 'del(.apparmorProfile)'
  ask exec -p "$TMP/process.json" "$ID"
  says 'husk-strict (enforce)'
}

# The label goes where the caller's /proc is, and that of the container may be anything: what follows would swallow it.

@test "CVE-2023-28642: /proc as a symlink of the image swallows no label" {
  profile husk-strict
  config '.mounts |= map(select(.destination != "/proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
  rm -rf "$ROOTFS/proc"
  mkdir -p "$ROOTFS/tmp/proc/thread-self/attr/apparmor" "$ROOTFS/tmp/proc/self/attr"
  touch "$ROOTFS/tmp/proc/thread-self/attr/"{exec,apparmor/exec} "$ROOTFS/tmp/proc/self/attr/exec"
  ln -s /tmp/proc "$ROOTFS/proc"
  inside 'echo x >/tmp/strict; ls /tmp; cat /proc/*/attr/exec /proc/*/attr/apparmor/exec'
  says proc
}

@test "CVE-2019-16884: a volume on /proc swallows no label" {
  profile husk-strict
  mkdir -p "$TMP/proc/self/attr/apparmor" "$TMP/proc/thread-self/attr/apparmor"
  config '.mounts |= map(select(.destination != "/proc"))'
  bind "$TMP/proc" /proc bind
  inside true
  refused 'only procfs can be mounted on /proc'
}

@test "CVE-2025-52881: a container that covers its own /proc/PID/attr does not keep exec's label away" {
  profile husk-other
  config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"]) | .linux.readonlyPaths = []
    | .process.args = ["/bin/sh", "-c", "mount -t tmpfs none /proc && mkdir -p /proc/self /proc/thread-self/attr/apparmor &&
        touch /proc/thread-self/attr/apparmor/exec /tmp/ready; exec sleep 1000"]'
  launch
  wait_until [ -e "$ROOTFS/tmp/ready" ]
  sh_in 'echo x >/tmp/other; ls /tmp; cat /proc/thread-self/attr/apparmor/exec'
  says ready
}
