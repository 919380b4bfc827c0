#ifndef TESSERA_CNUMA_H
#define TESSERA_CNUMA_H

// _GNU_SOURCE stays undefined here: with it the module clashes with Dispatch's, and libnuma's own
// numa_sched_setaffinity serves where sched_setaffinity would need it.
#include <fcntl.h>
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

// The CPU that the calling thread is on, or -1. Declared for _GNU_SOURCE only.
extern int sched_getcpu(void);

// The kernel's number of the calling thread. gettid(3) is declared for _GNU_SOURCE only.
static inline pid_t cnuma_thread_number(void) { return (pid_t)syscall(SYS_gettid); }

// A descriptor of memory without a name, closed on exec, or -1. memfd_create(2) is declared for
// _GNU_SOURCE only: MFD_CLOEXEC is 1, MFD_ALLOW_SEALING 2.
static inline int cnuma_create_shared_memory(const char *name) {
  return (int)syscall(SYS_memfd_create, name, 1u | 2u);
}

// Lets nobody change its size any more, so that a mapping never loses its pages: F_ADD_SEALS of
// F_SEAL_SEAL, F_SEAL_SHRINK and F_SEAL_GROW.
static inline int cnuma_seal_size(int descriptor) {
  return fcntl(descriptor, 1033, 1 | 2 | 4);
}

#endif
