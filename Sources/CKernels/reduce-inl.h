// Ordered reductions of a run of floating-point values; once an instruction set.
//
// The order of operations is that of a machine with vectors of 256 bytes, whatever the real ones
// are: element i of a block of 64 such vectors belongs to lane i mod lanes, and each lane runs
// through its elements in order. The lanes of whole blocks are combined pairwise, block 0 with 1,
// that with the pair of 2 and 3, and so on, and in the end the lanes of the result, halves first.
// So a value passes through at most 64 + log2(blocks) + log2(lanes) additions, which bounds the
// error like pairwise summation.
#if defined(TESSERA_REDUCE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_REDUCE_INL_H
#undef TESSERA_REDUCE_INL_H
#else
#define TESSERA_REDUCE_INL_H
#endif

#include <string.h>

#include <limits>

#include "dispatch.h"
#include "fetch-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
struct Sum {
  static constexpr T kIdentity = 0;
  static T Scalar(T a, T b) { return a + b; }
  template <class D, class V>
  static HWY_INLINE V Vector(D, V a, V b) {
    return hn::Add(a, b);
  }
};

template <class T>
struct Product {
  static constexpr T kIdentity = 1;
  static T Scalar(T a, T b) { return a * b; }
  template <class D, class V>
  static HWY_INLINE V Vector(D, V a, V b) {
    return hn::Mul(a, b);
  }
};

// In vectors a NaN is told by IsNaN: Highway's Ne compares in order, so that NaN != NaN is false.
template <class T>
struct Minimum {
  static constexpr T kIdentity = std::numeric_limits<T>::infinity();
  static T Scalar(T a, T b) { return (b < a || b != b) ? b : a; }
  template <class D, class V>
  static HWY_INLINE V Vector(D, V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Lt(b, a), hn::IsNaN(b)), b, a);
  }
};

template <class T>
struct Maximum {
  static constexpr T kIdentity = -std::numeric_limits<T>::infinity();
  static T Scalar(T a, T b) { return (b > a || b != b) ? b : a; }
  template <class D, class V>
  static HWY_INLINE V Vector(D, V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
  }
};

template <class T>
constexpr size_t kReductionLanes = TK_REDUCTION_BYTES / sizeof(T);

template <class T>
constexpr size_t kReductionBlock = 64 * kReductionLanes<T>;

template <class T>
struct Lanes {
  HWY_ALIGN T values[kReductionLanes<T>];
};

template <class Op, class T>
HWY_INLINE void CombineLanes(Lanes<T>& into, const Lanes<T>& left, const Lanes<T>& right) {
  const hn::ScalableTag<T> d;
  for (size_t i = 0; i < kReductionLanes<T>; i += hn::Lanes(d)) {
    const auto combined =
        Op::Vector(d, hn::Load(d, left.values + i), hn::Load(d, right.values + i));
    hn::Store(combined, d, into.values + i);
  }
}

// What a pass through all lanes reads at a time.
constexpr size_t kFetchedBytes = TK_REDUCTION_BYTES;

// Bytes between what is asked for and what is read. Whoever reduces run after run finds the next
// one's first lines in the cache, although memory rests while lanes are combined.
constexpr size_t kFetchedAhead = 4096;

// What is reduced: values in memory.
template <class T>
struct Values {
  const T* in;
  HWY_INLINE T One(size_t i) const { return in[i]; }
  template <class D>
  HWY_INLINE hn::Vec<D> Several(D d, size_t i) const {
    return hn::LoadU(d, in + i);
  }
  Values From(size_t i) const { return {in + i}; }
  HWY_INLINE void FetchAt(size_t i) const { Fetch(in + i, kFetchedBytes); }
};

// The products of two runs of values.
template <class T>
struct Products {
  const T* a;
  const T* b;
  HWY_INLINE T One(size_t i) const { return a[i] * b[i]; }
  template <class D>
  HWY_INLINE hn::Vec<D> Several(D d, size_t i) const {
    return hn::Mul(hn::LoadU(d, a + i), hn::LoadU(d, b + i));
  }
  Products From(size_t i) const { return {a + i, b + i}; }
  HWY_INLINE void FetchAt(size_t i) const {
    Fetch(a + i, kFetchedBytes);
    Fetch(b + i, kFetchedBytes);
  }
};

// The lanes of at most one block.
template <class Op, bool kFetches, class T, class Source>
HWY_INLINE void ReduceToLanes(Lanes<T>& lanes, Source in, size_t count) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr size_t kWidth = hn::MaxLanes(d);
  constexpr size_t kVectors = kReductionLanes<T> / kWidth;
  V sums[kVectors];
  for (size_t k = 0; k < kVectors; ++k) sums[k] = hn::Set(d, Op::kIdentity);
  size_t i = 0;
  for (; i + kReductionLanes<T> <= count; i += kReductionLanes<T>) {
    if (kFetches) in.FetchAt(i + kFetchedAhead / sizeof(T));
    for (size_t k = 0; k < kVectors; ++k) {
      sums[k] = Op::Vector(d, sums[k], in.Several(d, i + k * kWidth));
    }
  }
  for (size_t k = 0; k < kVectors; ++k) hn::Store(sums[k], d, lanes.values + k * kWidth);
  for (size_t k = 0; i + k < count; ++k) {
    lanes.values[k] = Op::Scalar(lanes.values[k], in.One(i + k));
  }
}

template <class Op, class T, class Source>
T ReduceSource(Source in, size_t count) {
  // Too few for lanes: one after the other.
  if (count < 16) {
    T result = Op::kIdentity;
    for (size_t i = 0; i < count; ++i) result = Op::Scalar(result, in.One(i));
    return result;
  }
  // pending[k] holds 2^k blocks where bit k of `blocks` is set, like the digits of a counter.
  Lanes<T> pending[8 * sizeof(size_t)];
  Lanes<T> lanes;
  size_t blocks = 0;
  for (; count >= kReductionBlock<T>; count -= kReductionBlock<T>) {
    ReduceToLanes<Op, true>(lanes, in, kReductionBlock<T>);
    in = in.From(kReductionBlock<T>);
    size_t level = 0;
    for (; (blocks >> level & 1) != 0; ++level) CombineLanes<Op>(lanes, pending[level], lanes);
    pending[level] = lanes;
    ++blocks;
  }
  ReduceToLanes<Op, false>(lanes, in, count);
  for (size_t level = 0; blocks >> level != 0; ++level) {
    if ((blocks >> level & 1) != 0) CombineLanes<Op>(lanes, pending[level], lanes);
  }
  for (size_t half = kReductionLanes<T> / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; ++k) {
      lanes.values[k] = Op::Scalar(lanes.values[k], lanes.values[k + half]);
    }
  }
  return lanes.values[0];
}

template <class Op, class T>
T ReduceRun(const T* in, size_t count) {
  return ReduceSource<Op, T>(Values<T>{in}, count);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_REDUCE_INL_H
