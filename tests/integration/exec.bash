# For tests of exec: a container that runs, and processes added to it.
# shellcheck shell=bash disable=SC2154,SC2034
# (set by helpers.bash and bats' run; read by its checks)

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

# add [OPTION... --] WORD...: runs one more program in $ID; sets $status, $output, $stderr.
add() {
  local options=()
  if [[ " $* " == *' -- '* ]]; then
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
  fi
  ask exec "${options[@]}" "$ID" "$@"
}
sh_in() { add "${@:1:$#-1}" ${2:+--} sh -c "${!#}"; } # [OPTION...] SCRIPT

# add_detached [OPTION...] -- WORD...: the same with --detach; what the program writes goes to $TMP/out.
add_detached() {
  local options=()
  while [ "$1" != -- ]; do options+=("$1") && shift; done
  shift
  status=0
  runtime exec -d --pid-file "$TMP/pid" "${options[@]}" "$ID" "$@" </dev/null >"$TMP/out" 2>"$TMP/err" || status=$?
  output=$(<"$TMP/out") stderr=$(<"$TMP/err")
}

fails() { # REGEX: exec itself failed (the log's \" is a ")
  [ "$status" -eq 255 ] && [[ ${stderr//\\\"/\"} =~ $1 ]] || { echo "expected failure of exec: $1"; show; return 1; }
}

process() { # JQ-FILTER: $TMP/process.json, made from the container's own process
  jq ".process | .args = [\"/bin/true\"] | $1" <"$BUNDLE/config.json" >"$TMP/process.json"
}
shell_process() { # SCRIPT [JQ-FILTER]
  jq --arg text "$1" ".process | .args = [\"/bin/sh\", \"-c\", \$text] | ${2:-.}" \
    <"$BUNDLE/config.json" >"$TMP/process.json"
}

has_line() { grep -qxF -- "$1" "$2"; } # LINE FILE
field() { sed -n "s/^$1:[[:space:]]*//p" <<<"$output"; } # NAME: in the output of a /proc/PID/status

listener() { # receive PATH FILE: the other end of one of the runtime's sockets; its pid is $LISTENER
  "$HELPERS/sockets" "$@" </dev/null >/dev/null 2>&1 3>&- &
  LISTENER=$!
  BACKGROUND+=("$LISTENER")
  wait_until [ -e "$3" ]
}
