// Reductions of a run into one value.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reduce.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "reduce-inl.h"

#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

template <class T>
void ReduceFloating(tk_reduction op, T* accumulator, const T* in, size_t count) {
  const T before = *accumulator;
  switch (op) {
    case TK_SUM: *accumulator = before + ReduceRun<Sum<T>>(in, count); return;
    case TK_PRODUCT: *accumulator = before * ReduceRun<Product<T>>(in, count); return;
    case TK_MIN:
      *accumulator = Minimum<T>::Scalar(before, ReduceRun<Minimum<T>>(in, count));
      return;
    case TK_MAX:
      *accumulator = Maximum<T>::Scalar(before, ReduceRun<Maximum<T>>(in, count));
      return;
  }
}

// Integers give the same in any order, so the compiler chooses one. Sums and products, which wrap,
// are those without sign.
template <class T>
void ReduceIntegers(tk_reduction op, T* accumulator, const T* in, size_t count) {
  T result = *accumulator;
  if constexpr (std::is_unsigned_v<T>) {
    if (op == TK_SUM) {
      for (size_t i = 0; i < count; ++i) result = static_cast<T>(result + in[i]);
    } else if (op == TK_PRODUCT) {
      // C++ would multiply short ones as int, which does not wrap.
      for (size_t i = 0; i < count; ++i) result = static_cast<T>(1u * result * in[i]);
    }
  }
  if (op == TK_MIN) {
    for (size_t i = 0; i < count; ++i) result = in[i] < result ? in[i] : result;
  } else if (op == TK_MAX) {
    for (size_t i = 0; i < count; ++i) result = in[i] > result ? in[i] : result;
  }
  *accumulator = result;
}

// Called from two places, and too much code to have twice.
template <class T>
HWY_NOINLINE void ReduceOf(tk_reduction op, T* accumulator, const T* in, size_t count) {
  if constexpr (std::is_floating_point_v<T>)
    ReduceFloating(op, accumulator, in, count);
  else
    ReduceIntegers(op, accumulator, in, count);
}

void Reduce(tk_reduction op, tk_type type, void* accumulator, const void* in, size_t count) {
  if (type == TK_BOOL) {
    // The sum of Booleans is whether any is true, their product whether all are.
    if (op == TK_SUM) op = TK_MAX;
    if (op == TK_PRODUCT) op = TK_MIN;
  }
  const bool ignores_sign = op == TK_SUM || op == TK_PRODUCT;
  WithType(ignores_sign ? Unsigned(type) : type, [&](auto zero) {
    using T = decltype(zero);
    ReduceOf(op, static_cast<T*>(accumulator), static_cast<const T*>(in), count);
  });
}

void SumProducts(tk_type type, void* sum, const void* a, const void* b, size_t count) {
  const auto add = [&](auto zero) {
    using T = decltype(zero);
    const Products<T> products{static_cast<const T*>(a), static_cast<const T*>(b)};
    *static_cast<T*>(sum) += ReduceSource<Sum<T>, T>(products, count);
  };
  if (type == TK_FLOAT32) add(0.0f);
  if (type == TK_FLOAT64) add(0.0);
}

// Whether x comes before the best so far, where NaN comes before everything.
template <class T>
HWY_INLINE bool Beats(tk_reduction op, T x, T best) {
  if (best != best) return false;
  if (x != x) return true;
  return op == TK_MIN ? x < best : x > best;
}

// Elements searched at a time; the second pass finds them in the first-level cache.
constexpr size_t kArgBlock = 2048;

// Block by block: the extreme value of a block in vectors, then, if it beats the best so far, its
// place.
template <class T>
void ArgReduceOf(tk_reduction op, T* result, int64_t* index, const T* in, size_t count,
                 int64_t first_index) {
  T best = *result;
  for (size_t begin = 0; begin < count; begin += kArgBlock) {
    const size_t length = count - begin < kArgBlock ? count - begin : kArgBlock;
    const T* block = in + begin;
    T extreme = block[0];
    ReduceOf(op, &extreme, block, length);
    if (*index >= 0 && !Beats(op, extreme, best)) continue;
    size_t place = 0;
    if (extreme != extreme) {
      while (block[place] == block[place]) ++place;
    } else {
      while (block[place] != extreme) ++place;
    }
    best = block[place];
    *index = first_index + static_cast<int64_t>(begin + place);
  }
  *result = best;
}

void ArgReduce(tk_reduction op, tk_type type, void* best, int64_t* index, const void* in,
               size_t count, int64_t first_index) {
  WithType(type, [&](auto zero) {
    using T = decltype(zero);
    ArgReduceOf(op, static_cast<T*>(best), index, static_cast<const T*>(in), count, first_index);
  });
}

// Elements of a row up to which it is short.
constexpr size_t kShortRow = 64;

// The first place of the extreme element of a short row; without branches, as nobody could guess
// which element is better.
template <tk_reduction kOp, class T>
HWY_INLINE size_t ExtremePlace(const T* row, size_t length) {
  T extreme = row[0];
  size_t place = 0;
  for (size_t i = 1; i < length; ++i) {
    const T x = row[i];
    const bool is_better =
        (kOp == TK_MIN ? x < extreme : x > extreme) | ((x != x) & (extreme == extreme));
    extreme = is_better ? x : extreme;
    place = is_better ? i : place;
  }
  return place;
}

