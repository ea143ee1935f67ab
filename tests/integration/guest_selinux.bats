#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# SELinux on a kernel that has it: labels of processes, of their keyrings, and of what is mounted for them.
load helpers
load containers
load exec
load selinux

PROCESS=host_u:host_r:container_t:s0:c1,c2
FILES=host_u:object_r:container_file_t:s0:c1,c2

setup() {
  grep -qw selinux /sys/kernel/security/lsm || skip "no SELinux"
  (flock 9 && load_policy) 9>"$BATS_RUN_TMPDIR/policy.lock"
  prepare
  bundle_busybox
  config '.process.args = ["/bin/sleep", "1000"]'
}

label_process() { config --arg label "$1" '.process.selinuxLabel = $label'; }
label_mounts() { config --arg label "$1" '.linux.mountLabel = $label'; }
label_of() { stat -c %C "/proc/$(pid_of)/root$1"; } # FILE of the container
CURRENT='tr -d "\0" </proc/self/attr/current'

# The label of the session keyring of container $ID, which root may ask for by its number (KEYCTL_GET_SECURITY).
label_of_keyring() {
  python3 - "_ses.$ID:" <<'END'
import ctypes, sys
for line in open("/proc/keys"):
    if sys.argv[1] in line.split():
        text = ctypes.create_string_buffer(4096)
        ctypes.CDLL(None).syscall(250, 17, ctypes.c_int32(int(line.split()[0], 16)), text, 4096)
        print(text.value.decode())
END
}

@test "the process and its keyring have the label; exec's have it as well" {
  label_process $PROCESS
  launch
  same "$(tr -d '\0' <"/proc/$(pid_of)/attr/current")" $PROCESS
  same "$(label_of_keyring)" $PROCESS
  same "$(tr -d '\0' <"/proc/$(pid_of)/attr/keycreate")" ''
  sh_in "$CURRENT"
  says $PROCESS
  sh_in --process-label host_u:host_r:container_t:s0:c5 "$CURRENT"
  says host_u:host_r:container_t:s0:c5
}

@test "no label: that of the caller" {
  inside "$CURRENT"
  says host_u:host_r:host_t:s0
}

@test "what is mounted for the container has the mount label" {
  label_mounts $FILES
  config '.linux.maskedPaths += ["/sys/firmware"]'
  launch
  local file
  for file in /dev /dev/null /dev/pts /dev/shm /dev/mqueue /sys/firmware; do same "$file $(label_of $file)" "$file $FILES"; done
  [ "$(label_of /proc)" != $FILES ]
  [ "$(label_of /bin)" != $FILES ]
}

@test "a mount label that is longer than an option may be" {
  local long
  long=host_u:object_r:container_file_t:s0:$(seq -s, -f 'c%g' 0 2 $((CATEGORIES - 1)))
  [ ${#long} -gt 256 ]
  label_mounts "$long"
  launch
  same "$(label_of /dev/shm)" "$long"
}

@test "labels that the policy does not know: create fails, and nothing is left" {
  label_process host_u:host_r:nobody_t:s0
  ask create -b "$BUNDLE" "$ID"
  refused 'the policy has no such SELinux label'
  gone
  config 'del(.process.selinuxLabel)'
  label_mounts host_u:object_r:nobody_t:s0
  ask create -b "$BUNDLE" "$ID"
  refused 'context=host_u:object_r:nobody_t:s0'
  gone
}
