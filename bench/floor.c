/* floor ROOTFS CGROUP_PARENT_DIR -- CMD ARGS: the least a kernel has to be asked for a container.
 *
 * This program knows one bundle by heart: the one `runc spec` writes on a cgroup2 host. It reads no config.json, keeps
 * no state, checks nothing it can know beforehand and offers no choice. What is left is the price of the container
 * itself: namespaces, mounts, devices, masks, identity, execve and the wait for the end. No runtime can be faster
 * than this by much, so the ratio husk/floor says how much of a `husk run` is husk's own doing.
 *
 * Two ways to mount were at hand. mount(2) takes one call per file system but goes by path; the calls on descriptors
 * (fsopen, fsmount, move_mount, open_tree, mount_setattr) take five, but they are the ones a careful runtime must use:
 * nothing is resolved twice, and a mount gets its attributes before anybody can see it. So they are used here too, and
 * husk is held against what it has to do rather than against something it must not do.
 *
 * Every mount is detached until it is complete. The only call that waits for a grace period is the umount of the old
 * root; a detached tree that is dropped unused would be a second one, so none is made before its target is known.
 *
 * -x adds the three things that runc and crun do for this bundle and that are not mounts or identity: the loopback
 * interface brought up, a session keyring of its own, and the device rules attached to the cgroup as a BPF program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DETACHED_CHILD = 126 }; /* exit status of floor when a step failed in the container's process */

static char* const container_env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm",
                                      NULL};

static _Noreturn void die(const char* step) {
  dprintf(2, "floor: %s: %s\n", step, strerror(errno));
  _exit(DETACHED_CHILD);
}

/* The value of a call that must not fail. */
static int need(long result, const char* step) {
  if (result < 0) die(step);
  return (int)result;
}

/* ------------------------------------------------------------------ mounts */

struct option {
  const char* key;
  const char* value;
};

/* A new file system, complete but attached nowhere. */
static int new_mount(const char* type, const struct option* options, unsigned attributes) {
  int fs = need(fsopen(type, FSOPEN_CLOEXEC), type);
  for (; options->key; options++)
    need(fsconfig(fs, FSCONFIG_SET_STRING, options->key, options->value, 0), options->key);
  need(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
  return need(fsmount(fs, FSMOUNT_CLOEXEC, attributes), type);
}

static void attach(int tree, int dir, const char* path) {
  need(move_mount(tree, "", dir, path, MOVE_MOUNT_F_EMPTY_PATH), path);
}

static void make_read_only(int tree) {
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
  need(mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr), "read-only");
}

static int clone_tree(int dir, const char* path, unsigned flags) {
  return need(open_tree(dir, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags), path);
}

static const struct {
  const char* name;
  unsigned minor;
} memory_devices[] = {{"null", 3}, {"zero", 5}, {"full", 7}, {"random", 8}, {"urandom", 9}};

