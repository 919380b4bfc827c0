// Settings that every source of this target shares; included before anything of Highway.
//
// Each source is compiled once an instruction set: foreach_target.h includes it again and again
// with another HWY_NAMESPACE, and the door in C picks one at run time. Loops whose results are
// exactly rounded are written plainly and left to the compiler's vectoriser, which knows the same
// instruction set; loops that need more (mathematical functions, ordered reductions, streaming
// stores) use Highway's vectors.
#ifndef TESSERA_DISPATCH_H
#define TESSERA_DISPATCH_H

// AVX-512, AVX2 and the architecture's baseline are enough: each further set costs time to compile.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)

// The same bits with and without fused multiply-add; where fusing is meant it is written as MulAdd.
#pragma clang fp contract(off)

#include <stddef.h>
#include <stdint.h>

#include "CKernels.h"

// Iterations are independent even where `out` is an input: element i is read before it is written.
#define TESSERA_VECTORIZE _Pragma("clang loop vectorize(assume_safety)")

namespace tessera {

// Runs of at least so many bytes are written past the caches: they would not stay there until read
// again.
constexpr size_t kStreamBytes = size_t{1} << 20;

// As many as any block of countable elements has: axes of extent 1 are left out, and 63 others
// make 2^63 elements.
constexpr size_t kMaximumAxes = 64;

inline bool IsFloating(tk_type type) {
  return type == TK_FLOAT32 || type == TK_FLOAT64;
}
inline bool IsInteger(tk_type type) {
  return type >= TK_INT8 && type <= TK_UINT64;
}

// The type without sign of the same width, for what integers do alike with a sign and without:
// one loop then serves both. Booleans are bytes.
inline tk_type Unsigned(tk_type type) {
  switch (type) {
    case TK_INT8:
    case TK_BOOL: return TK_UINT8;
    case TK_INT16: return TK_UINT16;
    case TK_INT32: return TK_UINT32;
    case TK_INT64: return TK_UINT64;
    default: return type;
  }
}

// Bytes of an element; 0 for what is no type.
inline size_t SizeOf(tk_type type) {
  switch (type) {
    case TK_INT8:
    case TK_UINT8:
    case TK_BOOL: return 1;
    case TK_INT16:
    case TK_UINT16: return 2;
    case TK_FLOAT32:
    case TK_INT32:
    case TK_UINT32: return 4;
    case TK_FLOAT64:
    case TK_INT64:
    case TK_UINT64: return 8;
  }
  return 0;
}

// Calls f with a zero of a type's elements; those of Booleans are bytes.
template <class F>
void WithType(tk_type type, const F& f) {
  switch (type) {
    case TK_FLOAT32: return f(float());
    case TK_FLOAT64: return f(double());
    case TK_INT8: return f(int8_t());
    case TK_INT16: return f(int16_t());
    case TK_INT32: return f(int32_t());
    case TK_INT64: return f(int64_t());
    case TK_UINT8: return f(uint8_t());
    case TK_UINT16: return f(uint16_t());
    case TK_UINT32: return f(uint32_t());
    case TK_UINT64: return f(uint64_t());
    case TK_BOOL: return f(uint8_t());
  }
}

// Calls f with a zero of so many bytes, and says whether there is one.
template <class F>
bool WithWord(size_t size, const F& f) {
  switch (size) {
    case 1: f(uint8_t()); return true;
    case 2: f(uint16_t()); return true;
    case 4: f(uint32_t()); return true;
    case 8: f(uint64_t()); return true;
    default: return false;
  }
}

// Whether a run consists of whole cache lines, as loops ask for that write past the caches.
inline bool IsWholeLines(const void* out, size_t bytes) {
  return (reinterpret_cast<uintptr_t>(out) | bytes) % 64 == 0;
}

// Functions that are more than arithmetic, each in its own source. `type` is a floating-point one;
// with `streams`, `out` is whole lines and written past the caches.
void ExponentialUnary(tk_unary_op op, tk_type type, void* out, const void* in, size_t count,
                      bool streams);
void TrigonometricUnary(tk_unary_op op, tk_type type, void* out, const void* in, size_t count,
                        bool streams);
// POWER, REMAINDER, ATAN2 and HYPOT; steps as in tk_binary.
void PowerBinary(tk_binary_op op, tk_type type, void* out, const void* a, size_t a_step,
                 const void* b, size_t b_step, size_t count);

}  // namespace tessera

#endif  // TESSERA_DISPATCH_H
