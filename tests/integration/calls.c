/* calls [i:|x:]NUMBER[:ARGUMENT...]...: makes system calls, each in a process of its own, and says what came of it, one
 * word for each: "ok", "errno-N" or "signal-N". "i:" calls as a program of 32 bits does, "x:" as one for x32.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static long call_32(long number, const unsigned long* a) {
  long result;
  __asm__ volatile("int $0x80"
                   : "=a"(result)
                   : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
                   : "memory", "r8", "r9", "r10", "r11");
  return (int)result;
}

static long call_64(long number, const unsigned long* a) {
  const long result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return result == -1 ? -errno : result;
}

static long make(const char* text) {
  unsigned long a[6] = {0};
  const char kind = text[0] == 'i' || text[0] == 'x' ? text[0] : 0;
  char* at;
  long number = strtol(kind ? text + 2 : text, &at, 0);
  for (int i = 0; *at == ':' && i < 6; ++i) a[i] = strtoul(at + 1, &at, 0);
  if (kind == 'i') return call_32(number, a);
  return call_64(kind == 'x' ? number | 0x40000000 : number, a);
}

int main(int argc, char** argv) {
  volatile long* result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (result == MAP_FAILED) return 1;
  for (int i = 1; i < argc; ++i) {
    const pid_t pid = fork();
    int status = 0;
    if (pid == 0) {
      *result = make(argv[i]);
      _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) return 1;
    if (i > 1) printf(" ");
    if (WIFSIGNALED(status))
      printf("signal-%d", WTERMSIG(status));
    else if (*result < 0)
      printf("errno-%ld", -*result);
    else
      printf("ok");
  }
  printf("\n");
  return 0;
}
