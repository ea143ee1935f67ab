/* memory [-x FILE] CMD [ARG...]: peak resident memory of a command and of its descendants, told apart.
 *
 *     RUNTIME_KB DESCENDANT_KB STATUS
 *
 * ru_maxrss cannot answer this: it lumps a process together with the children it waited for, starts from what the
 * parent had before execve, and is fed from per-CPU counters that lag behind. So the command runs under ptrace and is
 * held wherever an address space ends, at each execve and exit; there VmHWM of /proc/PID/status is exact enough (the
 * kernel sums the counters for it).
 *
 * RUNTIME_KB     the largest address space of the process that was started (threads included).
 * DESCENDANT_KB  the largest one of all other processes, up to and including the moment they call execve; not counted
 *                are processes that end as FILE (-x), which is how the container's own program is left out.
 *                A child that shares the parent's memory (vfork) shows the parent's figure.
 * STATUS         exit code of the command, 128+n for a signal.
 *
 * Pages of files and pages shared after a fork count in full in every process, as they do in ru_maxrss. Nothing here is
 * timed: each system call stops twice.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* <sys/ptrace.h> and <linux/ptrace.h> do not go together in glibc 2.36. */
extern long ptrace(int request, ...);

enum {
  OPTIONS = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT |
            PTRACE_O_TRACESYSGOOD,
  SYSCALL_STOP = SIGTRAP | 0x80
};

static pid_t runtime;
static struct stat payload; /* st_ino 0: none */
static bool started;
static long runtime_kb, descendant_kb;

static bool is_payload(pid_t pid) {
  char exe[64];
  struct stat now;
  if (payload.st_ino == 0) return false;
  snprintf(exe, sizeof exe, "/proc/%d/exe", (int)pid);
  return stat(exe, &now) == 0 && now.st_dev == payload.st_dev && now.st_ino == payload.st_ino;
}

static void record(pid_t pid) {
  char path[64], line[256];
  long group = pid, peak = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  FILE* status = fopen(path, "re");
  if (!status) return;
  while (fgets(line, sizeof line, status)) {
    if (sscanf(line, "Tgid: %ld", &group) == 1) continue;
    sscanf(line, "VmHWM: %ld", &peak);
  }
  fclose(status);
  long* largest = group == runtime ? &runtime_kb : &descendant_kb;
  if (peak > *largest && (group == runtime || !is_payload(pid))) *largest = peak;
}

static bool enters_execve(pid_t pid) {
  struct ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY)
    return false;
  return info.entry.nr == SYS_execve || info.entry.nr == SYS_execveat;
}

/* One stop of one thread, and how it goes on: which request, and with which signal. */
static void resume(pid_t pid, int status) {
  int sig = WSTOPSIG(status), event = status >> 16;
  int request = PTRACE_SYSCALL, deliver = 0;
  if (event == PTRACE_EVENT_STOP) {
    if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) request = PTRACE_LISTEN;
  } else if (event == PTRACE_EVENT_EXIT) {
    record(pid);
  } else if (event == PTRACE_EVENT_EXEC && !started) {
    started = true;
    runtime_kb = 0; /* what was recorded is the weight of this very program before the first execve */
  } else if (sig == SYSCALL_STOP) {
    if (enters_execve(pid)) record(pid);
  } else if (event == 0) {
    deliver = sig;
  }
  ptrace(request, pid, NULL, (long)deliver);
}

/* Follows all of them until the runtime has ended; what it leaves running goes on without us. */
static int follow(void) {
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) return 125;
    if (WIFSTOPPED(status)) {
      resume(pid, status);
    } else if (pid == runtime) {
      return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
  }
}

/* Waits until it is traced, then becomes the command. */
static void become(int go, char** command) {
  char byte;
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (read(go, &byte, 1) != 1 || dup2(null, 0) < 0 || dup2(null, 1) < 0) _exit(125);
  execvp(command[0], command);
  dprintf(2, "memory: %s: %s\n", command[0], strerror(errno));
  _exit(125);
}

int main(int argc, char** argv) {
  int go[2], option;
  while ((option = getopt(argc, argv, "+x:")) != -1)
    if (option != 'x' || stat(optarg, &payload) < 0) return 125;
  if (optind == argc || pipe2(go, O_CLOEXEC) < 0) {
    fprintf(stderr, "usage: memory [-x FILE] CMD [ARG...]\n");
    return 125;
  }
  runtime = fork();
  if (runtime == 0) become(go[0], argv + optind);
  if (runtime < 0 || ptrace(PTRACE_SEIZE, runtime, NULL, (long)OPTIONS) < 0) {
    perror("memory: ptrace");
    close(go[1]);
    return 125;
  }
  if (write(go[1], "", 1) != 1) return 125;
  int code = follow();
  printf("%ld %ld %d\n", runtime_kb, descendant_kb, code);
  return 0;
}
