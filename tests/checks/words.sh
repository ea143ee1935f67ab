#!/usr/bin/env bash
# words.sh: words and things that have no place in the tree.
set -euo pipefail
cd "$(dirname "$0")/../.."
wrong=0

# forbid WHY REGEX PATH...
forbid() {
  local why=$1 regex=$2 hits
  shift 2
  hits=$(grep -rnIE --exclude=words.sh --exclude-dir=data --exclude-dir=corpus --exclude-dir=build "$regex" "$@" 2>/dev/null || true)
  [ -z "$hits" ] || { printf '%s\n%s\n' "$why:" "$hits"; wrong=1; }
}

code=(src cli include)
all=(src cli include bench tests docs cmake packages Makefile README.md CONTRIBUTING.md SECURITY.md CHANGELOG.md)

forbid 'promises for later belong into the issue tracker' '\b(TODO|FIXME|XXX|HACK)\b' "${all[@]}"
forbid 'white space at the end of a line' '[[:blank:]]+$' "${all[@]}"
forbid 'tabs (the Makefile needs them, nothing else does)' $'\t' src cli include bench/*.c docs
forbid 'no iostreams' '#include <(iostream|fstream|sstream)>' "${code[@]}"
forbid 'no using of whole namespaces' 'using namespace' "${code[@]}"
forbid 'no unbounded string functions' '\b(strcpy|strcat|sprintf|gets|strtok)\(' "${code[@]}"
forbid 'only the command itself ends the process' '^[^/]*\b(exit|abort|terminate)\(' src/{base,sys,json,spec,host,rooms,plan,store,life}
forbid 'the library leaves the working directory alone' '[^_a-z.]chdir\(' src/life src/store src/plan src/start src/spec
forbid 'no shells' '\b(system|popen)\(' "${code[@]}"
vague=$(find "${code[@]}" -iname '*util*' -o -iname '*helper*' -o -iname '*misc*' -o -iname '*common*')
[ -z "$vague" ] || { printf 'names that say nothing:\n%s\n' "$vague"; wrong=1; }

[ "$wrong" = 0 ] && echo "words: none of the forbidden ones"
exit "$wrong"
