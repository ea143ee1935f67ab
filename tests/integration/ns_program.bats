#!/usr/bin/env bats
# husk ns run and enter: the program that they run, where it begins, and what it is given.
# Legs: short long enosys
# shellcheck disable=SC2154,SC2016 # ($output and $stderr are set by run; the scripts are for inside)
load helpers
load containers
load ns

setup_file() { is_husk || skip "husk's own"; }

@test "the shell is the caller's, or /bin/sh where that is not there" {
  launch
  cp /bin/dash "$TMP/own-shell"
  SHELL=$TMP/own-shell run --separate-stderr "$RUNTIME" ns run --uts <<<'readlink /proc/$$/exe'
  says "$TMP/own-shell"
  SHELL=$TMP/own-shell run --separate-stderr "$RUNTIME" --root "$ROOT" ns enter "$ID" <<<'echo $0; readlink /proc/self/ns/mnt'
  says "/bin/sh
$(readlink "/proc/$(pid_of)/ns/mnt")"
  SHELL=/nowhere/sh run --separate-stderr "$RUNTIME" ns run --uts <<<'echo $0'
  says /bin/sh
  # What is asked for by name is not exchanged.
  run --separate-stderr "$RUNTIME" --root "$ROOT" ns enter "$ID" -- "$TMP/own-shell" </dev/null
  refused 'no such file'
}

@test "a link of the other side does not lead out of it to the shell" {
  launch
  cp /bin/dash "$TMP/own-shell"
  ln -s "$TMP/own-shell" "$ROOTFS/link-shell"
  SHELL=/link-shell run --separate-stderr "$RUNTIME" --root "$ROOT" ns enter "$ID" <<<'echo $0'
  says /bin/sh
}

@test "--wd: where the program begins" {
  launch
  new --uts --wd /usr/bin -- pwd
  says /usr/bin
  new --pid --mount --wd /proc -- sh -c 'pwd; exec readlink self'
  says $'/proc\n1'
  run --separate-stderr "$RUNTIME" --root "$ROOT" ns enter "$ID" --wd /etc -- sh -c 'pwd' </dev/null
  says /etc
  mkdir "$TMP/below"
  new --pid --mount --wd below -- pwd
  says "$TMP/below"
  new --uts --wd below -- pwd
  says "$TMP/below"
  new --uts --wd /nowhere -- true
  refused '/nowhere.*no such file'
}

@test "--preserve-fds: descriptors that are kept, and no others" {
  echo three >"$TMP/three"
  echo four >"$TMP/four"
  # shellcheck disable=SC2094
  run --separate-stderr bash -c '"$1" ns run --uts --preserve-fds 1 -- sh -c "cat <&3; [ ! -e /proc/self/fd/4 ]" 3<"$2" 4<"$3"' \
    - "$RUNTIME" "$TMP/three" "$TMP/four"
  says three
  run --separate-stderr bash -c '"$1" ns enter $$ --preserve-fds 2 -- sh -c "cat <&3; cat <&4" 3<"$2" 4<"$3"' \
    - "$RUNTIME" "$TMP/three" "$TMP/four"
  says $'three\nfour'
  run --separate-stderr bash -c '"$1" ns run --uts --preserve-fds 1 -- true 3<&-' - "$RUNTIME"
  refused 'descriptor 3 .* not open'
  new --uts --preserve-fds -1 -- true
  refused 'must not be negative'
}

@test "the environment is the caller's, and with --clear-env three of its variables" {
  launch
  SECRET=word run --separate-stderr "$RUNTIME" --root "$ROOT" ns enter "$ID" -- sh -c 'echo "$SECRET"' </dev/null
  says word
  SECRET=word TERM=dumb run --separate-stderr "$RUNTIME" --root "$ROOT" ns enter "$ID" --clear-env -- env </dev/null
  ok
  same "$(cut -d= -f1 <<<"$output" | grep -v '^\(PWD\|SHLVL\|_\)$' | sort | tr '\n' ' ')" 'HOME PATH TERM '
  SECRET=word run --separate-stderr "$RUNTIME" ns run --uts --clear-env -- env </dev/null
  lacks SECRET
}

@test "--map-auto: the caller, and all ids that are his" {
  printf '%s\n' root:x:0:0::/root:/bin/sh "$TOKEN-user:x:4242:4343::/:/bin/sh" >"$TMP/passwd"
  printf '%s\n' "$TOKEN-user:100000:65536" "4242:300000:10" >"$TMP/ranges"
  own_mount --bind "$TMP/passwd" /etc/passwd
  own_mount --bind "$TMP/ranges" /etc/subuid
  own_mount --bind "$TMP/ranges" /etc/subgid
  run --separate-stderr as_user ns run --user --map-auto -- awk '{ print $1, $2, $3 }' /proc/self/uid_map /proc/self/gid_map
  says '0 4242 1
1 100000 65536
65537 300000 10
0 4343 1
1 100000 65536
65537 300000 10'
  printf '%s\n' root:1:1 >"$TMP/ranges"
  run --separate-stderr as_user ns run --user --map-auto -- true
  refused 'no more ids for the caller than his own \(.*/etc/subuid'
}

@test "what belongs to a kind that is not new is refused, and so is what is empty" {
  new --user --propagation private -- true
  refused '--propagation needs a new mnt namespace'
  new --uts --hostname '' -- true
  refused '--hostname: an empty name is none'
  new --mount --propagation '' -- true
  refused 'invalid --propagation'
  new --time --monotonic '' -- true
  refused 'invalid --monotonic'
  new --net --map-auto -- true
  refused 'a map of ids needs a new user namespace'
  new --user --map-auto --uid-map 0:0:1 -- true
  refused '--map-auto contradicts'
}

@test "why the kernel would refuse it is said" {
  new --user --uid-map 0:4294967295 -- true
  refused 'the map of user ids: 0:4294967295:1 goes beyond 4294967294'
  new --user --uid-map 0:0:1 --gid-map 0:0:10 --gid-map 5:100:1 -- true
  refused 'the map of group ids: 0:0:10 and 5:100:1 overlap'
  new --user --uid-map 0:5:10 --uid-map 20:14:1 -- true
  refused 'the map of user ids: 0:5:10 and 20:14:1 overlap'
  new --uts --hostname "$(printf 'x%.0s' {1..65})" -- true
  refused 'a hostname has 64 bytes at most'
  new --time --monotonic 9223372036 -- true
  refused 'no clock may be before its beginning'
  # and the ends of what it takes
  new --user --uid-map 0:4294967294 --gid-map 0:0:1 -- awk '{ print $2 }' /proc/self/uid_map
  says 4294967294
  new --uts --hostname "$(printf 'x%.0s' {1..64})" -- hostname
  says "$(printf 'x%.0s' {1..64})"
}
