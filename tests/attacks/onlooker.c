/* onlooker NAMESPACE REPORT COMMAND...: runs COMMAND, and stops each of its processes that is about to enter a network
 * namespace, in front of that call. Then root of the user namespace in the file NAMESPACE takes from it what he can:
 * its environment, its memory, its descriptors. (Not from husk-init: other attacks are about that.)
 *
 * So the moment between two calls is as long as an attacker needs, and he misses none. The file REPORT gets a line for
 * each process that was in that user namespace when it was stopped, and for all that he took. The status is COMMAND's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE* report;

static void take_environment(int pid) {
  char path[64], text[16384];
  snprintf(path, sizeof path, "/proc/%d/environ", pid);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);
  if (file >= 0) close(file);
  if (size < 0) return;
  text[size] = '\0';
  for (char* one = text; one < text + size; one += strlen(one) + 1)
    fprintf(report, "took from its environment: %s\n", one);
}

static void take_memory(int pid, unsigned long address) {
  char bytes[16];
  struct iovec mine = {bytes, sizeof bytes};
  struct iovec theirs = {(void*)address, sizeof bytes};
  if (process_vm_readv(pid, &mine, 1, &theirs, 1, 0) > 0) fprintf(report, "took from its memory, at %lx\n", address);
}

static void take_descriptors(int pid) {
  int process = (int)syscall(SYS_pidfd_open, pid, 0);
  for (int fd = 0; process >= 0 && fd < 32; ++fd) {
    int mine = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    if (mine < 0) continue;
    fprintf(report, "took its descriptor %d\n", fd);
    close(mine);
  }
  if (process >= 0) close(process);
}

/* In a process of its own: there is no way back out of a user namespace. */
static void look_into(int pid, unsigned long address, int namespace) {
  pid_t child = fork();
  if (child == 0) {
    if (setns(namespace, CLONE_NEWUSER) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
      fprintf(report, "the attacker is not root there: %s\n", strerror(errno));
    take_environment(pid);
    take_memory(pid, address);
    take_descriptors(pid);
    fflush(report);
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

/* husk-init is a memory file; the others are husk, and what it has put beside itself. */
static int is_init(int pid) {
  char path[64], target[64];
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  ssize_t size = readlink(path, target, sizeof target);
  return size > 7 && strncmp(target, "/memfd:", 7) == 0;
}

static int is_in(int pid, int namespace) {
  char path[64];
  struct stat its, that;
  snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
  return stat(path, &its) == 0 && fstat(namespace, &that) == 0 && its.st_ino == that.st_ino &&
         its.st_dev == that.st_dev;
}

/* Who asks to enter a network namespace is to wait for an answer. */
static int listen_to_entries(void) {
  enum { kKind = offsetof(struct seccomp_data, args) + sizeof(__u64) }; /* the low half of the second argument */
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setns, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, kKind),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLONE_NEWNET, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void answer(int listener, int namespace) {
  struct seccomp_notif ask;
  struct seccomp_notif_resp reply;
  memset(&ask, 0, sizeof ask);
  memset(&reply, 0, sizeof reply);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0) return;
  const int pid = (int)ask.pid;
  if (!is_init(pid)) {
    if (is_in(pid, namespace)) fprintf(report, "stopped process %d in the user namespace\n", pid);
    fflush(report);
    look_into(pid, (unsigned long)ask.data.instruction_pointer, namespace);
  }
  reply.id = ask.id;
  reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  (void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

int main(int argc, char** argv) {
  int namespace, told[2], listener = -1, status = -1;
  if (argc < 4 || (namespace = open(argv[1], O_RDONLY | O_CLOEXEC)) < 0 || (report = fopen(argv[2], "we")) == NULL ||
      pipe2(told, O_CLOEXEC) < 0)
    return 125;
  /* It shares our descriptors until it executes COMMAND: so its listener is ours. */
  pid_t child = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
  if (child == 0) {
    listener = listen_to_entries();
    if (listener < 0 || write(told[1], &listener, sizeof listener) != sizeof listener) _exit(125);
    execvp(argv[3], argv + 3);
    _exit(126);
  }
  struct pollfd events[2] = {{(int)syscall(SYS_pidfd_open, child, 0), POLLIN, 0}, {told[0], POLLIN, 0}};
  if (poll(events, 2, -1) < 0 || (events[1].revents & POLLIN) == 0 ||
      read(told[0], &listener, sizeof listener) != sizeof listener)
    return 125;
  events[1].fd = listener;
  while (poll(events, 2, -1) > 0 && (events[0].revents & POLLIN) == 0)
    if ((events[1].revents & POLLIN) != 0) answer(listener, namespace);
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
