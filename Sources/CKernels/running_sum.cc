// Running sums of a run.
#include "dispatch.h"

namespace tessera {
namespace {

// Float: in double, which takes no longer, as each sum waits for the one before it.
void RunningSum(float* out, const float* in, tk_running_sum* carry, size_t count) {
  double sum;
  __builtin_memcpy(&sum, carry, sizeof sum);
  for (size_t i = 0; i < count; ++i) {
    sum += static_cast<double>(in[i]);
    out[i] = static_cast<float>(sum);
  }
  __builtin_memcpy(carry, &sum, sizeof sum);
}

// So many sums of Double begin anew, which keeps their errors small, and the processor busy with
// the next ones.
constexpr size_t kBlock = 16;

// Double: a few values are added to each other, and then to what came before, which is kept with
// all that rounding takes away from it. That is exact (Knuth, The Art of Computer Programming,
// 4.2.2, theorem B).
void RunningSum(double* out, const double* in, tk_running_sum* carry, size_t count) {
  struct {
    double sum, rest;
  } before;
  __builtin_memcpy(&before, carry, sizeof before);
  const auto add = [&](size_t begin, size_t length) {
    double sums[kBlock];
    double own = 0;
    for (size_t i = 0; i < length; ++i) sums[i] = own += in[begin + i];
    for (size_t i = 0; i < length; ++i) out[begin + i] = before.sum + (before.rest + sums[i]);
    const double sum = before.sum + own;
    const double added = sum - before.sum;
    const double rest = before.rest + ((before.sum - (sum - added)) + (own - added));
    // An infinite sum has no rest that is a number.
    before = {sum, rest - rest == 0 ? rest : 0};
  };
  size_t i = 0;
  for (; i + kBlock <= count; i += kBlock) add(i, kBlock);
  if (i < count) add(i, count - i);
  __builtin_memcpy(carry, &before, sizeof before);
}

// Integers wrap, as those without sign do.
template <class T>
void RunningSum(T* out, const T* in, tk_running_sum* carry, size_t count) {
  T sum;
  __builtin_memcpy(&sum, carry, sizeof sum);
  for (size_t i = 0; i < count; ++i) {
    sum = static_cast<T>(sum + in[i]);
    out[i] = sum;
  }
  __builtin_memcpy(carry, &sum, sizeof sum);
}

}  // namespace

extern "C" void tk_cumulative_sum(tk_type type, void* out, const void* in, tk_running_sum* carry,
                                  size_t count) {
  if (type == TK_BOOL) return;
  WithType(Unsigned(type), [&](auto zero) {
    using T = decltype(zero);
    RunningSum(static_cast<T*>(out), static_cast<const T*>(in), carry, count);
  });
}

}  // namespace tessera
