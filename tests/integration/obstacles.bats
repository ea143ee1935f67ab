#!/usr/bin/env bats
# shellcheck disable=SC2154,SC2016 # (set by run; expanded inside)
# Legs: short
# A host that forbids user namespaces, or maps: the error says which switch it is. All of it is made in namespaces of the
# tests' own.
load helpers
load containers
load rootless

# Runs the bundle in a user namespace of the user's own in which SCRIPT has been run. He is root there.
below() { # SCRIPT
  maps '0 0 1'
  run --separate-stderr "$HELPERS/orphans" "$TMP/orphans" setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups \
    unshare -Ur sh -c "$1"'; exec "$@"' sh "$TMP/${RUNTIME##*/}" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&-
}
with_range() {
  ranges "$TOKEN-user:500000:1000"
  maps '0 me 1' '1 500000 1000'
}
over() { own_mount --bind "$1" "$2"; } # FILE FILE

@test "what follows works where nothing forbids it" {
  config '.process.args = ["/bin/echo", "works"]'
  below :
  says works
  with_range
  start
  says works
}

@test "user.max_user_namespaces is 0" {
  below 'echo 0 >/proc/sys/user/max_user_namespaces'
  refused 'turned off.*user.max_user_namespaces is 0 \(as root of the host: sysctl -w user.max_user_namespaces'
}

@test "user.max_user_namespaces is used up" {
  below 'echo 1 >/proc/sys/user/max_user_namespaces; unshare -U sleep 1000 & while ! readlink /proc/$!/ns/user | grep -vq "$(readlink /proc/self/ns/user)"; do :; done; holder=$!; "$@"; code=$?; kill $holder; wait; exit $code'
  refused 'as many as may be.*user.max_user_namespaces is 1 here'
}

@test "as many within each other as the kernel has" {
  maps '0 0 1'
  # shellcheck disable=SC2034 # expanded inside
  local deeper='n=$1; shift; if [ "$n" = 0 ]; then exec "$@"; fi; exec unshare -Ur sh -c "$0" "$0" $((n - 1)) "$@"'
  run --separate-stderr as_user sh -c "$deeper" "$deeper" 33 "$TMP/${RUNTIME##*/}" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&-
  refused '32 within each other'
}

@test "another kind is turned off: its name" {
  below 'echo 0 >/proc/sys/user/max_net_namespaces'
  refused 'user.max_net_namespaces is 0'
}

@test "in a chroot" {
  local jail=$TMP/jail
  mkdir -p "$jail/proc" "$jail/state"
  chown "$USER_ID" "$jail/state"
  cp "$RUNTIME" "$jail/husk"
  cp -a "$BUNDLE" "$jail/bundle"
  own_mount --rbind /proc "$jail/proc"
  ldd "$RUNTIME" >/dev/null 2>&1 && for library in $(ldd "$RUNTIME" | grep -o '/[^ ]*'); do install -D "$library" "$jail$library"; done
  run --separate-stderr chroot --userspec="$USER_ID:$USER_ID" --groups= "$jail" /husk --root /state run -b /bundle "$ID" </dev/null 3>&-
  refused 'user namespace: not for a process in a chroot'
}

@test "the caller is not mapped where husk runs" {
  run --separate-stderr as_user unshare -U "$TMP/${RUNTIME##*/}" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&-
  refused
}

@test "an id that is not mapped where husk runs" {
  config --argjson id "$USER_ID" '.linux.uidMappings = [{containerID: 0, hostID: $id, size: 1}] | .linux.gidMappings = .linux.uidMappings'
  run --separate-stderr as_user unshare -Ur "$TMP/${RUNTIME##*/}" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&-
  refused "/linux/gidMappings: ids $USER_ID to $USER_ID are not all mapped in the user namespace that husk runs in"
}

