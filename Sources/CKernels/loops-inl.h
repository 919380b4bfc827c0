// Loops over two operands, each a run or one repeated value; once an instruction set.
#if defined(TESSERA_LOOPS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_LOOPS_INL_H
#undef TESSERA_LOOPS_INL_H
#else
#define TESSERA_LOOPS_INL_H
#endif

#include "dispatch.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// out[i] = f(a[i], b[i]), where a step of 0 repeats the first value. That value is read before
// `out` is written, since it may lie there.
template <class F, class R, class T>
void Zip(F f, R* out, const T* a, size_t a_step, const T* b, size_t b_step, size_t count) {
  if (count == 0) return;
  const T a0 = *a;
  const T b0 = *b;
  if (a_step != 0 && b_step != 0) {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<R>(f(a[i], b[i]));
  } else if (b_step != 0) {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<R>(f(a0, b[i]));
  } else if (a_step != 0) {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<R>(f(a[i], b0));
  } else {
    const R value = static_cast<R>(f(a0, b0));
    TESSERA_VECTORIZE
    for (size_t i = 0; i < count; ++i) out[i] = value;
  }
}

// The same for functions that have no vectors: calls of the C library, division of 64-bit integers.
template <class F, class T>
void ZipOneByOne(F f, T* out, const T* a, size_t a_step, const T* b, size_t b_step, size_t count) {
  if (count == 0) return;
  const T a0 = *a;
  const T b0 = *b;
  if (a_step == 0) a = &a0;
  if (b_step == 0) b = &b0;
  for (size_t i = 0; i < count; ++i) out[i] = f(a[i * a_step], b[i * b_step]);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_LOOPS_INL_H
