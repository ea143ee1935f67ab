# The part of run.sh that makes a guest of tests/vm run tests: which, and how they get there. Sourced by run.sh.
# shellcheck shell=bash disable=SC2154 # ($here, $top ... are run.sh's)

# FILE REGEX of each leg: those that need what only the guest has (all controllers, systemd, a login of a user), and of
# the others what most depends on the kernel. Everything takes ten times longer there: name no test that shows nothing new.
guest_choice() { # LEG
  case $1 in
    guest)
      cat <<'END'
guest_limits .
limits_bite .
events --stats: (processes|pressure)
pause KILL ends
exec_cgroup v2: where|cgroup below$
cgroup_owner makes cgroups|delete takes
guest_apparmor .
devices_v2 only reading|all allowed but one
update devices: one more
END
      ;;
    guest-systemd) echo 'systemd .' ;;
    guest-selinux) echo 'guest_selinux .' ;;
    guest-user) printf '%s\n' 'guest_user .' 'guest_user_systemd .' ;;
    guest-v1)
      cat <<'END'
guest_systemd_v1 .
limits_bite fork bomb|^freezer
cgroup removed with what
END
      ;;
  esac
}

# choose_tests DIR LEG...: writes DIR/list, a line "NUMBER LEG FILE FUNCTION NAME" (tabs) for each test, and the files as
# guest.sh reads them: each test a function. Numbers have the same length: tests are known by them, and the name of none may
# begin another's. FILTER and the files that were named on the command line count here as they do for the other legs.
choose_tests() {
  local dir=$1 leg file regex number=100 function name
  shift
  : >"$dir/list"
  for leg in "$@"; do
    while read -r file regex; do
      function=0
      while IFS= read -r name; do
        function=$((function + 1))
        [[ $name =~ $regex && $name =~ ${FILTER:-} ]] || continue
        printf '%s\t%s\t%s\ttest_%s\t%s\n' "$number" "$leg" "$file" "$function" "$name" >>"$dir/list"
        number=$((number + 1))
      done < <(sed -n 's/^@test "\([^"]*\)" {.*/\1/p' "$here/$file.bats")
      awk '/^@test "[^"]*" \{/ { sub(/^@test "[^"]*" \{/, "test_" ++n "() {") } { print }' "$here/$file.bats" >"$dir/$file"
    done < <(if [ "$asked" = 0 ]; then guest_choice "$leg"; else named_files; fi)
  done
}
named_files() {
  local file
  for file in "${files[@]}"; do echo "$(basename "$file" .bats) ."; done
}

# The guest gets one archive: reading many small files by way of a share takes long. So does copying a file system of four
# hundred links for each test: of busybox' programs those are left out that no test names.
pack_for_guest() { # DIR (with the chosen tests)
  local unused
  cp "$here/guest.sh" "$1/"
  mapfile -t unused < <(LC_ALL=C comm -23 <(cd "$BUSYBOX_ROOTFS/bin" && printf '%s\n' * | LC_ALL=C sort) \
    <({ printf '%s\n' '[' '[['; grep -ohE '[a-zA-Z0-9_]+' "$here"/*.bats "$here"/*.bash; } | LC_ALL=C sort -u))
  (cd "$here" && cp -- *.bash config.json "$1/")
  tar -cf "$1/tests.tar" -C "$1" --transform 's|^\.|tests|' --exclude=./tests.tar --anchored . \
    -C "$(dirname "$BUSYBOX_ROOTFS")" --transform "s|^${BUSYBOX_ROOTFS##*/}|busybox|" \
    "${unused[@]/#/--exclude=${BUSYBOX_ROOTFS##*/}/bin/}" "${BUSYBOX_ROOTFS##*/}" \
    -C "$HELPERS" --transform 's|^\(forge\|orphans\|sockets\)$|helpers/&|' forge orphans sockets \
    -C "$(dirname "$RUNTIME")" --transform "s|^${RUNTIME##*/}\$|runtime/&|" "${RUNTIME##*/}"
}

# run_guest LEG...: in one guest, which is one with v1, one with SELinux, or the usual one.
run_guest() {
  local options=() dir
  [ "$1" != guest-v1 ] || options=(--cgroup v1)
  [ "$1" != guest-selinux ] || options=(--kernel security=selinux)
  dir=$(mktemp -d "$logs/guest.XXXXXX")
  chmod 755 "$dir" # the user reads there, too
  choose_tests "$dir" "$@"
  [ -s "$dir/list" ] || { echo "no test of that name"; return 0; }
  pack_for_guest "$dir"
  "$top/tests/vm/vm" run --timeout 900 "${options[@]}" --share "$dir:/mnt/tests:ro" -- bash /mnt/tests/guest.sh
}
