# For tests without root: a bundle for the calling user, and checks of its cgroup.
# shellcheck shell=bash disable=SC2154,SC2034 # ($TMP ... are set by helpers.bash; $status ... are read by its checks)

user_bundle() {
  prepare
  bundle_busybox
  config --argjson u "$(id -u)" --argjson g "$(id -g)" '.process.args = ["/bin/sleep", "1000"]
    | .linux.uidMappings = [{containerID: 0, hostID: $u, size: 1}]
    | .linux.gidMappings = [{containerID: 0, hostID: $g, size: 1}]
    | .linux.namespaces += [{type: "user"}, {type: "cgroup"}]
    | (.mounts[] | select(.destination == "/dev/pts") | .options) |= map(select(. != "gid=5"))'
}
user_teardown() {
  local found=0 id
  for id in "$ROOT"/*; do
    [ ! -e "$id" ] || runtime delete --force "${id##*/}" || found=1
  done
  check_nothing_left || found=1
  report cgroups "$(find /sys/fs/cgroup/user.slice -type d -name "*$TOKEN*")" || found=1
  return "$found"
}

limit() { cat "$(cgroups_of)/$1"; } # FILE
with() { # RESOURCES: a container that has them
  config --argjson r "$1" '.linux.resources += $r'
  attempt run -d -b "$BUNDLE" "$ID"
  ok
}
attempt() { # ARG...: sets $status, $output, $stderr also where a process stays
  status=0
  runtime "$@" </dev/null >"$TMP/out" 2>"$TMP/err" || status=$?
  output=$(<"$TMP/out") stderr=$(<"$TMP/err")
}
