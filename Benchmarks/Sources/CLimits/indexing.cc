// Loops over indices, as anyone would write them in C.
#include "threads.h"

extern "C" double limit_indexing(limit_threads *threads, limit_indexed kind, double *out,
                                 const double *a, const int64_t *indices, size_t count,
                                 size_t passes) {
  return threads->Run([=](size_t thread) {
    size_t first, length;
    threads->Part(count, thread, &first, &length);
    for (size_t done = 0; done < passes; ++done) {
      if (kind == LIMIT_GATHER) {
        for (size_t i = first; i < first + length; ++i) out[i] = a[indices[i]];
      } else {
        for (size_t i = first; i < first + length; ++i) out[indices[i]] = a[i];
      }
    }
  });
}
