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

# The lines for `plan`. FILTER and the files that were named on the command line count here as they do for the other legs.
guest_wanted() { # LEG...
  local leg name
  for leg; do
    # The tests ask whether it begins so.
    if [ "$leg" = guest-v1 ]; then name=$leg; else name=v2$leg; fi
    if [ "$asked" = 0 ]; then guest_choice "$leg"; else named_files; fi | sed "s/^/$name /"
  done
}
named_files() {
  local file
  for file in "${files[@]}"; do basename "$file" .bats; done
}

# The guest gets one archive: reading many small files by way of a share takes long.
pack_for_guest() { # DIR (with the chosen tests)
  cp "$here/guest.sh" "$1/"
  cp -r "$top/tests/runner" "$1/"
  (cd "$here" && cp -- *.bash config.json "$1/")
  tar -cf "$1/tests.tar" -C "$1" --transform 's|^\.|tests|' --exclude=./tests.tar --anchored . \
    -C "$logs" busybox \
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
  guest_wanted "$@" | plan "$dir" "$here" || return
  pack_for_guest "$dir"
  "$top/tests/vm/vm" run --timeout 900 "${options[@]}" --share "$dir:/mnt/tests:ro" -- bash /mnt/tests/guest.sh
}

# Puts the legs into `guests`, a word for each guest with its legs ("guest+guest-user"), and `machine`. One guest serves all
# legs of cgroup v2.
sort_legs() {
  local leg joined=''
  for leg in "${legs[@]}"; do
    case $leg in
      guest-v1 | guest-selinux) guests+=("$leg") ;;
      guest*) joined+=${joined:++}$leg ;;
      *) machine+=("$leg") ;;
    esac
  done
  [ -z "$joined" ] || guests=("$joined" "${guests[@]}")
}

# As many guests at once as there are processors; the output of each is shown in one piece, the first one's as it comes.
run_guests() {
  local failed=() at_once=${JOBS:-$(nproc)} batch pids leg i
  while [ ${#guests[@]} -gt 0 ]; do
    batch=("${guests[@]:0:at_once}") pids=()
    guests=("${guests[@]:at_once}")
    for leg in "${batch[@]:1}"; do
      # shellcheck disable=SC2086 # several legs in one guest
      run_guest ${leg//+/ } </dev/null >"$logs/$leg" 2>&1 &
      pids+=($!)
    done
    echo "== integration, ${batch[0]}"
    # shellcheck disable=SC2086
    run_guest ${batch[0]//+/ } </dev/null || failed+=("${batch[0]}")
    for i in "${!pids[@]}"; do
      leg=${batch[i + 1]}
      wait "${pids[i]}" || failed+=("$leg")
      echo "== integration, $leg"
      cat "$logs/$leg"
    done
  done
  [ ${#failed[@]} -eq 0 ] || { echo "integration: failed in: ${failed[*]}" && return 1; }
}