@test "newuidmap is not there" {
  with_range
  mkdir "$TMP/upper" "$TMP/work"
  mknod "$TMP/upper/newuidmap" c 0 0 # a whiteout
  own_mount -t overlay -o "lowerdir=/usr/bin,upperdir=$TMP/upper,workdir=$TMP/work" overlay /usr/bin
  start
  refused '/usr/bin/newuidmap is not there.*apt-get install uidmap'
}

@test "newuidmap is on a file system without set-user-id" {
  with_range
  over /usr/bin/newuidmap /usr/bin/newuidmap
  mount -o remount,bind,nosuid /usr/bin/newuidmap
  start
  refused 'newuidmap has no privilege, as it is on a file system that is mounted nosuid'
}

@test "newgidmap is not set-user-id" {
  with_range
  cp --preserve=mode /usr/bin/newgidmap "$TMP/newgidmap"
  chmod u-s "$TMP/newgidmap"
  over "$TMP/newgidmap" /usr/bin/newgidmap
  start
  refused '/usr/bin/newgidmap is neither set-user-id root nor.*chmod u\+s'
}

@test "no_new_privs is set for husk" {
  with_range
  run --separate-stderr as_user setpriv --no-new-privs "$TMP/${RUNTIME##*/}" --root "$ROOT" run -b "$BUNDLE" "$ID" </dev/null 3>&-
  refused 'newuidmap has no privilege, as no_new_privs is set'
}

@test "no range in /etc/subuid" {
  ranges "somebody:500000:1000"
  maps '0 me 1' '1 500000 1000'
  start
  refused "/etc/subuid has no range for user $TOKEN-user.*usermod --add-subuids"
}

@test "ids of somebody else: those that are free are named" {
  ranges "somebody:500000:1000\nanother:100000:65536"
  maps '0 me 1' '1 500000 1000'
  start
  refused "/etc/subuid has no range for user $TOKEN-user, and ids 500000 to 500999 are somebody else's there \(as root: usermod --add-subuids 501000-566535 $TOKEN-user; and map these"
  run --separate-stderr as_user "$TMP/${RUNTIME##*/}" ns run --user --uid-map "0:$USER_ID" --uid-map 1:100000:10 -- true </dev/null 3>&-
  refused "ids 100000 to 100009 are somebody else's there \(as root: usermod --add-subuids 501000-566535"
  run --separate-stderr as_user "$TMP/${RUNTIME##*/}" doctor </dev/null 3>&-
  [[ $output == *"usermod --add-subuids 501000-566535 $TOKEN-user"* ]] || { show; return 1; }
  [[ $output == *"usermod --add-subgids 501000-566535 $TOKEN-user"* ]] || { show; return 1; }
}

@test "an id that is not the caller's, and that nobody can be given" {
  ranges "somebody:500000:1000"
  maps '0 0 1'
  start
  refused "/etc/subuid has no range for user $TOKEN-user, and id 0 is not his own \(map his own uid, $USER_ID, in its place\)"
  run --separate-stderr as_user "$TMP/${RUNTIME##*/}" ns run --user --uid-map 0:0 -- true </dev/null 3>&-
  refused "id 0 is not his own \(map his own uid, $USER_ID"
  [[ $stderr != *usermod* ]] || { show; return 1; }
}

@test "no range in /etc/subgid" {
  ranges "$TOKEN-user:500000:1000"
  echo somebody:500000:1000 >"$TMP/groups"
  over "$TMP/groups" /etc/subgid
  maps '0 me 1' '1 500000 1000'
  start
  refused "/etc/subgid has no range for user $TOKEN-user.*usermod --add-subgids"
}

@test "a range that is too small" {
  with_range
  maps '0 me 1' '1 500000 1001'
  start
  refused 'ids 500000 to 501000 are not in one range of user .* in /etc/subuid.*500000:1000'
}

@test "the user has no name" {
  with_range
  echo root:x:0:0::/root:/bin/sh >"$TMP/nobody"
  over "$TMP/nobody" /etc/passwd
  start
  refused "user $USER_ID has no name in /etc/passwd"
}
