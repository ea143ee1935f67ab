# For attacks on containers that stay: what the integration tests have for these, and left-overs seen as they see them.
# shellcheck shell=bash disable=SC2154
# (set by attacks.bash and helpers.bash)
load ../integration/containers

setup() { :; }    # as in attacks.bash
teardown() { :; }

resident() { # a container that runs $BUNDLE
  runtime run -d -b "$BUNDLE" "$ID" </dev/null >/dev/null 2>&1
}
sleeper() { # the same, and it only sleeps
  config '.process.args = ["/bin/sleep", "1000"]'
  resident
}
add() { timeout 10 "$RUNTIME" --root "$ROOT" exec "$@" </dev/null 2>&1; } # to be told apart: what it says and what exec says
over() { runtime delete --force "${1:-$ID}"; }
