# For tests in which a container outlives the command that made it. (The husk of helpers.bash ends what a command leaves.)
# shellcheck shell=bash disable=SC2154,SC2034
# ($ID ... come from helpers.bash, $status ... are read by its checks.)

teardown() {
  if [ ${#BACKGROUND[@]} -gt 0 ]; then
    kill -9 "${BACKGROUND[@]}" 2>/dev/null
    wait "${BACKGROUND[@]}" 2>/dev/null
  fi
  local found=0
  runtime delete --force "$ID" || found=1
  check_nothing_left || found=1
  return "$found"
}

# In place of that in helpers.bash: the dead that process 1 has not waited for yet are not the runtime's.
left_processes() {
  local try file
  for ((try = 0; try < 10; try++)); do
    LEFT=()
    while read -r file; do
      grep -qs '^State:[[:space:]]*[A-WY]' "${file%/*}/status" && LEFT+=("$file")
    done < <(grep -lsF "$TOKEN" /proc/[0-9]*/cgroup /proc/[0-9]*/cmdline)
    [ ${#LEFT[@]} -gt 0 ] || return 0
    sleep 0.05
  done
  for file in "${LEFT[@]}"; do printf '%s %s\n' "$file" "$(tr '\0' ' ' <"${file%/*}/cmdline" 2>/dev/null)"; done
}

runtime() { "$RUNTIME" --root "$ROOT" "$@" 3>&-; }

# What the container writes goes to $TMP/out: a pipe of bats would stay open as long as the container.
attempt() { # ARG...: the runtime; sets $status, $output (of the container, until now), $stderr
  status=0
  runtime "$@" </dev/null >"$TMP/out" 2>"$TMP/err" || status=$?
  output=$(<"$TMP/out") stderr=$(<"$TMP/err")
}

create() { # [OPTION...]
  attempt create -b "$BUNDLE" --pid-file "$TMP/pid" "$@" "$ID"
}

go() { # starts it
  status=0
  runtime start "$ID" </dev/null >/dev/null 2>"$TMP/err" || status=$?
  output=$(<"$TMP/out") stderr=$(<"$TMP/err")
}

phase() { runtime state "$ID" | jq -r .status; }
is_phase() { [ "$(phase)" = "$1" ]; }
has_line() { grep -qxF -- "$1" "$2"; } # LINE FILE

in_background() { # COMMAND...: ended after the test; its pid is $!
  "$@" </dev/null >/dev/null 2>&1 3>&- &
  BACKGROUND+=($!)
}

listener() { # manager|receive ADDRESS FILE [hold]: the other end of one of the runtime's sockets; its pid is $LISTENER
  in_background "$HELPERS/sockets" "$@"
  LISTENER=$!
  wait_until [ -e "$3" ]
}

still_runs() { grep -qs '^State:[[:space:]]*[A-WY]' "/proc/$1/status"; } # PID: and is no zombie
