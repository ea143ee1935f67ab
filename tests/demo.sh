#!/usr/bin/env bash
# demo.sh HUSK: runs a busybox container that prints its own view of the system. As an ordinary user: a rootless one.
set -euo pipefail
husk=$(readlink -f "$1")
cache=${HUSK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/husk}
rootfs=$("$(dirname "$0")/rootfs.sh" busybox)
bundle=$cache/demo
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# shellcheck disable=SC2016 # for the container's shell
view='
echo "pid        $$"
echo "uid        $(id -u)"
echo "hostname   $(hostname)"
echo "interfaces $(ls /sys/class/net 2>/dev/null | xargs)"
echo "cgroup"; sed "s/^/           /" /proc/self/cgroup
echo "mounts"; awk "{ print \"           \" \$5, \$(NF-2) }" /proc/self/mountinfo'

mkdir -p "$bundle"
ln -sfn "$rootfs" "$bundle/rootfs"
rm -f "$bundle/config.json"
spec=("$husk" spec --bundle "$bundle") run=("$husk" run --bundle "$bundle")
if [ "$(id -u)" != 0 ]; then
  spec+=(--rootless)
  run=("$husk" --root "$work" run --bundle "$bundle")
fi
"${spec[@]}"
jq --arg view "$view" --arg rootfs "$rootfs" '.process.terminal = false | .process.args = ["/bin/sh", "-c", $view]
  | .hostname = "husk" | .root.path = $rootfs' "$bundle/config.json" >"$work/config.json"
mv "$work/config.json" "$bundle/config.json"
"${run[@]}" "demo-$$"
