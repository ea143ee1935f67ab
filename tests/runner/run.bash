# Runs the tests of a plan, several at once, and says what became of each. Sourced; the caller may define
#
#   enter_leg LEG COMMAND...   runs the command as the leg wants it: in namespaces, with variables, as another user ...
#
# A unit is what one process runs, one test after the other: the tests of a file on one leg, and no more than $MOST of them.
# shellcheck shell=bash

runner_home=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
LIMIT=${LIMIT:-120} # seconds for a test
MOST=${MOST:-1000}
ALONE=${ALONE:-} # 1: no two units of one leg at once
declare -F enter_leg >/dev/null || enter_leg() { shift && "$@"; }

# run_plan DIR TESTS: all of DIR/list, which `plan` has written for the files of TESTS, $JOBS units at once (default: one for
# each processor). Fails unless every single test has said that it passed, or was skipped.
run_plan() {
  local dir=$1 tests=$2 began=$SECONDS jobs=${JOBS:-$(nproc)} here=$runner_home
  local -A name=() verdict=()             # of each test
  local units=() leg=() file=() numbers=() # of each unit
  local -A left=()                         # tests of a leg that have not begun
  local -A pid=() current=() group=() since=() told=() # of each unit that runs: its process; its test, that one's process
  local failures=() skipped=0 done=0 events half='' unit interrupted=''
  read_list
  export BATS_ROOT_PID=$BASHPID LEG
  mkdir "$dir/test"
  mkfifo "$dir/events"
  exec {events}<>"$dir/events"
  trap 'interrupted=1' INT TERM HUP
  set -m # each unit is a process group: nothing but us hears of Ctrl-C
  echo "1..${#name[@]}"
  while [ -z "$interrupted" ]; do
    while [ ${#pid[@]} -lt "$jobs" ] && next_unit; do begin_unit; done
    [ ${#pid[@]} -gt 0 ] || break
    one_event
    look_at_clock
  done
  set +m
  if [ -n "$interrupted" ]; then end_all; fi
  trap - INT TERM HUP
  exec {events}>&-
  conclude
}

# ------------------------------------------------------------------------------------------------ the units

# Units are taken from the front: the long ones come first, so that all processors are busy to the end.
read_list() {
  local number where what called key last='' size=0 count=()
  while IFS=$'\t' read -r number where what called key; do
    name[$number]="$where, $what: $key"
    if [ "$where/$what" != "$last" ] || [ $size = "$MOST" ]; then
      last=$where/$what size=0
      leg+=("$where") file+=("$what") numbers+=('') count+=(0)
    fi
    size=$((size + 1))
    numbers[-1]+=" $number:$called"
    count[-1]=$size
    left[$where]=$((${left[$where]:-0} + 1))
  done <"$dir/list"
  mapfile -t units < <(for unit in "${!leg[@]}"; do echo "${count[unit]} $unit"; done | sort -k1,1rn -k2,2n | cut -d ' ' -f 2)
}

next_unit() { # sets `unit` and takes it from `units`; fails if none may run now
  local i other best='' busy=' '
  if [ -n "$ALONE" ]; then for other in "${!pid[@]}"; do busy+="${leg[other]} "; done; fi
  for i in "${!units[@]}"; do # the first of the leg that is most behind
    other=${leg[units[i]]}
    [[ $busy != *" $other "* ]] || continue
    if [ -z "$best" ] || [ "${left[$other]}" -gt "${left[${leg[units[best]]}]}" ]; then best=$i; fi
  done
  [ -n "$best" ] || return 1
  unit=${units[best]}
  unset "units[$best]"
}

begin_unit() { # what the tests leave on disk is removed where none of their mounts can be seen
  local own list number paths=()
  read -ra list <<<"${numbers[unit]}"
  for number in "${list[@]%%:*}" "u$unit.file"; do paths+=("$dir/test/$number"); done
  LEG=${leg[unit]}
  {
    set +m
    # shellcheck disable=SC2154 # (a test's file, found by its number)
    enter_leg "$LEG" bash "$here/unit.bash" "$dir" "u$unit" "$tests/${file[unit]}.bats" "${list[@]}"
    own=$?
    [ -n "${KEEP:-}" ] || rm -rf --one-file-system "${paths[@]}"
    printf 'left u%s - %s\n' "$unit" "$own" >&"$events"
  } </dev/null >"$dir/u$unit.log" 2>&1 &
  pid[$unit]=$!
  since[$unit]=$SECONDS
}

# The same by bats, one unit after the other; for looking whether it comes to the same end.
with_bats() { # DIR TESTS
  local where file failed=0
  while IFS=$'\t' read -r where file; do
    echo "== $where, $file"
    LEG=$where enter_leg "$where" bats --timing ${FILTER:+--filter "$FILTER"} "$2/$file.bats" </dev/null || failed=1
  done < <(cut -f 2,3 "$1/list" | uniq)
  return $failed
}

# ------------------------------------------------------------------------------------------------ what they say

one_event() { # if one comes within a second. What has come of a line when time is up is kept: it is begun with next time.
  local line what number status time
  IFS= read -r -t 1 -u "$events" line || { [ $? -le 128 ] || half+=$line; return 0; }
  read -r what unit number status time <<<"$half$line"
  half='' unit=${unit#u}
  case $what in
    begin)
      current[$unit]=$number group[$unit]=$status since[$unit]=$SECONDS
      unset "told[$unit]"
      ;;
    end)
      left[${leg[unit]}]=$((${left[${leg[unit]}]} - 1))
      judge "$number" "$status" "$time"
      since[$unit]=$SECONDS
      unset "current[$unit]"
      ;;
    left) unit_left "its process ended with $status" ;;
  esac
}

unit_left() { # WHY: what has no verdict by now gets none
  local number
  for number in ${numbers[unit]}; do
    number=${number%%:*}
    [ -n "${verdict[$number]:-}" ] || result "$number" "not ok" 0 "never ended: $1" "$dir/u$unit.log"
  done
  unset "pid[$unit]" "current[$unit]" "group[$unit]" "told[$unit]"
}

judge() { # NUMBER STATUS TIME: only two words mean that a test is passed
  local word='' reason=''
  if [ -e "$dir/$1.verdict" ]; then
    read -r word reason <"$dir/$1.verdict"
  fi
  case $2:$word in
    0:ok) result "$1" ok "$3" ;;
    0:skip)
      skipped=$((skipped + 1))
      result "$1" ok "$3" "skip $reason"
      ;;
    *)
      [ -z "${told[$unit]:-}" ] || echo "no end after $LIMIT s" >>"$dir/$1.verdict"
      [ -n "$word" ] || echo "it ended with status $2, and without a word" >>"$dir/$1.verdict"
      result "$1" 'not ok' "$3" '' "$dir/$1.verdict" "$dir/$1.log"
      ;;
  esac
}

