/* A seccomp agent for the tests.
 *
 *   agent ADDRESS FILE [CALL=ERRNO]...   takes connections at ADDRESS ("@name": abstract), each with one message; FILE
 * (there, empty, once we listen) gets a line for each: the number of descriptors and the text. A call with one of the
 * given numbers fails with that error, all others go on. agent ADDRESS FILE close             takes one connection,
 * closes the listener and ends
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct { int call, error; } answers[64];
static int answer_count;

static void die(const char* what) {
  fprintf(stderr, "agent: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int listen_at(const char* name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t size = strlen(name);
  socklen_t length = sizeof address;
  if (size >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    die(name);
  }
  memcpy(address.sun_path, name, size);
  if (name[0] == '@') {
    address.sun_path[0] = '\0';
    length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
  }
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&address, length) < 0 || listen(fd, 16) < 0) die(name);
  return fd;
}

/* The listener that came, or -1; the message goes to `out`. */
static int take(int from, FILE* out) {
  static char text[65536];
  char control[CMSG_SPACE(8 * sizeof(int))];
  struct iovec part = {text, sizeof text - 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t size = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
  if (size <= 0) return -1;
  text[size] = '\0';
  int listener = -1, count = 0;
  for (struct cmsghdr* c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    int* fds = (int*)CMSG_DATA(c);
    for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i, ++count) listener = fds[i];
  }
  fprintf(out, "%d %s\n", count, text);
  fflush(out);
  return listener;
}

static void answer(int listener) {
  struct seccomp_notif ask;
  struct seccomp_notif_resp reply;
  memset(&ask, 0, sizeof ask);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0) return; /* who asked is gone */
  memset(&reply, 0, sizeof reply);
  reply.id = ask.id;
  reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  for (int i = 0; i < answer_count; ++i)
    if (answers[i].call == ask.data.nr) {
      reply.flags = 0;
      reply.error = -answers[i].error;
    }
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  int close_it = 0;
  for (int i = 3; i < argc; ++i) {
    if (strcmp(argv[i], "close") == 0)
      close_it = 1;
    else if (answer_count == 64 ||
             sscanf(argv[i], "%d=%d", &answers[answer_count].call, &answers[answer_count].error) != 2)
      return 2;
    else
      ++answer_count;
  }
  struct pollfd all[64] = {{.fd = listen_at(argv[1]), .events = POLLIN}};
  int count = 1;
  FILE* out = fopen(argv[2], "we");
  if (!out) die(argv[2]);
  for (;;) {
    if (poll(all, (nfds_t)count, -1) < 0) die("poll");
    for (int i = count - 1; i > 0; --i) {
      if (all[i].revents & POLLIN) {
        answer(all[i].fd);
      } else if (all[i].revents) { /* the last process with the filter has ended */
        close(all[i].fd);
        all[i] = all[--count];
      }
    }
    if (!(all[0].revents & POLLIN) || count == 64) continue;
    int from = accept4(all[0].fd, NULL, NULL, SOCK_CLOEXEC);
    int listener = from < 0 ? -1 : take(from, out);
    if (close_it) return 0;
    if (from >= 0) close(from);
    if (listener >= 0) all[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
  }
}
