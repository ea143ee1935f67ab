#!/usr/bin/env bats
# shellcheck disable=SC2016,SC2317,SC2329 # (expanded inside; `attack` is called by `held`)
# The cache of compiled filters: what others put there, for a container to start with.
load attacks

# The container may not mount, says its configuration. $KEPT is the file with its filter, and $TMP/open one of another
# profile, which lets everything through.
strict_container() {
  bundle_busybox
  export HUSK_SECCOMP_CACHE=$TMP/cache
  config '.process.noNewPrivileges = false | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])
    | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getcwd"], action: "SCMP_ACT_LOG"}]}'
  inside true
  mv "$(find "$TMP/cache" -name '*.filter')" "$TMP/open"
  config '.linux.seccomp.syscalls = [{names: ["mount"], action: "SCMP_ACT_ERRNO", errnoRet: 99}]'
  inside 'mount -t tmpfs none /tmp && echo mounted'
  KEPT=$(find "$TMP/cache" -name '*.filter')
  if [ -z "$output" ] && [ -s "$TMP/open" ] && [ -s "$KEPT" ]; then return; fi
  echo "not set up"
  show
  exit 1
}

mounts() {
  inside 'mount -t tmpfs none /tmp && echo mounted'
  show
  [ "$output" = mounted ]
}

# The file that belongs to the strict profile in all but the program in it, as one makes it who knows the format.
forge() {
  python3 - "$KEPT" "$TMP/forged" <<'END'
import struct, sys
file = bytearray(open(sys.argv[1], 'rb').read())
key, = struct.unpack_from('<I', file, 16)
struct.pack_into('<HBBI', file, 32 + key, 6, 0, 0, 0x7fff0000)  # the first instruction: return ALLOW
rest = bytes(file[16:])
sum = len(rest)
for at in range(0, len(rest), 8):
    sum = (sum ^ int.from_bytes(rest[at:at + 8], 'little')) * 0x9e3779b97f4a7c15 % 2**64
    sum ^= sum >> 29
struct.pack_into('<Q', file, 8, sum)
open(sys.argv[2], 'wb').write(file)
END
}

# The ground of the others: it is a good forgery, and who is allowed to write there is obeyed.
@test "filter cache 0: a forged file that looks like one of root's would be believed" {
  attack() {
    strict_container
    forge
    cat "$TMP/forged" >"$KEPT"
    mounts
  }
  attempt r '' || { cat "$BATS_TEST_TMPDIR/r.log"; return 1; }
  check_clean
}

@test "filter cache 1: a forged file in a directory of somebody else" {
  attack() {
    strict_container
    forge
    cat "$TMP/forged" >"$KEPT"
    chown 1000:1000 "$TMP/cache" "$KEPT"
    mounts
  }
  held cache_checked
}

@test "filter cache 2: a forged file of somebody else in root's directory" {
  attack() {
    strict_container
    forge
    cat "$TMP/forged" >"$KEPT"
    chown 1000:1000 "$KEPT"
    mounts
  }
  held cache_checked
}

@test "filter cache 3: a forged file of root's, moved into a directory that others may write" {
  attack() {
    strict_container
    forge
    chmod 0777 "$TMP/cache"
    mv "$TMP/forged" "$KEPT"
    mounts
  }
  held cache_checked
}

@test "filter cache 4: a file that others may write" {
  attack() {
    strict_container
    forge
    chmod 0666 "$KEPT"
    chmod 0711 "$TMP/cache"
    open_path
    setpriv --reuid 1000 --regid 1000 --clear-groups dd if=/dev/stdin of="$KEPT" conv=notrunc <"$TMP/forged"
    cmp "$TMP/forged" "$KEPT" || { echo "not set up"; return 1; }
    mounts
  }
  held cache_checked
}

@test "filter cache 5: the filter of another profile under the name of this one" {
  attack() {
    strict_container
    cat "$TMP/open" >"$KEPT"
    mounts
  }
  held cache_checked
}

@test "filter cache 6: a file that was damaged" {
  attack() {
    strict_container
    forge
    dd if=/dev/zero of="$TMP/forged" bs=1 seek=8 count=8 conv=notrunc status=none
    cat "$TMP/forged" >"$KEPT"
    mounts
  }
  held cache_checked
}
