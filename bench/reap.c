/* reap CMD [ARG...]: runs a command and stands in for a working process 1 until it ends.
 *
 * `create` leaves a container whose parent is gone; on a real machine process 1 reaps it when it ends. Where process 1
 * does not (many containers and test machines), every measured container would stay as a zombie, and runtimes that wait
 * for one to vanish would be measured waiting. Signals to end are passed on; the exit status is that of the command.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t command;

static void pass_on(int sig) {
  if (command > 0) kill(command, sig);
}

int main(int argc, char** argv) {
  const int passed[] = {SIGHUP, SIGINT, SIGTERM};
  struct sigaction act = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
  int status, code = 125;
  pid_t pid;
  if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return 125;
  command = fork();
  if (command == 0) {
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(125);
  }
  for (size_t i = 0; i < sizeof passed / sizeof *passed; i++) sigaction(passed[i], &act, NULL);
  while (command > 0 && ((pid = waitpid(-1, &status, 0)) > 0 || errno == EINTR)) {
    if (pid != command) continue;
    code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    command = 0;
  }
  while (waitpid(-1, &status, WNOHANG) > 0) continue;
  return code;
}
