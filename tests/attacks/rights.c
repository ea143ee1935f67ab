/* rights read FILE             copies FILE to standard output: a program that may have been given rights of its own
 * rights key-put WORD PROGRAM  runs PROGRAM in a new session keyring with a key "husk-attack" whose value is WORD
 * rights key-get               prints the value of the key "husk-attack", if the session keyring leads to one
 * rights descriptors FILE [stay]
 *     adds a line to FILE for each descriptor beyond standard error that it was started with; then it stays, if asked
 * rights reuse PIDFILE FIRST SECOND
 *     runs the shell script FIRST, ends the process whose number is in PIDFILE, gives the number to a bystander, runs
 *     the shell script SECOND; status 0 if the bystander did not survive it */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const char kKey[] = "husk-attack";

static int read_file(const char* path) {
  char text[4096];
  int file = open(path, O_RDONLY);
  if (file < 0) return 1;
  ssize_t size = read(file, text, sizeof text);
  return size > 0 && write(1, text, (size_t)size) == size ? 0 : 1;
}

static int key_put(const char* word, char** program) {
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0) return 3;
  if (syscall(SYS_add_key, "user", kKey, word, strlen(word), KEY_SPEC_SESSION_KEYRING) < 0) return 3;
  execv(program[0], program);
  return 127;
}

static int key_get(void) {
  char text[256] = "";
  long key = syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", kKey, 0);
  if (key < 0 || syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof text - 1) < 0) return 1;
  puts(text);
  return 0;
}

static int list_descriptors(const char* report, int stay) {
  char text[4096] = "", path[64], target[1024];
  size_t used = 0;
  for (int fd = 3; fd < 1024; ++fd) {
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (size < 0) continue;
    target[size] = 0;
    used += (size_t)snprintf(text + used, sizeof text - used, "%d %s\n", fd, target);
    if (used >= sizeof text) return 1;
  }
  int file = open(report, O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (file < 0 || write(file, text, used) < 0) return 1;
  while (stay) pause();
  return 0;
}

static int number_in(const char* path) {
  char text[32] = "";
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || read(file, text, sizeof text - 1) < 0) return 0;
  close(file);
  return atoi(text);
}

/* A process that is to have this number; where clone3 is missing, the next one after the number before it is tried. */
static long start_with(int number) {
  pid_t wanted = number;
  struct clone_args args = {0};
  args.exit_signal = SIGCHLD;
  args.set_tid = (uintptr_t)&wanted;
  args.set_tid_size = 1;
  long pid = syscall(SYS_clone3, &args, sizeof args);
  if (pid >= 0 || errno != ENOSYS) return pid;
  FILE* last = fopen("/proc/sys/kernel/ns_last_pid", "we");
  if (last == NULL) return -1;
  fprintf(last, "%d", number - 1);
  fclose(last);
  return fork();
}

/* Whoever was quicker to get the number may end before long. */
static int bystander(int number) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    long pid = start_with(number);
    if (pid == 0 && getpid() != number) _exit(0);
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;) pause();
    }
    if (pid == number) return 1;
    if (pid > 0) waitpid((pid_t)pid, NULL, 0);
    if (pid < 0 && errno != EEXIST) return 0;
    usleep(1000);
  }
  return 0;
}

static int reuse(const char* pid_file, const char* first, const char* second) {
  prctl(PR_SET_CHILD_SUBREAPER, 1); /* so that we are who waits for it, and know when its number is free */
  int number = 0, status = 0;
  if (system(first) != 0 || (number = number_in(pid_file)) <= 1) return 3;
  kill(number, SIGKILL);
  if (waitpid(number, &status, 0) != number || !bystander(number)) return 3;
  (void)!system(second);
  usleep(20000);
  if (waitpid(number, &status, WNOHANG) == number) return 0;
  kill(number, SIGKILL);
  waitpid(number, &status, 0);
  return 1;
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "read") == 0 && argc == 3) return read_file(argv[2]);
  if (strcmp(what, "key-put") == 0 && argc > 3) return key_put(argv[2], argv + 3);
  if (strcmp(what, "key-get") == 0) return key_get();
  if (strcmp(what, "descriptors") == 0 && argc > 2) return list_descriptors(argv[2], argc > 3);
  if (strcmp(what, "reuse") == 0 && argc == 5) return reuse(argv[2], argv[3], argv[4]);
  return 2;
}
