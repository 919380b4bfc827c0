#ifndef TESSERA_CNUMA_H
#define TESSERA_CNUMA_H

// _GNU_SOURCE stays undefined here: with it the module clashes with Dispatch's, and libnuma's own
// numa_sched_setaffinity serves where sched_setaffinity would need it.
#include <numa.h>
#include <numaif.h>
#include <sys/syscall.h>
#include <unistd.h>

// Tells the processor that the calling thread spins, which frees its core's resources for the other
// hardware thread and saves power. Swift has no public way to say it.
static inline void cnuma_spin_hint(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ __volatile__("yield");
#endif
}

// The kernel's number of the calling thread. gettid(3) is declared for _GNU_SOURCE only.
static inline pid_t cnuma_thread_number(void) { return (pid_t)syscall(SYS_gettid); }

#endif
