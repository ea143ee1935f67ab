/* enosys PROGRAM [ARG...]: runs PROGRAM as on an older kernel, where clone3, openat2 and the mount calls that work on
 * descriptors do not exist: a seccomp filter answers ENOSYS to them. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One number of the list below: answer ENOSYS when it is the one. */
#define ABSENT(name) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)

static struct sock_filter program[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    ABSENT(clone3),
    ABSENT(openat2),
    ABSENT(open_tree),
    ABSENT(move_mount),
    ABSENT(fsopen),
    ABSENT(fsconfig),
    ABSENT(fsmount),
    ABSENT(fspick),
    ABSENT(mount_setattr),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

int main(int argc, char** argv) {
  struct sock_fprog filter = {sizeof(program) / sizeof(program[0]), program};
  if (argc < 2) {
    fprintf(stderr, "usage: enosys PROGRAM [ARG...]\n");
    return 2;
  }
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0) {
    perror("enosys: seccomp filter (root is needed)");
    return 2;
  }
  execvp(argv[1], argv + 1);
  perror(argv[1]);
  return 127;
}
