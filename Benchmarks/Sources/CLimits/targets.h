// The instruction sets that these loops are compiled for: those that Tessera's kernels are.
#ifndef BENCHMARKS_TARGETS_H
#define BENCHMARKS_TARGETS_H

#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

#endif
