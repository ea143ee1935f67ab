# A policy of SELinux that is just large enough to have labels: everything is allowed, and there are types for a
# container and its files, with categories.
# shellcheck shell=bash

# In the order of the kernel's numbers.
SIDS=(kernel security unlabeled fs file file_labels init any_socket port netif netmsg node igmp_packet icmp_socket
  tcp_socket sysctl_modprobe sysctl sysctl_fs sysctl_kernel sysctl_net sysctl_net_unix sysctl_vm sysctl_dev kmod policy
  scmp_packet devnull)
CATEGORIES=200

policy() {
  local name categories=''
  printf 'class %s\n' process process2 filesystem file dir key
  printf 'sid %s\n' "${SIDS[@]}"
  echo 'class process { transition dyntransition }
    class process2 { nnp_transition nosuid_transition }
    class filesystem { associate }
    class file { read }
    class dir { read }
    class key { read }
    sensitivity s0;
    dominance { s0 }'
  for ((name = 0; name < CATEGORIES; name++)); do categories+="category c$name; "; done
  echo "$categories
    level s0:c0.c$((CATEGORIES - 1));
    mlsconstrain key { read } ( h1 dom h2 );
    policycap nnp_nosuid_transition;
    type host_t; type container_t; type container_file_t;
    role host_r; role host_r types { host_t container_t };
    allow host_t container_t:process { transition dyntransition };
    allow host_t container_t:process2 { nnp_transition nosuid_transition };
    user host_u roles { host_r } level s0 range s0 - s0:c0.c$((CATEGORIES - 1));"
  printf 'sid %s host_u:object_r:host_t:s0\n' "${SIDS[@]}" | sed 's/^sid kernel .*/sid kernel host_u:host_r:host_t:s0/'
  for name in ext4 overlay; do echo "fs_use_xattr $name host_u:object_r:host_t:s0;"; done
  for name in pipefs sockfs; do echo "fs_use_task $name host_u:object_r:host_t:s0;"; done
  for name in devpts tmpfs devtmpfs mqueue; do echo "fs_use_trans $name host_u:object_r:host_t:s0;"; done
  for name in proc sysfs; do echo "genfscon $name / host_u:object_r:host_t:s0"; done
}

# Once for all tests; the policy stays.
load_policy() {
  mountpoint -q /sys/fs/selinux || mount -t selinuxfs selinuxfs /sys/fs/selinux
  [ "$(tr -d '\0' </proc/self/attr/current)" = kernel ] || return 0
  policy >"$BATS_RUN_TMPDIR/policy.conf"
  checkpolicy -M -U allow -c 33 -o "$BATS_RUN_TMPDIR/policy" "$BATS_RUN_TMPDIR/policy.conf" >/dev/null
  cat "$BATS_RUN_TMPDIR/policy" >/sys/fs/selinux/load
}
