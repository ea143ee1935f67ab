/* orphans REPORT PROGRAM [ARG...]: runs PROGRAM and ends as it did. Every process that PROGRAM leaves behind comes to
 * us, because we are a subreaper: each is written to the file REPORT, then ended. Nothing left: no such file. A PROGRAM
 * that has not ended after 20 seconds is killed, and REPORT says so. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t main_child;
static volatile sig_atomic_t timed_out;

static void forward(int signal) {
  kill(main_child, signal);
}

static void out_of_time(int signal) {
  (void)signal;
  timed_out = 1;
  kill(main_child, SIGKILL);
}

static void report(const char* path, pid_t pid, const char* how) {
  FILE* file = fopen(path, "ae");
  if (file == NULL) return;
  fprintf(file, "process %d was left behind (%s)\n", (int)pid, how);
  fclose(file);
}

/* The first child of ours that is still alive, from the list that the kernel keeps; 0 when there is none. */
static pid_t living_child(void) {
  char path[64];
  int pid = 0;
  snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
  FILE* file = fopen(path, "re");
  if (file == NULL) return 0;
  if (fscanf(file, "%d", &pid) != 1) pid = 0;
  fclose(file);
  return pid;
}

static void collect(const char* path) {
  for (;;) {
    pid_t pid = waitpid(-1, NULL, WNOHANG);
    if (pid < 0) return; /* ECHILD: nobody is left */
    if (pid > 0) {
      report(path, pid, "a zombie");
      continue;
    }
    pid = living_child();
    if (pid == 0) return;
    report(path, pid, "alive");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
  }
}

int main(int argc, char** argv) {
  static const int signals[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGQUIT};
  int status = 0;
  if (argc < 3) return 2;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  main_child = fork();
  if (main_child == 0) {
    sigprocmask(SIG_SETMASK, &before, NULL);
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) signal(signals[i], forward);
  signal(SIGALRM, out_of_time);
  alarm(20);
  sigprocmask(SIG_SETMASK, &before, NULL);
  while (waitpid(main_child, &status, 0) < 0 && errno == EINTR) continue;
  if (timed_out) report(argv[1], main_child, "the runtime itself, which did not end");
  collect(argv[1]);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
