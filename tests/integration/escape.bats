#!/usr/bin/env bats
# What must not lead out of a container: the runtime's own program, its descriptors, the host's files.
load helpers

# In a startContainer hook the parent is the process that becomes the container: the runtime's own program still.
@test "the runtime's program as the container sees it is not the file on the host" {
  bundle_busybox
  config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE"])' # without it, it cannot even be looked at
  hook startContainer 'stat -L -c %d:%i /proc/$PPID/exe >/tmp/file 2>&1 || true'
  start
  ok
  [[ $(<"$ROOTFS/tmp/file") =~ ^[0-9]+:[0-9]+$ ]] || { cat "$ROOTFS/tmp/file"; return 1; }
  differ "$(<"$ROOTFS/tmp/file")" "$(stat -c %d:%i "$RUNTIME")"
}

@test "the runtime's program cannot be written from the container" {
  bundle_busybox
  config '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_SYS_ADMIN"])'
  hook startContainer 'for n in 1 $PPID self; do : 2>/dev/null >>/proc/$n/exe && echo "written: $n" >>/tmp/file; done; true'
  local before
  before=$(cksum <"$RUNTIME")
  start
  [ ! -e "$ROOTFS/tmp/file" ] || { cat "$ROOTFS/tmp/file"; return 1; }
  same "$(cksum <"$RUNTIME")" "$before"
}

@test "/proc/self/exe as the program does not run the file of the host" {
  bundle_busybox
  config '.process.args = ["/proc/self/exe", "--version"]'
  local before
  before=$(cksum <"$RUNTIME")
  start
  same "$(cksum <"$RUNTIME")" "$before"
}

@test "a #! line of /proc/self/exe does not lead to the file of the host" {
  bundle_busybox
  printf '#!/proc/self/exe\n' >"$ROOTFS/script"
  chmod +x "$ROOTFS/script"
  config '.process.args = ["/script"]'
  local before
  before=$(cksum <"$RUNTIME")
  start
  same "$(cksum <"$RUNTIME")" "$before"
}

@test "a startContainer hook sees no descriptor of the host's directories" {
  bundle_busybox
  hook startContainer 'ls -l /proc/self/fd >/tmp/fds'
  start
  ok
  [ -s "$ROOTFS/tmp/fds" ]
  if grep -e "$TOKEN" -e "/sys/fs/cgroup" "$ROOTFS/tmp/fds"; then return 1; fi
}

@test "the caller's environment is not in the process's" {
  bundle_busybox
  config '.process.args = ["/bin/cat", "/proc/self/environ"]'
  SECRET_WORD=hidden start
  ok
  lacks hidden
}

@test "masks: /dev/null of the image as another file is not what masks" {
  bundle_busybox
  config '.mounts |= map(select(.destination | startswith("/dev") | not))'
  echo secret >"$ROOTFS/etc/secret"
  echo planted >"$ROOTFS/dev/null"
  config '.linux.maskedPaths = ["/etc/secret"]'
  inside 'cat /etc/secret'
  [[ ! $output =~ (planted|secret) ]]
}

@test "masks: a path by a symlink with .. stays inside the root" {
  bundle_busybox
  mkdir "$TMP/victim"
  touch "$TMP/victim/file"
  ln -s "../../../../../../../../..$TMP/victim" "$ROOTFS/link"
  config '.linux.maskedPaths = ["/link"] | .linux.readonlyPaths = ["/link"]'
  start
  touch "$TMP/victim/writable"
  [ -e "$TMP/victim/file" ]
}

@test "the default supplementary groups of the caller are dropped" {
  bundle_busybox
  config '.process.args = ["/bin/id", "-G"]'
  husk() {
    setpriv --groups 4242,4243 "$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" --root "$ROOT" "$@" 3>&-
  }
  start
  says 0
}

@test "the container cannot reach the caller's working directory" {
  bundle_busybox
  mkdir "$TMP/here"
  cd "$TMP/here"
  inside 'pwd; ls /proc/self/cwd/..'
  ok
  lacks "$TOKEN"
  lacks '(^|'$'\n'')here'
}

@test "a sysctl is not written into what the image has at /proc" {
  bundle_busybox
  config '.mounts |= map(select(.type != "proc")) | del(.linux.maskedPaths, .linux.readonlyPaths)
    | .linux.sysctl = {"net.ipv4.ip_forward": "1"}'
  mkdir -p "$ROOTFS/proc/sys/net/ipv4"
  echo planted >"$ROOTFS/proc/sys/net/ipv4/ip_forward"
  start
  same "$(<"$ROOTFS/proc/sys/net/ipv4/ip_forward")" planted
}

@test "/dev/null of the image as a symlink is not given away" {
  bundle_busybox
  echo mine >"$TMP/victim"
  ln -s "$TMP/victim" "$ROOTFS/dev/null"
  config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .process.user = {uid: 1000, gid: 1000}'
  start
  same "$(stat -c %u:%g "$TMP/victim")" 0:0
  same "$(<"$TMP/victim")" mine
}

# What masks a file is the host's null device: its node must not be changed through the mask.
@test "masks: mode, owner and times of the host's /dev/null cannot be changed" {
  bundle_busybox
  config '.process.capabilities |= map_values(. + ["CAP_FOWNER", "CAP_CHOWN", "CAP_DAC_OVERRIDE"])'
  local before
  before=$(stat -c '%a %u %g %y' /dev/null)
  inside 'chmod 600 /proc/keys; chown 7:7 /proc/keys; touch -d "2001-01-01 00:00:00" /proc/keys; true'
  same "$(stat -c '%a %u %g %y' /dev/null)" "$before"
}

# Once in namespaces where somebody else may be, nobody may look into us: /proc/PID/root leads to the host.
@test "init never becomes dumpable once it may be seen" {
  is_husk || skip "about husk-init"
  command -v strace >/dev/null
  bundle_busybox
  pin_namespace pid
  add_namespace pid "$NS_PATH"
  config '.process.oomScoreAdj = 300 | .linux.namespaces += [{"type": "time"}] | .linux.timeOffsets.monotonic.secs = 7'
  config '.process.args = ["/bin/true"]'
  strace -f -o "$TMP/trace" -e trace=prctl,setns "$RUNTIME" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null
  grep -q 'PR_SET_DUMPABLE, SUID_DUMP_DISABLE' "$TMP/trace"
  if grep 'PR_SET_DUMPABLE, SUID_DUMP_USER' "$TMP/trace"; then return 1; fi
  # ... and it stopped being so before it joined.
  [ "$(grep -nm1 SUID_DUMP_DISABLE "$TMP/trace" | cut -d: -f1)" -lt "$(grep -nm1 setns "$TMP/trace" | cut -d: -f1)" ]
}

@test "--no-pivot: no unmasked procfs of the host stays below" {
  bundle_busybox
  config '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
  script 'mkdir /tmp/p && unshare -Urmpf sh -c "mount -t proc p /tmp/p && wc -c </tmp/p/timer_list" 2>&1; true'
  start --no-pivot
  ok
  lacks '^[1-9]'
}
