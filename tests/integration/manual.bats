#!/usr/bin/env bats
# Manual pages and completions, both made from the tables that the help is made from.
# Legs: short
# shellcheck disable=SC2154 # ($output and $stderr are set by run)
load helpers
load containers

setup_file() { is_husk || skip "husk's own"; }

commands() { husk help | sed -n '/^COMMANDS/,/^$/s/^   \([a-z]*\)  *.*/\1/p'; }

@test "every command has a page that mandoc takes without a complaint" {
  mkdir "$TMP/man"
  husk manual --directory "$TMP/man"
  local name
  for name in $(commands); do [ -s "$TMP/man/husk-$name.8" ] || { echo "no page for $name"; return 1; }; done
  run mandoc -T lint -W style "$TMP"/man/*.8
  says ''
}

@test "docs/man has the pages that the program prints" {
  mkdir "$TMP/pages"
  husk manual --format markdown --directory "$TMP/pages"
  diff -r -x README.md "$TMP/pages" "$BATS_TEST_DIRNAME/../../docs/man" || { echo 'renewed by: make pages'; return 1; }
  run --separate-stderr husk manual --format html
  refused 'invalid format: html \(known: man, markdown\)'
}

@test "a page has the options of the help, and a command that does not exist has none" {
  local option
  husk manual exec | mandoc -T utf8 | col -b >"$TMP/page"
  for option in $(husk exec --help | grep -o -- '--[a-z-]*'); do
    grep -q -- "$option" "$TMP/page" || { echo "missing: $option"; return 1; }
  done
  run --separate-stderr husk manual none
  [ "$status" -eq 3 ]
}

@test "bash completes commands, options and ids" {
  husk completion bash >"$TMP/bash"
  shellcheck -s bash "$TMP/bash"
  create
  cat >"$TMP/try" <<EOF
husk() { "$RUNTIME" "\$@"; }
source "$TMP/bash"
complete_at() { COMP_WORDS=("\$@"); COMP_CWORD=\$((\$# - 1)); _husk; echo "\${COMPREPLY[*]}"; }
complete_at husk feat
complete_at husk --root /x pau
complete_at husk run --console
complete_at husk --root "$ROOT" state ""
complete_at husk --root "$ROOT" exec --cwd /tmp ""
complete_at husk --root "$ROOT" exec "$ID" ""
complete_at husk run --format ""
complete_at husk --cgroup-manager s
complete_at husk ns demo u
complete_at husk ns list --kind u
complete_at husk ns run --propagation sl
complete_at husk completion ""
complete_at husk manual featu
EOF
  run bash "$TMP/try"
  says "features
pause
--console-socket
$ID
$ID

text json
systemd
user uts
user uts
slave
bash zsh fish
features"
}

@test "zsh and fish read theirs, and fish completes" {
  husk completion zsh >"$TMP/_husk"
  husk completion fish >"$TMP/husk.fish"
  zsh -n "$TMP/_husk"
  HOME=$TMP run fish --no-config -c "source $TMP/husk.fish; complete -C 'husk feat'; complete -C 'husk run --no-p'; complete -C 'husk ns demo cg'; complete -C 'husk list --format j'"
  has features 'no-pivot' cgroup json
}

@test "a shell that has none is refused" {
  run --separate-stderr husk completion tcsh
  refused 'no completion for shell .*tcsh.* \(known: bash, zsh, fish\)'
}
