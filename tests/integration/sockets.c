/* The other end of a runtime's sockets, for the tests. FILE gets one line for each message; it is there, empty, once we
 * listen.
 *
 *   sockets manager ADDRESS FILE [hold]   a service manager: a datagram socket. Line ends in a message become "|", and
 *                                         descriptors are counted: "BARRIER=1 (1)". They are closed, or kept with
 * "hold" sockets send TEXT...                  sends each TEXT as a datagram to $NOTIFY_SOCKET ("\n" in it is a line
 * end) sockets receive PATH FILE             takes one connection, reads it to its end: a line for each message, with
 * the number of descriptors; stays, and keeps them, until it is killed
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char* what) {
  fprintf(stderr, "sockets: %s: %s\n", what, strerror(errno));
  exit(1);
}

static socklen_t address_of(const char* name, struct sockaddr_un* out) {
  size_t size = strlen(name);
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  if (size >= sizeof out->sun_path) {
    errno = ENAMETOOLONG;
    die(name);
  }
  memcpy(out->sun_path, name, size);
  if (name[0] != '@') return sizeof *out;
  out->sun_path[0] = '\0';
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
}

static int listen_at(const char* name, int type) {
  struct sockaddr_un address;
  const socklen_t size = address_of(name, &address);
  int fd = socket(AF_UNIX, type, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&address, size) < 0) die(name);
  if (type == SOCK_STREAM && listen(fd, 5) < 0) die(name);
  return fd;
}

static FILE* report_to(const char* path) {
  FILE* file = fopen(path, "w");
  if (file == NULL) die(path);
  setvbuf(file, NULL, _IOLBF, 0);
  return file;
}

/* 0 at the end. */
static int take_message(int fd, FILE* report, int keep) {
  char text[4096];
  char control[CMSG_SPACE(16 * sizeof(int))];
  struct iovec part = {text, sizeof text - 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t n = recvmsg(fd, &message, 0);
  if (n <= 0) return 0;
  int held[64];
  size_t count = 0;
  for (struct cmsghdr* c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const size_t here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < here && count < sizeof held / sizeof held[0]; i++)
      memcpy(&held[count++], CMSG_DATA(c) + i * sizeof held[0], sizeof held[0]);
  }
  text[n] = '\0';
  for (ssize_t i = 0; i < n; i++)
    if (text[i] == '\n' || text[i] == '\0') text[i] = '|';
  if (count > 0)
    fprintf(report, "%s (%zu)\n", text, count);
  else
    fprintf(report, "%s\n", text);
  /* Only now: closing them is our answer. */
  for (size_t i = 0; i < count && !keep; i++) close(held[i]);
  return 1;
}

static int send_all(char** texts) {
  const char* name = getenv("NOTIFY_SOCKET");
  struct sockaddr_un address;
  if (name == NULL) {
    errno = EDESTADDRREQ;
    die("NOTIFY_SOCKET");
  }
  const socklen_t size = address_of(name, &address);
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  for (; *texts != NULL; texts++) {
    char text[4096];
    size_t n = 0;
    for (const char* at = *texts; *at != '\0' && n < sizeof text; at++) {
      if (at[0] == '\\' && at[1] == 'n') {
        text[n++] = '\n';
        at++;
      } else {
        text[n++] = *at;
      }
    }
    if (sendto(fd, text, n, 0, (struct sockaddr*)&address, size) < 0) die(name);
  }
  return 0;
}

int main(int argc, char** argv) {
  if (argc >= 3 && strcmp(argv[1], "send") == 0) return send_all(argv + 2);
  if (argc < 4) return 2;
  if (strcmp(argv[1], "manager") == 0) {
    int fd = listen_at(argv[2], SOCK_DGRAM);
    FILE* report = report_to(argv[3]);
    while (take_message(fd, report, argc > 4)) continue;
    return 0;
  }
  if (strcmp(argv[1], "receive") != 0) return 2;
  int fd = listen_at(argv[2], SOCK_STREAM);
  FILE* report = report_to(argv[3]);
  int peer = accept(fd, NULL, NULL);
  if (peer < 0) die("accept");
  while (take_message(peer, report, 1)) continue;
  fputs("end\n", report);
  for (;;) pause();
}
