#!/bin/bash
# peers.sh [DIR]: the newest crun and runc that Debian has, made runnable on an older Debian as DIR/crun and DIR/runc.
#
# They come from sid with the very libraries they were built against; their ELF headers are then pointed at those
# (patchelf), so that neither the machine's libc nor its apt state is touched. Without DIR they go to the cache folder,
# ${HUSK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/husk}/peers. What is there already is not fetched again; remove the
# folder to get newer ones.
set -euo pipefail

dir=${1:-${HUSK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/husk}/peers}
peers=(crun runc)

present() {
    local peer
    for peer in "${peers[@]}"; do "$dir/$peer" --version >/dev/null 2>&1 || return 1; done
}

need_patchelf() {
    command -v patchelf >/dev/null && return
    [ "$(id -u)" = 0 ] || { echo "peers.sh: patchelf is missing (apt-get install patchelf)" >&2; exit 1; }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends patchelf >/dev/null
}

# An apt of its own: nothing installed, sid the only source, everything below $1.
private_apt() {
    local site key
    # shellcheck disable=SC2016 # $(SITE) is apt's own notation
    site=$(apt-get indextargets --format '$(SITE)' | awk '!/security/ { print; exit }')
    key=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$1/state/lists/partial" "$1/cache/archives/partial" "$1/empty"
    : >"$1/state/status"
    echo "deb [signed-by=$key] ${site:-http://deb.debian.org/debian} sid main" >"$1/sources.list"
    cat >"$1/apt.conf" <<CONF
Dir::State "$1/state";
Dir::State::status "$1/state/status";
Dir::Cache "$1/cache";
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "$1/empty";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "$1/empty";
Acquire::Languages "none";
APT::Sandbox::User "";
CONF
    export APT_CONFIG=$1/apt.conf
    apt-get -qq update
}

# The peers and every library they lead to.
wanted() {
    apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
        "${peers[@]}" | awk '/^(lib|crun$|runc$)/ && !seen[$1]++ { print $1 }'
}

unpack() {
    local deb names
    private_apt "$1"
    mapfile -t names < <(wanted)
    mkdir "$1/debs"
    (cd "$1/debs" && apt-get -qq download "${names[@]}")
    for deb in "$1"/debs/*.deb; do dpkg-deb --extract "$deb" "$dir/root"; done
}

point_at_own_libraries() {
    local peer lib loader
    lib=$(dirname "$(find "$dir/root/usr/lib" -name libc.so.6 -print -quit)")
    loader=$(find "$lib" -maxdepth 1 -name 'ld-linux*' -print -quit)
    for peer in "${peers[@]}"; do
        find "$dir/root/usr/bin" "$dir/root/usr/sbin" -name "$peer" -type f -exec cp {} "$dir/$peer.new" \;
        patchelf --set-interpreter "$loader" --set-rpath "$lib" --force-rpath "$dir/$peer.new"
        mv "$dir/$peer.new" "$dir/$peer"
    done
}

mkdir -p "$dir"
dir=$(readlink -f "$dir")
exec 9>"$dir/.lock"
flock 9
if ! present; then
    need_patchelf
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/husk-peers.XXXXXX")
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 130' INT TERM
    rm -rf "$dir/root"
    unpack "$scratch"
    point_at_own_libraries
    present || { echo "peers.sh: crun or runc does not run" >&2; exit 1; }
fi
for peer in "${peers[@]}"; do "$dir/$peer" --version | sed -n 1p; done