static const char* const dev_links[][2] = {{"/proc/self/fd", "fd"},       {"/proc/self/fd/0", "stdin"},
                                           {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"},
                                           {"pts/ptmx", "ptmx"},          {"/proc/kcore", "core"}};

/* /dev is filled while nobody else can see it. */
static void mount_dev(int root) {
  const unsigned strict = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  int dev = new_mount("tmpfs", (struct option[]){{"source", "tmpfs"}, {"mode", "755"}, {"size", "65536k"}, {0}},
                      MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME);
  for (size_t i = 0; i < sizeof memory_devices / sizeof *memory_devices; i++)
    need(mknodat(dev, memory_devices[i].name, S_IFCHR | 0666, makedev(1, memory_devices[i].minor)), "mknod");
  need(mknodat(dev, "tty", S_IFCHR | 0666, makedev(5, 0)), "mknod tty");
  for (size_t i = 0; i < sizeof dev_links / sizeof *dev_links; i++)
    need(symlinkat(dev_links[i][0], dev, dev_links[i][1]), dev_links[i][1]);
  need(mkdirat(dev, "pts", 0755), "pts");
  need(mkdirat(dev, "shm", 0755), "shm");
  need(mkdirat(dev, "mqueue", 0755), "mqueue");
  attach(dev, root, "dev");
  attach(new_mount("devpts",
                   (struct option[]){{"source", "devpts"}, {"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}, {0}},
                   strict),
         dev, "pts");
  attach(new_mount("tmpfs", (struct option[]){{"source", "shm"}, {"mode", "1777"}, {"size", "65536k"}, {0}},
                   strict | MOUNT_ATTR_NODEV),
         dev, "shm");
  attach(new_mount("mqueue", (struct option[]){{"source", "mqueue"}, {0}}, strict | MOUNT_ATTR_NODEV), dev, "mqueue");
}

/* Which are files and which directories is known by heart as well; which of them exist depends on the kernel. */
static const struct {
  const char* path;
  bool directory;
} masked[] = {{"proc/acpi", true},         {"proc/asound", true},         {"proc/kcore", false},
              {"proc/keys", false},        {"proc/latency_stats", false}, {"proc/timer_list", false},
              {"proc/timer_stats", false}, {"proc/sched_debug", false},   {"sys/firmware", true},
              {"proc/scsi", true}};

static const char* const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};

static void hide_paths(int root) {
  int empty = -1; /* one empty directory serves all masked directories */
  for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) {
    int target = openat(root, masked[i].path, O_PATH | O_NOFOLLOW | O_CLOEXEC), cover;
    if (target < 0) continue;
    if (!masked[i].directory) {
      cover = clone_tree(root, "dev/null", 0);
    } else if (empty >= 0) {
      cover = clone_tree(empty, "", AT_EMPTY_PATH);
    } else {
      cover = empty = new_mount("tmpfs", (struct option[]){{"source", "tmpfs"}, {0}}, MOUNT_ATTR_RDONLY);
    }
    need(move_mount(cover, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH), masked[i].path);
  }
  for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) {
    int tree = open_tree(root, read_only[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0) continue;
    make_read_only(tree);
    attach(tree, root, read_only[i]);
  }
}

static void build_root(const char* rootfs) {
  const unsigned locked = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
  struct mount_attr no_way_back = {.propagation = MS_SLAVE};
  need(mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &no_way_back, sizeof no_way_back), "propagation of /");

  int root = clone_tree(AT_FDCWD, rootfs, AT_RECURSIVE);
  make_read_only(root);
  attach(root, AT_FDCWD, rootfs);
  attach(new_mount("proc", (struct option[]){{"source", "proc"}, {0}}, 0), root, "proc");
  mount_dev(root);
  attach(new_mount("sysfs", (struct option[]){{"source", "sysfs"}, {0}}, locked), root, "sys");
  attach(new_mount("cgroup2", (struct option[]){{"source", "cgroup"}, {0}}, locked), root, "sys/fs/cgroup");
  hide_paths(root);

  /* The old root ends up on top of the new one, where the working directory is: taking it off needs no path. */
  need(fchdir(root), "fchdir");
  need(syscall(SYS_pivot_root, ".", "."), "pivot_root");
  need(umount2(".", MNT_DETACH), "umount of the old root");
  need(chdir("/"), "chdir /");
}

/* ---------------------------------------------------------------- identity */

/* Capabilities the bundle leaves: KILL, NET_BIND_SERVICE, AUDIT_WRITE. */
static const uint64_t kept = 1ULL << CAP_KILL | 1ULL << CAP_NET_BIND_SERVICE | 1ULL << CAP_AUDIT_WRITE;

