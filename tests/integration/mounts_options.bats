#!/usr/bin/env bats
# shellcheck disable=SC2154 # (set by run)
# Every mount option of the specification, one at a time, by what the kernel then lists for the mount. The table holds for
# runc as well: RUNTIME=.../runc tests/integration/run.sh short -- mounts_options
load helpers

setup() {
  prepare
  bundle_busybox
  cp "$BUNDLE/config.json" "$TMP/plain.json"
}

line() { # JSON-OF-MOUNT: the line of mountinfo; "" in $output when it was refused
  cp "$TMP/plain.json" "$BUNDLE/config.json"
  add_mount "$1"
  inside "$(mount_line /data)"
}

# fresh WORD... = FLAGS SUPER: a tmpfs with these options; bound WORD... = FLAGS: a bind mount.
check() { # KIND JSON-WITHOUT-OPTIONS "WORDS = FLAGS [SUPER]"
  local words=${3% = *} wanted=${3#* = } options
  # shellcheck disable=SC2086 # several words
  options=$(jq -nc '$ARGS.positional' --args $words)
  line "$(jq -c --argjson o "$options" '.options += $o' <<<"$2")"
  ok || { echo "$1 with: $words"; return 1; }
  same "$(sed -E 's/^([^ ]+) .*- [^ ]+ [^ ]+ (.*)$/\1 \2/; s/,?size=[^,]*|,?nr_inodes=[^,]*|,?mode=[^,]*|,inode64//g' <<<"$output" |
    if [ "$1" = bind ]; then cut -d' ' -f1; else cat; fi)" "$wanted" || { echo "$1 with: $words"; return 1; }
}
TMPFS='{"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]}'
fresh() { local row; while read -r row; do [ -z "$row" ] || check tmpfs "$TMPFS" "$row" || return 1; done; }
bound() {
  local row
  while read -r row; do
    [ -z "$row" ] || check bind "{\"destination\": \"/data\", \"type\": \"none\", \"source\": \"$TMP/data\", \"options\": [\"rbind\"]}" "$row" || return 1
  done
}

@test "a new file system: every word" {
  fresh <<'TABLE'
rw = rw,relatime rw
ro = ro,relatime rw
nosuid = rw,nosuid,relatime rw
nosuid suid = rw,relatime rw
nodev = rw,nodev,relatime rw
nodev dev = rw,relatime rw
noexec = rw,noexec,relatime rw
noexec exec = rw,relatime rw
nosymfollow = rw,relatime,nosymfollow rw
nosymfollow symfollow = rw,relatime rw
noatime = rw,noatime rw
noatime atime = rw,relatime rw
nodiratime = rw,nodiratime,relatime rw
nodiratime diratime = rw,relatime rw
relatime = rw,relatime rw
norelatime = rw,relatime rw
strictatime = rw rw
nostrictatime = rw,relatime rw
sync = rw,relatime rw,sync
sync async = rw,relatime rw
dirsync = rw,relatime rw,dirsync
lazytime = rw,relatime rw,lazytime
lazytime nolazytime = rw,relatime rw
silent = rw,relatime rw
silent loud = rw,relatime rw
iversion = rw,relatime rw
iversion noiversion = rw,relatime rw
noiversion = rw,relatime rw
nomand = rw,relatime rw
TABLE
}

@test "a bind mount: every word for itself and for its tree" {
  [ "$LEG" != enosys ] || skip "needs mount_setattr"
  mkdir "$TMP/data"
  own_mount -t tmpfs tmpfs "$TMP/data"
  bound <<'TABLE'
ro = ro,relatime
nosuid nodev noexec = rw,nosuid,nodev,noexec,relatime
nosymfollow = rw,relatime,nosymfollow
noatime nodiratime = rw,noatime,nodiratime
strictatime = rw
rro = ro,relatime
rro rrw = rw,relatime
rnosuid = rw,nosuid,relatime
rnosuid rsuid = rw,relatime
rnodev = rw,nodev,relatime
rnodev rdev = rw,relatime
rnoexec = rw,noexec,relatime
rnoexec rexec = rw,relatime
rnoatime = rw,noatime
rnoatime ratime = rw,relatime
rnodiratime = rw,nodiratime,relatime
rnodiratime rdiratime = rw,relatime
rrelatime = rw,relatime
rnorelatime = rw,relatime
rstrictatime = rw
rnostrictatime = rw,relatime
rnosymfollow = rw,relatime,nosymfollow
rnosymfollow rsymfollow = rw,relatime
TABLE
}

@test "defaults asks for nothing (runc takes it for an option of the file system)" {
  is_husk || skip "husk and crun"
  mkdir "$TMP/data"
  fresh <<<'defaults = rw,relatime rw'
  bound <<<'defaults = rw,relatime'
}

@test "propagation: every word" {
  mkdir "$TMP/data"
  own_mount -t tmpfs tmpfs "$TMP/data"
  mount --make-shared "$TMP/data"
  local row word wanted
  for row in 'private ' 'rprivate ' 'shared shared:[0-9]+ (master:[0-9]+ )?' 'rshared shared:[0-9]+ (master:[0-9]+ )?' 'slave master:[0-9]+ ' 'rslave master:[0-9]+ ' \
    'unbindable unbindable ' 'runbindable unbindable '; do
    word=${row%% *} wanted=${row#* }
    line "{\"destination\": \"/data\", \"type\": \"none\", \"source\": \"$TMP/data\", \"options\": [\"rbind\", \"$word\"]}"
    ok
    [[ $output =~ ^rw,relatime\ ${wanted}-\ tmpfs ]] || { echo "$word"; show; return 1; }
  done
}

@test "acl and noacl are options of file systems: refused by tmpfs and for bind mounts" {
  mkdir "$TMP/data"
  local word
  for word in acl noacl; do
    line "{\"destination\": \"/data\", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": [\"$word\"]}"
    refused
    line "{\"destination\": \"/data\", \"type\": \"none\", \"source\": \"$TMP/data\", \"options\": [\"bind\", \"$word\"]}"
    refused
  done
}

@test "rsync and rmand, which only crun has, are refused for bind mounts" {
  mkdir "$TMP/data"
  local word
  for word in rsync rmand; do
    line "{\"destination\": \"/data\", \"type\": \"none\", \"source\": \"$TMP/data\", \"options\": [\"rbind\", \"$word\"]}"
    refused
  done
}