result() { # NUMBER ok|"not ok" TIME [REMARK [FILE...]]: the files are what it said
  local number=$1 word=$2 time=$3 remark=${4:-} source line
  shift $(($# > 4 ? 4 : $#))
  verdict[$number]=$word
  done=$((done + 1))
  [ ! -s "$dir/$number.said" ] || cat "$dir/$number.said"
  printf '%s %s %s in %sms%s\n' "$word" "$number" "${name[$number]}" "$time" "${remark:+ # $remark}"
  for source; do
    [ ! -s "$source" ] || sed 's/^/# /' "$source"
  done
  [ "$word" = ok ] || failures+=("$number ${name[$number]}")
}

# ------------------------------------------------------------------------------------------------ those that do not end

look_at_clock() { # a test out of time is asked to end, and ten seconds later it is killed, and then its unit
  local over
  for unit in "${!pid[@]}"; do
    over=$((SECONDS - since[$unit] - LIMIT))
    if [ $over -ge 20 ] || ! kill -0 "${pid[$unit]}" 2>/dev/null; then
      lose_unit $over
    elif [ -n "${current[$unit]:-}" ]; then
      if [ $over -ge 10 ]; then kill -KILL -- "-${group[$unit]}" 2>/dev/null; elif [ $over -ge 0 ] && [ -z "${told[$unit]:-}" ]; then
        told[$unit]=1
        kill -TERM -- "-${group[$unit]}" 2>/dev/null
      fi
    fi
  done
}

lose_unit() { # SECONDS-OVER: its process is gone, or does not end: what it has said before counts
  if [ "$1" -ge 20 ]; then
    kill -KILL -- "-${pid[$unit]}" ${group[$unit]:+"-${group[$unit]}"} 2>/dev/null
  fi
  local lost=$unit
  while [ -n "${pid[$lost]:-}" ] && read -r -t 0 -u "$events"; do one_event; done
  unit=$lost
  [ -z "${pid[$unit]:-}" ] || unit_left "the process that ran it is gone"
}

end_all() { # after Ctrl-C: each unit ends its test, which has its teardown
  echo "interrupted" >&2
  trap '' INT TERM HUP
  for unit in "${!pid[@]}"; do kill -TERM -- "-${pid[$unit]}" 2>/dev/null; done
  local until=$((SECONDS + 10))
  while [ ${#pid[@]} -gt 0 ] && [ $SECONDS -lt $until ]; do
    one_event
    for unit in "${!pid[@]}"; do kill -0 "${pid[$unit]}" 2>/dev/null || unset "pid[$unit]"; done
  done
  for unit in "${!pid[@]}"; do kill -KILL -- "-${pid[$unit]}" ${group[$unit]:+"-${group[$unit]}"} 2>/dev/null; done
}

conclude() {
  local number
  for number in "${!name[@]}"; do # (when interrupted)
    [ -n "${verdict[$number]:-}" ] || failures+=("$number ${name[$number]} (not run)")
  done
  printf '%s tests, %s failed, %s skipped, in %s s\n' "${#name[@]}" "${#failures[@]}" "$skipped" "$((SECONDS - began))"
  if [ ${#failures[@]} -gt 0 ]; then printf 'failed: %s\n' "${failures[@]}"; fi
  [ -z "$interrupted" ] || return 130
  [ ${#failures[@]} = 0 ] && [ $done = ${#name[@]} ]
}