static void become_container_user(void) {
  const struct rlimit files = {1024, 1024};
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct caps[2] = {{(uint32_t)kept, (uint32_t)kept, 0},
                                           {(uint32_t)(kept >> 32), (uint32_t)(kept >> 32), 0}};
  need(setsid(), "setsid");
  need(sethostname("runc", 4), "sethostname");
  need(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
  for (unsigned long cap = 0; cap <= CAP_LAST_CAP; cap++)
    if (!(kept >> cap & 1)) need(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "bounding set");
  need(setgroups(0, NULL), "setgroups");
  need(setresgid(0, 0, 0), "setresgid");
  need(setresuid(0, 0, 0), "setresuid");
  need(syscall(SYS_capset, &header, caps), "capset");
  need(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient set");
  need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  umask(022);
}

/* ------------------------------------------------------------------ extras */

static void loopback_up(void) {
  struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int s = need(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  need(ioctl(s, SIOCSIFFLAGS, &lo), "lo up");
  close(s);
}

/* A program of the shape the peers attach: a character device of the memory class or of /dev/tty is let through, and
 * so is any mknod; the rest is not. (r2, r3, r4: access and type, major, minor.) */
static void attach_device_rules(int cgroup) {
#define LOAD(to, offset) \
  { .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (to), .src_reg = 1, .off = (offset) }
#define IF(op, reg, value, skip) \
  { .code = BPF_JMP | (op) | BPF_K, .dst_reg = (reg), .off = (skip), .imm = (value) }
#define ANSWER(value)                                                    \
  {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = (value)}, { \
    .code = BPF_JMP | BPF_EXIT                                           \
  }
  const struct bpf_insn rules[] = {
      LOAD(2, 0),
      LOAD(3, 4),
      LOAD(4, 8),
      IF(BPF_JSET, 2, BPF_DEVCG_ACC_MKNOD << 16, 4), /* mknod */
      IF(BPF_JEQ, 3, 1, 3),                          /* null, zero, full, random, urandom */
      IF(BPF_JEQ, 3, 5, 2),                          /* tty, console, ptmx */
      IF(BPF_JEQ, 3, 136, 1),                        /* pseudo terminals */
      {.code = BPF_JMP | BPF_JA, .off = 2},
      ANSWER(1),
      ANSWER(0),
  };
#undef LOAD
#undef IF
#undef ANSWER
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                         .insn_cnt = sizeof rules / sizeof *rules,
                         .insns = (uintptr_t)rules,
                         .license = (uintptr_t) "Apache-2.0"};
  int program = need(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load), "device rules");
  union bpf_attr to = {.target_fd = (uint32_t)cgroup,
                       .attach_bpf_fd = (uint32_t)program,
                       .attach_type = BPF_CGROUP_DEVICE,
                       .attach_flags = BPF_F_ALLOW_MULTI};
  need(syscall(SYS_bpf, BPF_PROG_ATTACH, &to, sizeof to), "device rules on the cgroup");
  close(program);
}

/* ------------------------------------------------------------- the two sides */

static _Noreturn void container(const char* rootfs, char** command, bool extras) {
  need(unshare(CLONE_NEWCGROUP), "unshare cgroup");
  umask(0);
  if (extras) {
    need(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor"), "keyring");
    loopback_up();
  }
  build_root(rootfs);
  become_container_user();
  need(syscall(SYS_close_range, 3U, ~0U, 1U << 2 /* CLOSE_RANGE_CLOEXEC */), "close_range");
  execve(command[0], command, container_env);
  die(command[0]);
}

static int run(const char* rootfs, const char* leaf, char** command, bool extras) {
  int status;
  need(mkdir(leaf, 0755), leaf);
  int cgroup = open(leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (cgroup < 0) die(leaf);
  if (extras) attach_device_rules(cgroup);
  struct clone_args args = {
      .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_INTO_CGROUP,
      .exit_signal = SIGCHLD,
      .cgroup = (uint64_t)cgroup};
  pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  if (pid == 0) container(rootfs, command, extras);
  int cloned = errno;
  while (pid > 0 && waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) die("waitpid");
  if (rmdir(leaf) < 0) die("rmdir of the cgroup");
  errno = cloned;
  if (pid < 0) die("clone3");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int main(int argc, char** argv) {
  char leaf[4096];
  bool extras = argc > 1 && strcmp(argv[1], "-x") == 0;
  char** args = argv + (extras ? 2 : 1);
  if (argc - (extras ? 1 : 0) < 5 || strcmp(args[2], "--") != 0) {
    dprintf(2, "usage: floor [-x] ROOTFS CGROUP_PARENT_DIR -- CMD [ARG...]\n");
    return 2;
  }
  snprintf(leaf, sizeof leaf, "%s/floor-%d", args[1], (int)getpid());
  return run(args[0], leaf, args + 3, extras);
}
