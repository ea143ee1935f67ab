/* approve DIRECTORY: makes a directory, which a seccomp filter asks an agent about, and answers itself: with a listener
 * that was left among our descriptors. Succeeds if it is made. */
#define _GNU_SOURCE
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int listener(void) {
  char name[64], target[64];
  for (int fd = 3; fd < 1024; ++fd) {
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, target, sizeof target - 1);
    if (n <= 0) continue;
    target[n] = '\0';
    if (strstr(target, "seccomp")) return fd;
  }
  return -1;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  int fd = listener();
  if (fd < 0) {
    puts("no listener here");
    return 1;
  }
  pid_t child = fork();
  if (child == 0) _exit(mkdir(argv[1], 0700) == 0 ? 0 : 1);
  struct seccomp_notif ask;
  struct seccomp_notif_resp reply;
  memset(&ask, 0, sizeof ask);
  memset(&reply, 0, sizeof reply);
  alarm(10);
  if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0) perror("receive");
  reply.id = ask.id;
  reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  if (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &reply) < 0) perror("send");
  int status = -1;
  waitpid(child, &status, 0);
  return status != 0;
}
