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

// Integers give the same in any order, so the compiler chooses one.
template <class T>
void ReduceIntegers(tk_reduction op, T* accumulator, const T* in, size_t count) {
  using U = std::make_unsigned_t<T>;
  T result = *accumulator;
  switch (op) {
    case TK_SUM:
      for (size_t i = 0; i < count; ++i)
        result = static_cast<T>(static_cast<U>(result) + static_cast<U>(in[i]));
      break;
    case TK_PRODUCT:
      for (size_t i = 0; i < count; ++i)
        result = static_cast<T>(static_cast<U>(result) * static_cast<U>(in[i]));
      break;
    case TK_MIN:
      for (size_t i = 0; i < count; ++i) result = in[i] < result ? in[i] : result;
      break;
    case TK_MAX:
      for (size_t i = 0; i < count; ++i) result = in[i] > result ? in[i] : result;
      break;
  }
  *accumulator = result;
}

void Reduce(tk_reduction op, tk_type type, void* accumulator, const void* in, size_t count) {
  switch (type) {
    case TK_FLOAT32:
      return ReduceFloating(op, static_cast<float*>(accumulator), static_cast<const float*>(in),
                            count);
    case TK_FLOAT64:
      return ReduceFloating(op, static_cast<double*>(accumulator), static_cast<const double*>(in),
                            count);
    case TK_INT32:
      return ReduceIntegers(op, static_cast<int32_t*>(accumulator), static_cast<const int32_t*>(in),
                            count);
    case TK_INT64:
      return ReduceIntegers(op, static_cast<int64_t*>(accumulator), static_cast<const int64_t*>(in),
                            count);
    case TK_BOOL:
      // The sum of Booleans is whether any is true, their product whether all are.
      if (op == TK_SUM) op = TK_MAX;
      if (op == TK_PRODUCT) op = TK_MIN;
      [[fallthrough]];
    case TK_UINT8:
      return ReduceIntegers(op, static_cast<uint8_t*>(accumulator), static_cast<const uint8_t*>(in),
                            count);
  }
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
void ArgReduceOf(tk_reduction op, void* best_bytes, int64_t* index, const void* in_bytes,
                 size_t count, int64_t first_index) {
  const T* in = static_cast<const T*>(in_bytes);
  T best = *static_cast<T*>(best_bytes);
  for (size_t begin = 0; begin < count; begin += kArgBlock) {
    const size_t length = count - begin < kArgBlock ? count - begin : kArgBlock;
    const T* block = in + begin;
    T extreme = block[0];
    if constexpr (std::is_floating_point_v<T>)
      ReduceFloating(op, &extreme, block, length);
    else
      ReduceIntegers(op, &extreme, block, length);
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
  *static_cast<T*>(best_bytes) = best;
}

void ArgReduce(tk_reduction op, tk_type type, void* best, int64_t* index, const void* in,
               size_t count, int64_t first_index) {
  switch (type) {
    case TK_FLOAT32: return ArgReduceOf<float>(op, best, index, in, count, first_index);
    case TK_FLOAT64: return ArgReduceOf<double>(op, best, index, in, count, first_index);
    case TK_INT32: return ArgReduceOf<int32_t>(op, best, index, in, count, first_index);
    case TK_INT64: return ArgReduceOf<int64_t>(op, best, index, in, count, first_index);
    case TK_UINT8:
    case TK_BOOL: return ArgReduceOf<uint8_t>(op, best, index, in, count, first_index);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Reduce);
HWY_EXPORT(ArgReduce);

namespace {

template <class T>
void Identity(tk_reduction op, void* out) {
  using Limits = std::numeric_limits<T>;
  constexpr bool kInfinite = Limits::has_infinity;
  T value = 0;
  switch (op) {
    case TK_SUM: value = 0; break;
    case TK_PRODUCT: value = 1; break;
    case TK_MIN: value = kInfinite ? Limits::infinity() : Limits::max(); break;
    case TK_MAX: value = kInfinite ? -Limits::infinity() : Limits::lowest(); break;
  }
  *static_cast<T*>(out) = value;
}

// One after the other: the running sum is an order of its own.
template <class T, class Wrapping>
void CumulativeSum(void* out_bytes, const void* in_bytes, void* carry, size_t count) {
  T* out = static_cast<T*>(out_bytes);
  const T* in = static_cast<const T*>(in_bytes);
  Wrapping sum = static_cast<Wrapping>(*static_cast<T*>(carry));
  for (size_t i = 0; i < count; ++i) {
    sum = static_cast<Wrapping>(sum + static_cast<Wrapping>(in[i]));
    out[i] = static_cast<T>(sum);
  }
  *static_cast<T*>(carry) = static_cast<T>(sum);
}

}  // namespace
extern "C" {

void tk_reduce(tk_reduction op, tk_type type, void* accumulator, const void* in, size_t count) {
  if (count == 0) return;
  HWY_DYNAMIC_DISPATCH(Reduce)(op, type, accumulator, in, count);
}

void tk_identity(tk_reduction op, tk_type type, void* out) {
  switch (type) {
    case TK_FLOAT32: return Identity<float>(op, out);
    case TK_FLOAT64: return Identity<double>(op, out);
    case TK_INT32: return Identity<int32_t>(op, out);
    case TK_INT64: return Identity<int64_t>(op, out);
    case TK_UINT8: return Identity<uint8_t>(op, out);
    case TK_BOOL: return Identity<bool>(op, out);
  }
}

void tk_arg_reduce(tk_reduction op, tk_type type, void* best, int64_t* index, const void* in,
                   size_t count, int64_t first_index) {
  if (op != TK_MIN && op != TK_MAX) return;
  HWY_DYNAMIC_DISPATCH(ArgReduce)(op, type, best, index, in, count, first_index);
}

void tk_cumulative_sum(tk_type type, void* out, const void* in, void* carry, size_t count) {
  switch (type) {
    case TK_FLOAT32: return CumulativeSum<float, float>(out, in, carry, count);
    case TK_FLOAT64: return CumulativeSum<double, double>(out, in, carry, count);
    case TK_INT32: return CumulativeSum<int32_t, uint32_t>(out, in, carry, count);
    case TK_INT64: return CumulativeSum<int64_t, uint64_t>(out, in, carry, count);
    case TK_UINT8: return CumulativeSum<uint8_t, uint8_t>(out, in, carry, count);
    case TK_BOOL: return;
  }
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
