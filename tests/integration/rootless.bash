# For tests that run as an ordinary user of the machine, who has no privilege: a bundle of his, the runtime as he starts it,
# and ranges of ids that are his in /etc/subuid and /etc/subgid. These files, and /etc/passwd, are others only in the
# mount namespace of the tests. To be loaded after containers.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016
# (set by helpers.bash and bats' run; read by its checks)

readonly USER_ID=47111

setup() { rootless_bundle; }
teardown() {
  if [ ${#BESIDE[@]} -gt 0 ]; then
    kill "${BESIDE[@]}" 2>/dev/null
    wait "${BESIDE[@]}" 2>/dev/null
  fi
  delete_all
}

rootless_bundle() {
  prepare
  bundle_busybox
  config --argjson id "$USER_ID" '.process.args = ["/bin/sleep", "1000"]
    | .linux.namespaces += [{type: "user"}]
    | .linux.uidMappings = [{containerID: 0, hostID: $id, size: 1}] | .linux.gidMappings = .linux.uidMappings
    | (.mounts[] | select(.type == "devpts") | .options) -= ["gid=5"]
    | del(.linux.resources)'
  chown -R -h "$USER_ID:$USER_ID" "$TMP"
  chmod 755 "$ROOT"
  cp "$RUNTIME" "$TMP/${RUNTIME##*/}" # where the user may go
  open_path
}

# The user as himself, with the groups of an ordinary login: his own.
as_user() {
  setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all --ambient-caps=-all "$@"
}
runtime() { as_user "$TMP/${RUNTIME##*/}" --root "$ROOT" "$@" 3>&-; }
husk() {
  "$HELPERS/orphans" "$TMP/orphans" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all \
    "$TMP/${RUNTIME##*/}" --root "$ROOT" "$@" 3>&-
}

beside() { # COMMAND...: as the user, ended after the test
  (exec setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups "$@") </dev/null >/dev/null 2>&1 3>&- &
  BESIDE+=($!)
}

# on_terminal WORDS: the runtime on a terminal of its own; sets $status, and $output without carriage returns. Nothing is
# typed. (Not an end of file: script would type ^D.)
on_terminal() {
  [ -p "$TMP/typed" ] || mkfifo "$TMP/typed"
  status=0
  as_user script -q -e -f -c "'$TMP/${RUNTIME##*/}' --root '$ROOT' $1" /dev/null 4<>"$TMP/typed" <&4 >"$TMP/screen" 2>&1 3>&- || status=$?
  output=$(tr -d '\r' <"$TMP/screen") stderr=''
}

# ranges TEXT: the user's lines in /etc/subuid and /etc/subgid, and a name for him.
ranges() {
  printf '%s\n' root:x:0:0::/root:/bin/sh "$TOKEN-user:x:$USER_ID:$USER_ID::/:/bin/sh" >"$TMP/passwd"
  printf '%b\n' "$1" >"$TMP/ranges"
  own_mount --bind "$TMP/passwd" /etc/passwd
  own_mount --bind "$TMP/ranges" /etc/subuid
  own_mount --bind "$TMP/ranges" /etc/subgid
}

# maps "CONTAINER HOST SIZE"...: both maps. "me" is the user himself.
maps() {
  local line list=''
  for line; do
    # shellcheck disable=SC2086 # three words
    set -- ${line/me/$USER_ID}
    list+="${list:+,}{\"containerID\": $1, \"hostID\": $2, \"size\": $3}"
  done
  config --argjson list "[$list]" '.linux.uidMappings = $list | .linux.gidMappings = $list'
}
give() { chown -R -h "$1" "$ROOTFS"; } # OWNER: the root file system
