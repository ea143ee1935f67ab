/* measure [-s MS] [-t SECONDS] CMD [ARG...]: what one run of a command costs, as one line of figures.
 *
 *     WALL_US CPU_US MAXRSS_KB STATUS
 *
 * WALL_US    from just before the fork to the return of wait4, on the monotonic clock.
 * CPU_US     user and system time of the command and of all its descendants that were waited for.
 * MAXRSS_KB  ru_maxrss as wait4 reports it. For a process that has waited for others Linux reports the largest of them
 *            all, so this is the peak of the runtime or of its init, whichever was larger; memory.c tells them apart.
 *            It cannot be smaller than the peak of `measure` itself, as execve hands that on (hence a static program),
 *            and the kernel's own counting is coarse: up to some 100 kB may be missing per kind of page.
 * STATUS     exit code, 128+n for a signal, 124 when the time was up (-t, 30 seconds if not given).
 *
 * The command reads from and writes to /dev/null; its stderr is that of `measure`. -s waits before the start, so that
 * what the command before it left to the kernel (network namespaces are torn down in the background) is over.
 *
 * posix_spawn shares the address space with the child until execve, so no page table is copied: what `measure` adds to
 * the figure is one vfork, three calls on descriptors, and one wake-up. Run on an empty program it shows its own floor.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char** environ;

static volatile sig_atomic_t timed_out;
static volatile pid_t running;

static void time_is_up(int sig) {
  (void)sig;
  timed_out = 1;
  if (running > 0) kill(running, SIGKILL);
}

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static long long microseconds(struct timeval t) {
  return t.tv_sec * 1000000LL + t.tv_usec;
}

static void settle(long ms) {
  struct timespec rest = {ms / 1000, ms % 1000 * 1000000L};
  while (nanosleep(&rest, &rest) < 0 && errno == EINTR) continue;
}

static int failed(const char* what, int error) {
  fprintf(stderr, "measure: %s: %s\n", what, strerror(error));
  return 125;
}

static int measure(char** command) {
  int status;
  pid_t pid;
  struct rusage used;
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&files, 0, 1);

  long long begin = now_ns();
  int error = posix_spawnp(&pid, command[0], &files, NULL, command, environ);
  if (error) return failed(command[0], error);
  running = pid;
  if (timed_out) kill(pid, SIGKILL);
  while (wait4(pid, &status, 0, &used) < 0)
    if (errno != EINTR) return failed("wait4", errno);
  long long end = now_ns();
  running = 0;

  int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  printf("%lld %lld %ld %d\n", (end - begin + 500) / 1000, microseconds(used.ru_utime) + microseconds(used.ru_stime),
         used.ru_maxrss, timed_out ? 124 : code);
  return 0;
}

int main(int argc, char** argv) {
  long settle_ms = 0;
  unsigned seconds = 30;
  for (int option; (option = getopt(argc, argv, "+s:t:")) != -1;) {
    if (option == 's') {
      settle_ms = atol(optarg);
    } else if (option == 't') {
      seconds = (unsigned)atoi(optarg);
    } else {
      return 125;
    }
  }
  if (optind == argc) {
    fprintf(stderr, "usage: measure [-s MS] [-t SECONDS] CMD [ARG...]\n");
    return 125;
  }
  struct sigaction alarm_action = {.sa_handler = time_is_up};
  sigaction(SIGALRM, &alarm_action, NULL);
  settle(settle_ms);
  alarm(seconds);
  return measure(argv + optind);
}
