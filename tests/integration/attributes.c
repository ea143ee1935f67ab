/* attributes WORD...: what the kernel gives this process, one line for each word:
 *
 *   scheduler   policy, flags, nice, priority, runtime, deadline, period (sched_getattr)
 *   io          class and level of ioprio_get
 *   memory      mode with its flags, and the nodes as a bit mask in hexadecimal (get_mempolicy)
 *   processors  how many CPUs it may run on (sched_getaffinity)
 *   clocks      CLOCK_MONOTONIC and CLOCK_BOOTTIME in nanoseconds
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int scheduler(void) {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t least, most;
  } a = {0};
  if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) < 0) return -1;
  return printf("%u %llu %d %u %llu %llu %llu\n", a.policy, (unsigned long long)a.flags, a.nice, a.priority,
                (unsigned long long)a.runtime, (unsigned long long)a.deadline, (unsigned long long)a.period);
}

static int io(void) {
  const long value = syscall(SYS_ioprio_get, 1, 0);
  return value < 0 ? -1 : printf("%ld %ld\n", value >> 13, value & 7);
}

static int memory(void) {
  int mode = 0;
  unsigned long nodes[64] = {0};
  if (syscall(SYS_get_mempolicy, &mode, nodes, 8 * sizeof nodes, NULL, 0) < 0) return -1;
  return printf("%d %lx\n", mode, nodes[0]);
}

static int processors(void) {
  static unsigned long mask[1024];
  const long size = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  int count = 0;
  for (long i = 0; i < size / (long)sizeof mask[0]; ++i) count += __builtin_popcountl(mask[i]);
  return size < 0 ? -1 : printf("%d\n", count);
}

static int clocks(void) {
  struct timespec monotonic, boot;
  if (clock_gettime(CLOCK_MONOTONIC, &monotonic) < 0 || clock_gettime(CLOCK_BOOTTIME, &boot) < 0) return -1;
  return printf("%lld %lld\n", monotonic.tv_sec * 1000000000LL + monotonic.tv_nsec,
                boot.tv_sec * 1000000000LL + boot.tv_nsec);
}

int main(int argc, char** argv) {
  const struct {
    const char* word;
    int (*print)(void);
  } all[] = {{"scheduler", scheduler}, {"io", io}, {"memory", memory}, {"processors", processors}, {"clocks", clocks}};
  for (int i = 1; i < argc; ++i)
    for (size_t k = 0; k < sizeof all / sizeof all[0]; ++k)
      if (strcmp(argv[i], all[k].word) == 0 && all[k].print() < 0) {
        perror(argv[i]);
        return 1;
      }
  return 0;
}