// The same in vectors, of which the last overlaps the one before: the extreme, then where it is.
template <tk_reduction kOp, class D, class T = hn::TFromD<D>>
HWY_INLINE size_t ExtremePlaceInVectors(D d, const T* row, size_t length) {
  const size_t lanes = hn::Lanes(d);
  const auto better = [](auto a, auto b) { return kOp == TK_MIN ? hn::Min(a, b) : hn::Max(a, b); };
  const auto last = hn::LoadU(d, row + length - lanes);
  auto extremes = last;
  auto is_nan = hn::IsNaN(last);
  for (size_t i = 0; i + lanes < length; i += lanes) {
    const auto x = hn::LoadU(d, row + i);
    extremes = better(extremes, x);
    is_nan = hn::Or(is_nan, hn::IsNaN(x));
  }
  if (HWY_UNLIKELY(!hn::AllFalse(d, is_nan))) return ExtremePlace<kOp>(row, length);
  const auto extreme = kOp == TK_MIN ? hn::MinOfLanes(d, extremes) : hn::MaxOfLanes(d, extremes);
  for (size_t i = 0; i + lanes < length; i += lanes) {
    const intptr_t place = hn::FindFirstTrue(d, hn::Eq(hn::LoadU(d, row + i), extreme));
    if (place >= 0) return i + static_cast<size_t>(place);
  }
  return length - lanes + hn::FindKnownFirstTrue(d, hn::Eq(last, extreme));
}

template <tk_reduction kOp, class T>
void ArgReduceShortRows(T* best, int64_t* index, const T* in, size_t rows, size_t length) {
  const auto note = [&](size_t row, size_t place) {
    best[row] = in[row * length + place];
    index[row] = static_cast<int64_t>(place);
  };
  if constexpr (std::is_floating_point_v<T>) {
    const hn::ScalableTag<T> d;
    if (length >= hn::Lanes(d)) {
      for (size_t row = 0; row < rows; ++row) {
        note(row, ExtremePlaceInVectors<kOp>(d, in + row * length, length));
      }
      return;
    }
  }
  for (size_t row = 0; row < rows; ++row) {
    note(row, ExtremePlace<kOp>(in + row * length, length));
  }
}

void ArgReduceRows(tk_reduction op, tk_type type, void* best, int64_t* index, const void* in,
                   size_t rows, size_t length) {
  WithType(type, [&](auto zero) {
    using T = decltype(zero);
    T* const values = static_cast<T*>(best);
    const T* const elements = static_cast<const T*>(in);
    if (length <= kShortRow) {
      if (op == TK_MIN) return ArgReduceShortRows<TK_MIN>(values, index, elements, rows, length);
      return ArgReduceShortRows<TK_MAX>(values, index, elements, rows, length);
    }
    for (size_t row = 0; row < rows; ++row) {
      index[row] = -1;
      ArgReduceOf(op, values + row, index + row, elements + row * length, length, 0);
    }
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Reduce);
HWY_EXPORT(SumProducts);
HWY_EXPORT(ArgReduce);
HWY_EXPORT(ArgReduceRows);

namespace {

template <class T>
void Identity(tk_reduction op, T* out) {
  using Limits = std::numeric_limits<T>;
  constexpr bool kInfinite = Limits::has_infinity;
  switch (op) {
    case TK_SUM: *out = 0; return;
    case TK_PRODUCT: *out = 1; return;
    case TK_MIN: *out = kInfinite ? Limits::infinity() : Limits::max(); return;
    case TK_MAX: *out = kInfinite ? -Limits::infinity() : Limits::lowest(); return;
  }
}

}  // namespace
extern "C" {

void tk_reduce(tk_reduction op, tk_type type, void* accumulator, const void* in, size_t count) {
  if (count == 0) return;
  HWY_DYNAMIC_DISPATCH(Reduce)(op, type, accumulator, in, count);
}

void tk_sum_products(tk_type type, void* sum, const void* a, const void* b, size_t count) {
  HWY_DYNAMIC_DISPATCH(SumProducts)(type, sum, a, b, count);
}

void tk_identity(tk_reduction op, tk_type type, void* out) {
  if (type == TK_BOOL) return Identity(op, static_cast<bool*>(out));
  WithType(type, [&](auto zero) { Identity(op, static_cast<decltype(zero)*>(out)); });
}

void tk_arg_reduce(tk_reduction op, tk_type type, void* best, int64_t* index, const void* in,
                   size_t count, int64_t first_index) {
  if (op != TK_MIN && op != TK_MAX) return;
  HWY_DYNAMIC_DISPATCH(ArgReduce)(op, type, best, index, in, count, first_index);
}

void tk_arg_reduce_rows(tk_reduction op, tk_type type, void* best, int64_t* index, const void* in,
                        size_t rows, size_t length) {
  if (op != TK_MIN && op != TK_MAX) return;
  HWY_DYNAMIC_DISPATCH(ArgReduceRows)(op, type, best, index, in, rows, length);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
