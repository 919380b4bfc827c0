// The logarithm of the sum of exponentials of each row.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "softmax.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "reduce-inl.h"
#include "vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// out[i] = exp(in[i] - shift), which is at most 1; -∞ gives 0.
template <class T>
void ShiftedExponentials(T* out, const T* in, T shift, size_t count) {
  if constexpr (kHasVectors) {
    const hn::ScalableTag<T> d;
    const size_t lanes = hn::Lanes(d);
    const auto shifts = hn::Set(d, shift);
    size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
      hn::StoreU(Exponential(d, hn::Sub(hn::LoadU(d, in + i), shifts)), d, out + i);
    }
    if (i == count) return;
    HWY_ALIGN T rest[hn::MaxLanes(d)] = {};
    memcpy(rest, in + i, (count - i) * sizeof(T));
    hn::Store(Exponential(d, hn::Sub(hn::Load(d, rest), shifts)), d, rest);
    memcpy(out + i, rest, (count - i) * sizeof(T));
  } else {
    for (size_t i = 0; i < count; ++i) out[i] = std::exp(in[i] - shift);
  }
}

// log Σ exp(x) = m + log Σ exp(x - m) for m the largest x. Blocks of a row are added up in double.
template <class T>
T LogSumExp(const T* row, size_t columns) {
  constexpr size_t kBuffer = 1024;
  const T largest = ReduceRun<Maximum<T>>(row, columns);
  // NaN, no or no finite largest value: that is the result.
  if (!(std::fabs(largest) < std::numeric_limits<T>::infinity())) return largest;
  HWY_ALIGN T exponentials[kBuffer];
  double sum = 0;
  for (size_t begin = 0; begin < columns; begin += kBuffer) {
    const size_t length = columns - begin < kBuffer ? columns - begin : kBuffer;
    ShiftedExponentials(exponentials, row + begin, largest, length);
    sum += static_cast<double>(ReduceRun<Sum<T>>(exponentials, length));
  }
  return static_cast<T>(static_cast<double>(largest) + std::log(sum));
}

template <class T>
void RowsOf(void* log_sum, const void* in, size_t rows, size_t columns) {
  for (size_t row = 0; row < rows; ++row) {
    static_cast<T*>(log_sum)[row] = LogSumExp(static_cast<const T*>(in) + row * columns, columns);
  }
}

void RowLogSumExp(tk_type type, void* log_sum, const void* in, size_t rows, size_t columns) {
  if (type == TK_FLOAT32) RowsOf<float>(log_sum, in, rows, columns);
  if (type == TK_FLOAT64) RowsOf<double>(log_sum, in, rows, columns);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(RowLogSumExp);

extern "C" {

void tk_row_log_sum_exp(tk_type type, void* log_sum, const void* in, size_t rows, size_t columns) {
  HWY_DYNAMIC_DISPATCH(RowLogSumExp)(type, log_sum, in, rows, columns);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
