# What every file of tests/attacks loads. A test is one row of the table:
#
#   @test "CVE-2021-30465: a mount destination swapped for a link while it is mounted on" {
#     attack() { ... }               # prepares a bundle, runs husk, and succeeds if harm was done
#     held mount_points_in_root      # the weakness (or more, with commas) without which it succeeds
#   }
#
# `held` runs the attack twice, each time in a directory of its own: against the husk that is to be tested, where it must
# fail, and against the weak build with HUSK_WEAKEN set to the weakness, where it must succeed. An attack that nothing
# weakens would succeed shows nothing. Both runs write the same row into $TABLE, from which run.sh makes its table.
#
# RUNTIME       the husk to be tested            WEAK_RUNTIME  the weak build; empty: the second run is left out
# TABLE         the file for the rows
#
# In an attack there is all of tests/integration/helpers.bash ($TMP, $BUNDLE, $ROOTFS, $ID, husk, config, bind ...), and
# the functions below. What it writes to standard output is shown when the row fails.
# shellcheck shell=bash disable=SC2154,SC2034
# ($status, $output and $stderr are set by bats' run.)
load ../integration/helpers

setup() { :; }    # each run has its own: see `attempt`
teardown() { :; }

# ------------------------------------------------------------------------------------------------ the two runs

# held WEAKNESS[,WEAKNESS]: see above.
held() {
  local real weak=left-out held=held shown=yes
  attempt r '' && real=harm || real=none
  [ $real = none ] || held='NOT HELD'
  if [ -n "${WEAK_RUNTIME:-}" ]; then
    attempt w "$1" && weak=harm || weak=none
    [ $weak = harm ] || shown=NO
  else
    shown='-'
  fi
  row "$1" "$held" "$shown"
  [ $real = none ] || { cat "$BATS_TEST_TMPDIR/r.log"; echo "NOT HELD: the attack succeeds"; return 1; }
  [ $weak != none ] || { cat "$BATS_TEST_TMPDIR/w.log"; echo "not shown: it fails without $1, too"; return 1; }
  check_clean
}

not_applicable() { # WHY
  row '-' "not applicable ($1)" '-'
}

row() { # WEAKNESS HELD SHOWN
  printf '%s|%s|%s|%s|%s\n' "${BATS_TEST_DESCRIPTION%%: *}" "${BATS_TEST_DESCRIPTION#*: }" "$1" "$2" "$3" >>"$TABLE"
}

# attempt SUFFIX WEAKNESS: one run of `attack`; its status is that of the attack. In a subshell without -e: a command
# that fails is mostly just what an attack's failure looks like.
attempt() {
  local result=0
  TOKEN=hk$$n$BATS_TEST_NUMBER$1
  ID=$TOKEN-a
  TMP=$BATS_TEST_TMPDIR/$TOKEN
  ROOT=$TMP/state
  mkdir -p "$ROOT"
  (
    set +eET
    trap - ERR DEBUG RETURN
    cd "$TMP" || exit 1
    HOSTILE=()
    WEAKENED=$2
    if [ -n "$2" ]; then
      RUNTIME=$WEAK_RUNTIME
      export HUSK_WEAKEN=$2
    fi
    attack
    result=$?
    end_hostile
    if [ ${#PINNED[@]} -gt 0 ]; then unpin_namespaces; fi
    for path in "${OWN_MOUNTS[@]}"; do umount -l "$path"; done
    exit $result
  ) >"$BATS_TEST_TMPDIR/$1.log" 2>&1 3>&- || result=$?
  # What the weak husk leaves behind is no defect of husk's, but nobody else's business either.
  [ -z "$2" ] || clean_up
  return $result
}

check_clean() { # after the run against husk itself
  TOKEN=hk$$n${BATS_TEST_NUMBER}r TMP=$BATS_TEST_TMPDIR/$TOKEN ROOT=$TMP/state PINNED=() OWN_MOUNTS=()
  check_nothing_left
}

clean_up() {
  local one
  for one in "$ROOT"/*/; do
    [ ! -e "$one/state.json" ] || "$WEAK_RUNTIME" --root "$ROOT" delete --force "$(basename "$one")"
  done >/dev/null 2>&1 3>&-
  while read -r _ _ _ _ one _; do umount -l "$one"; done < <(grep -F "$TOKEN" /proc/self/mountinfo) 2>/dev/null
  remove_cgroups "$TOKEN"
}

# ------------------------------------------------------------------------------------------------ for attacks

# The same as in the integration tests, whose config.json this is.
new_bundle() { # DIR
  BUNDLE=$1
  ROOTFS=$BUNDLE/rootfs
  mkdir -p "$BUNDLE"
  cp "$BATS_TEST_DIRNAME/../integration/config.json" "$BUNDLE/config.json"
}

weak() { [ -n "$WEAKENED" ]; } # is this the run against the weak build?

# A process beside husk that does harm where it can. It is ended with the attack.
hostile() { # COMMAND...
  "$@" </dev/null 3>&- &
  HOSTILE+=($!)
}

end_hostile() {
  [ ${#HOSTILE[@]} -gt 0 ] || return 0
  kill -9 "${HOSTILE[@]}" 2>/dev/null
  wait "${HOSTILE[@]}" 2>/dev/null
  HOSTILE=()
}

# For a race: COMMAND again and again until it succeeds. Against husk itself a fixed number of rounds; against the weak
# build until harm is done, but not for ever.
ROUNDS=${ROUNDS:-40}
race() { # COMMAND...
  local round most=$ROUNDS until=$((SECONDS + 30))
  if weak; then most=1000; fi
  for ((round = 1; round <= most && SECONDS < until; round++)); do
    if "$@"; then
      echo "harm in round $round"
      return 0
    fi
  done
  echo "no harm in $((round - 1)) rounds"
  return 1
}

# victim: a directory of the host with a file, of whom nobody in a container should know.
victim() {
  VICTIM=$TMP/victim
  mkdir -p "$VICTIM"
  echo secret >"$VICTIM/file"
}

touched() { # is anything but the file in the victim?
  [ "$(ls -A "$VICTIM")" != file ] || [ "$(<"$VICTIM/file")" != secret ]
}
