// Reductions of a block's columns.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reduce_rows.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "arithmetic-inl.h"

#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// So many rows are read side by side: the accumulators are loaded and stored once for all of them,
// and memory delivers from several pages at a time.
constexpr size_t kRowsAtATime = 8;

template <class Op, class T>
void ReduceRowsOf(Op op, T* sums, const T* in, int64_t stride, size_t rows, size_t columns) {
  for (; rows >= kRowsAtATime; rows -= kRowsAtATime) {
    const T *const r0 = in, *const r1 = r0 + stride, *const r2 = r1 + stride;
    const T *const r3 = r2 + stride, *const r4 = r3 + stride, *const r5 = r4 + stride;
    const T *const r6 = r5 + stride, *const r7 = r6 + stride;
    TESSERA_VECTORIZE
    for (size_t c = 0; c < columns; ++c) {
      T sum = op(op(op(op(sums[c], r0[c]), r1[c]), r2[c]), r3[c]);
      sums[c] = op(op(op(op(sum, r4[c]), r5[c]), r6[c]), r7[c]);
    }
    in = r7 + stride;
  }
  for (; rows > 0; --rows, in += stride) {
    TESSERA_VECTORIZE
    for (size_t c = 0; c < columns; ++c) sums[c] = op(sums[c], in[c]);
  }
}

template <class T>
void ReduceRowsAs(tk_reduction op, T* sums, const T* in, int64_t stride, size_t rows,
                  size_t columns) {
  if constexpr (std::is_floating_point_v<T> || std::is_unsigned_v<T>) {
    if (op == TK_SUM) return ReduceRowsOf(Add(), sums, in, stride, rows, columns);
    if (op == TK_PRODUCT) return ReduceRowsOf(Multiply(), sums, in, stride, rows, columns);
  }
  if (op == TK_MIN) return ReduceRowsOf(Minimum(), sums, in, stride, rows, columns);
  if (op == TK_MAX) return ReduceRowsOf(Maximum(), sums, in, stride, rows, columns);
}

void ReduceRows(tk_reduction op, tk_type type, void* sums, const void* in, int64_t stride,
                size_t rows, size_t columns) {
  if (type == TK_BOOL) {
    // The sum of Booleans is whether any is true, their product whether all are.
    if (op == TK_SUM) op = TK_MAX;
    if (op == TK_PRODUCT) op = TK_MIN;
  }
  const bool ignores_sign = op == TK_SUM || op == TK_PRODUCT;
  WithType(ignores_sign ? Unsigned(type) : type, [&](auto zero) {
    using T = decltype(zero);
    ReduceRowsAs(op, static_cast<T*>(sums), static_cast<const T*>(in), stride, rows, columns);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(ReduceRows);

extern "C" void tk_reduce_rows(tk_reduction op, tk_type type, void* accumulators, const void* in,
                               int64_t row_stride, size_t rows, size_t columns) {
  HWY_DYNAMIC_DISPATCH(ReduceRows)(op, type, accumulators, in, row_stride, rows, columns);
}

}  // namespace tessera
#endif  // HWY_ONCE
