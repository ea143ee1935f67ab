# For the tests of `husk ns`: programs in namespaces, as root and as an ordinary user.
# shellcheck shell=bash disable=SC2154 # (set by helpers.bash)

new() { run --separate-stderr husk ns run "$@" </dev/null; } # OPTION... -- PROGRAM...
enter() { run --separate-stderr husk ns enter "$@" </dev/null; }

as_user() { # ARG...: husk, as a user with nothing but a uid
  open_path
  setpriv --reuid 4242 --regid 4343 --clear-groups --inh-caps=-all \
    "$HELPERS/orphans" "$TMP/orphans" "$RUNTIME" "$@" </dev/null 3>&-
}

ids() { # PID: its namespaces, a line each
  local kind
  for kind in user pid mnt net uts ipc cgroup time; do echo "$kind $(readlink "/proc/$1/ns/$kind")"; done
}
id_of() { local link; link=$(readlink "/proc/$1/ns/$2"); echo "${link//[^0-9]/}"; } # PID KIND

# A process that sleeps in new namespaces of all kinds; sets TARGET to its pid.
make_target() { # [UNSHARE-OPTION...]
  [ $# -gt 0 ] || set -- --user --map-root-user --pid --mount-proc --uts --ipc --net --cgroup --time
  mkfifo "$TMP/there"
  unshare "$@" --fork --kill-child sh -c "hostname inside-$TOKEN 2>/dev/null; echo >'$TMP/there'; exec sleep 1000" \
    </dev/null >/dev/null 2>&1 3>&- &
  PINNED+=($!)
  read -r _ <"$TMP/there"
  TARGET=$(<"/proc/$!/task/$!/children")
  TARGET=${TARGET% }
}

# The lines that --show has written about a process, and from its block the id of a kind.
blocks() { grep "^$1 " <<<"$stderr"; } # parent|child|init
shown() { # WHO STEP KIND: the id in the block of that step, with its star
  awk -v who="$1" -v step="$2" -v kind="$3" '
    /^[a-z]/ { here = $1 == who && index($0, who) && index($0, " " step ":") }
    here && /^ / { for (i = 1; i < NF; i++) if ($i == kind) { print $(i + 1); exit } }' <<<"$stderr"
}
