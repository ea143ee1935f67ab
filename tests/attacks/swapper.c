/* swapper A B: exchanges the names A and B again and again, as fast as the kernel does it, until it is killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: swapper A B\n");
    return 2;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) == 0 || errno == EBUSY) continue;
  fprintf(stderr, "swapper: %s: %s\n", argv[1], strerror(errno));
  return 1;
}
