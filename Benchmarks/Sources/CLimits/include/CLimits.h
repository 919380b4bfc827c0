// What the machine itself can do: loops that the cases are measured beside. They are this package's
// own and share nothing with Tessera, because a limit must not be the thing that is measured.
//
// Nothing here fails but what returns a null pointer. Pointers to elements come from `limit_map`.
#ifndef BENCHMARKS_CLIMITS_H
#define BENCHMARKS_CLIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Seconds of a clock that only goes forward, and is the same for everything measured here.
double limit_now(void);

// Threads that sleep between measurements, so that they take nothing from what is measured in turn
// with them. The calling thread is the first of them. cpus[i] is where thread i is pinned (the
// caller for as long as a measurement takes), -1 for nowhere.
typedef struct limit_threads limit_threads;
limit_threads *limit_threads_start(size_t count, const int *cpus);
void limit_threads_stop(limit_threads *threads);

// Memory for `count` floats, which are 1, on pages like those of large tensors (huge where the
// system has them), each touched by the thread that will use it, or by the caller if `threads` is
// null. Null where the system has no more.
float *limit_map(limit_threads *threads, size_t count);
void limit_unmap(float *memory, size_t count);

// What a pass over memory does.
typedef enum {
  LIMIT_READ,    // reads a
  LIMIT_WRITE,   // out = constant
  LIMIT_COPY,    // out = a
  LIMIT_ADD,     // out = a + b
  LIMIT_UPDATE,  // out = out + a
  LIMIT_JOIN,    // out = sum of `terms` runs of `count` elements that follow each other in a
} limit_pass;

// How it does it: which way is the fastest depends on the machine, the pass and the size.
typedef enum {
  LIMIT_CACHED,      // plain stores, which leave what they write in the caches
  LIMIT_STREAMED,    // stores past the caches
  LIMIT_PREFETCHED,  // the same, asking for what will be read a little before
} limit_way;

// Seconds of `passes` passes over `count` elements by all threads, each over its part. Operands
// that a pass has no use for may be null. There is one way of reading.
double limit_stream(limit_threads *threads, limit_pass pass, limit_way way, float *out,
                    const float *a, const float *b, size_t count, size_t terms, size_t passes);

// What a loop over indices does.
typedef enum {
  LIMIT_GATHER,   // out[i] = a[indices[i]]
  LIMIT_SCATTER,  // out[indices[i]] = a[i], where no index stands twice
} limit_indexed;

// Seconds of `passes` plain loops over `count` indices by all threads, each over its part. Memory
// is that of limit_map, with two floats for each double.
double limit_indexing(limit_threads *threads, limit_indexed kind, double *out, const double *a,
                      const int64_t *indices, size_t count, size_t passes);

// Seconds of `rounds` rounds of independent fused multiplications and additions in registers, by
// all threads; *operations is the number of multiplications and additions of all of them.
double limit_arithmetic(limit_threads *threads, bool is_double, size_t rounds, double *operations);

// Seconds of `calls` calls of a function that adds four floats, on the caller.
double limit_small_calls(size_t calls);

// The instruction set of these loops, as Highway calls it.
const char *limit_instruction_set(void);

#ifdef __cplusplus
}
#endif

#endif
