# For tests of the driver with the system's own systemd. After containers.bash.
# shellcheck shell=bash disable=SC2154,SC2034 # ($ROOT ... are set by helpers.bash)

systemd_setup() {
  prepare
  bundle_busybox
  config '.process.args = ["/bin/sleep", "1000"]'
  UNIT=husk-$ID.scope
}
systemd_teardown() {
  local found=0
  delete_all || found=1
  report "units" "$(systemctl list-units --all --no-legend "*$TOKEN*")" || found=1
  return "$found"
}
runtime() { "$RUNTIME" --root "$ROOT" --systemd-cgroup "$@" 3>&-; }
value() { systemctl show --value -p "$1" "$UNIT"; }
