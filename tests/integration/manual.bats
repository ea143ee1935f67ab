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

# Bash cuts words at "=" and ":" before it asks.
@test "bash completes behind = and :, and a program's own options are not husk's" {
  husk completion bash >"$TMP/bash"
  create
  cat >"$TMP/try" <<EOF
husk() { "$RUNTIME" "\$@"; }
source "$TMP/bash"
complete_at() { COMP_WORDS=("\$@"); COMP_CWORD=\$((\$# - 1)); _husk; echo "\${COMPREPLY[*]}"; }
complete_at husk --root = "$ROOT" state ""
complete_at husk --root = "$ROOT" exec --env = a = b ""
complete_at husk --root = /a : b pau
complete_at husk ns list --format =
complete_at husk ns list --format = j
complete_at husk --cgroup-manager = s
complete_at husk --root = "$ROOT" state -- ""
complete_at husk state -- --
complete_at husk ns run --uts -- ls --
complete_at husk ns run --uts ls --
complete_at husk ns run --uts ls --propagation ""
complete_at husk ns run --uid-map 0 : 1000 : 1 --hostn
complete_at husk ns run --uts -- "$TMP/a-prog"
complete_at husk ns enter pid : 12 --hel
complete_at husk ns enter pid : 12 -- --hel
complete_at husk ns enter pid : 12 "$TMP/a-prog"
complete_at husk ns enter 12 ls --hel
complete_at husk exec "$ID" --cw
complete_at husk run "$ID" --dry
COMP_WORDBREAKS=\${COMP_WORDBREAKS//=}
complete_at husk ns list --format=j
EOF
  echo exit >"$TMP/a-program"
  chmod +x "$TMP/a-program"
  run bash "$TMP/try"
  says "$ID
$ID
pause
table json
json
systemd
$ID




--hostname
$TMP/a-program
--help

$TMP/a-program


--dry-run
--format=json"
}

@test "zsh and fish read theirs, and fish completes" {
  husk completion zsh >"$TMP/_husk"
  husk completion fish >"$TMP/husk.fish"
  zsh -n "$TMP/_husk"
  HOME=$TMP run fish --no-config -c "source $TMP/husk.fish; complete -C 'husk feat'; complete -C 'husk run --no-p'; complete -C 'husk ns demo cg'; complete -C 'husk list --format j'"
  has features 'no-pivot' cgroup json
}

# What zsh makes of a line, followed by a tab, in one of its own. The husk that it asks says which root it was given.
zsh_makes() { # LINE
  cat >"$TMP/ask" <<'EOF'
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT=; fpath=($1 \$fpath); autoload -U compinit; compinit -u -d $1/dump; compdef _husk husk"
zpty -w z "husk() { [[ \$argv[-2,-1] == 'list -q' ]] && print -r -- \"id-in:\${argv[1,-3]}\" }"
zpty -w z "report() { print -r -- \"made<\$BUFFER>\" }; zle -N report; bindkey '^X' report; print be''gun"
zpty -r z seen '*begun*' || exit 1
zpty -n -w z "$2"$'\t\C-x'
zpty -r z seen '*made<*>*' && print -r -- "${${seen##*made<}%%>*}"
zpty -d z
EOF
  timeout 60 zsh -f "$TMP/ask" "$TMP" "husk $1" 3>&-
}

@test "zsh asks the state directory that is named, and a program's own options are not husk's" {
  husk completion zsh >"$TMP/_husk"
  same "$(zsh_makes 'state ')" 'husk state id-in: '
  same "$(zsh_makes '--root /a:b/x state ')" 'husk --root /a:b/x state id-in:--root\ /a:b/x '
  same "$(zsh_makes '--root=/r exec --cwd / ')" 'husk --root=/r exec --cwd / id-in:--root\ /r '
  same "$(zsh_makes 'run x --dry')" 'husk run x --dry-run '
  same "$(zsh_makes 'ns list --format=j')" 'husk ns list --format=json '
  same "$(zsh_makes 'ns run --hostn')" 'husk ns run --hostname='
  same "$(zsh_makes 'ns run --uts -- ls --hostn')" 'husk ns run --uts -- ls --hostn'
  same "$(zsh_makes 'ns run --uts ls --hostn')" 'husk ns run --uts ls --hostn'
  same "$(zsh_makes 'exec c --cw')" 'husk exec c --cw'
  same "$(zsh_makes 'ns enter 12 --clear')" 'husk ns enter 12 --clear-env '
  same "$(zsh_makes 'ns enter 12 ls --clear')" 'husk ns enter 12 ls --clear'
  same "$(zsh_makes 'ns run -- setpri')" 'husk ns run -- setpriv '
  same "$(zsh_makes 'ns enter 12 setpri')" 'husk ns enter 12 setpriv '
}

fish_makes() { # LINE: all that it offers
  HOME=$TMP fish --no-config -c "source $TMP/husk.fish; function husk; $RUNTIME \$argv; end; complete -C '$1'" | cut -f 1 | tr '\n' ' '
}

@test "fish asks the state directory that is named, and a program's own options are not husk's" {
  husk completion fish >"$TMP/husk.fish"
  create
  same "$(fish_makes "husk --root $ROOT state ")" "$ID "
  same "$(fish_makes "husk --root=$ROOT exec --cwd /tmp ")" "$ID "
  same "$(fish_makes "husk --root=$TMP/none state ")" ''
  same "$(fish_makes "husk --root $ROOT paus")" 'pause '
  same "$(fish_makes "husk --root $ROOT run --dry")" '--dry-run '
  same "$(fish_makes "husk ns run --uts --hostn")" '--hostname '
  same "$(fish_makes "husk ns run --uts -- ls --hostn")" ''
  same "$(fish_makes "husk ns run --uts ls --hostn")" ''
  same "$(fish_makes "husk ns enter 12 --clear")" '--clear-env '
  same "$(fish_makes "husk ns enter 12 ls --clear")" ''
  same "$(fish_makes "husk exec --cwd / $ID --use")" ''
  [[ $(fish_makes "husk ns run -- slee") == *'sleep '* ]]
  [[ $(fish_makes "husk ns enter 12 slee") == *'sleep '* ]]
}

@test "a shell that has none is refused" {
  run --separate-stderr husk completion tcsh
  refused 'no completion for shell .*tcsh.* \(known: bash, zsh, fish\)'
}
