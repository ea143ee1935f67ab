#!/usr/bin/env bats
# docs/tour.md: its commands work, and print what the tour says.
# Legs: short
# shellcheck disable=SC2154,SC2016 # ($output is set by run; the $ is sed's)
load helpers
load ns

setup_file() { is_husk || skip "husk's own"; }

TOUR=$BATS_TEST_DIRNAME/../../docs/tour.md

# Each block's command with what is to be expected below it; "..." is anything.
try_tour() { # COMMAND...: what runs husk
  local line command='' part inside=0 count=0
  while IFS= read -r line; do
    case $line in
      '```console') inside=1 ;;
      '```') inside=0 ;;
      '$ husk '*)
        [ "$inside" = 1 ] || continue
        command=${line#'$ husk '}
        eval "COLUMNS=200 run $* $command"
        ok || return 1
        count=$((count + 1))
        ;;
      *)
        [ "$inside" = 1 ] || continue
        part=$(sed 's/[][\\.*^$()+?{}|]/\\&/g; s/ *\\\.\\\.\\\. */.*/g' <<<"$line")
        grep -Eq "^ *$part" <<<"$output" || { echo "tour: not printed by husk $command: $line"; show; return 1; }
        ;;
    esac
  done <"$TOUR"
  [ "$count" -ge 10 ] || { echo "only $count commands found"; return 1; }
}

@test "every command of the tour prints what the tour shows, as root" { try_tour husk; }

@test "and as an ordinary user" { try_tour as_user; }
