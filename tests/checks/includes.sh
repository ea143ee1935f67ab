#!/usr/bin/env bash
# includes.sh: the arrows. A file may include files of its own layer's folder and of layers below it, never above:
#
#   base < sys, json < spec, host < rooms/* < plan < start < store < life        (src/)
#   init (the program that becomes the container) takes what is below start; nobody takes anything from init
#   systemd (the program that speaks with systemd) takes the rooms and what is below; nobody takes anything from it
#   cli takes include/husk only; include/husk takes include/husk only; base, store and life may take include/husk
#   a room takes nothing from another room
set -euo pipefail
cd "$(dirname "$0")/../.."

layer_of() { # PATH (below src/): its layer's rank; the folders of one rank do not see each other
  case $1 in
    base/*) echo 0 ;;
    sys/* | json/*) echo 1 ;;
    spec/* | host/*) echo 2 ;;
    rooms/*) echo 3 ;;
    plan/*) echo 4 ;;
    start/*) echo 5 ;;
    store/*) echo 6 ;;
    life/*) echo 7 ;;
    init/*) echo init ;;
    systemd/*) echo systemd ;;
    husk/*) echo public ;;
    *) echo unknown ;;
  esac
}

folder_of() { # the part of the path that may see itself: the layer's folder, or the room
  case $1 in
    rooms/*/*) cut -d/ -f1,2 <<<"$1" ;;
    *) echo "${1%%/*}" ;;
  esac
}

allowed() { # FROM TO, paths below src/
  local from to
  from=$(layer_of "$1") to=$(layer_of "$2")
  [ "$(folder_of "$1")" != "$(folder_of "$2")" ] || return 0
  case $from:$to in
    *:unknown | unknown:*) return 1 ;;
    *:public) [ "$from" = 0 ] || [ "$from" = 6 ] || [ "$from" = 7 ] ;;
    *:init | *:systemd) return 1 ;;
    systemd:*) [ "$to" -le 3 ] ;;
    init:*) [ "$to" -le 5 ] ;;
    *) [ "$to" -lt "$from" ] ;;
  esac
}

wrong=0
while IFS=: read -r file line text; do
  included=$(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' <<<"$text")
  case $file in
    src/*) allowed "${file#src/}" "$included" && continue ;;
    include/*) [[ $included == husk/* ]] && continue ;;
    cli/*) [[ $included == husk/* || $included == cli/* || -e cli/$included ]] && continue ;;
  esac
  echo "$file:$line: includes \"$included\", which is not below it"
  wrong=1
done < <(grep -rnE --include='*.h' --include='*.cpp' '^ *# *include *"' src include cli)
[ "$wrong" = 0 ] && echo "includes: all arrows point downwards"
exit "$wrong"
