// Mathematical functions in vectors: how they are applied to a run, and the exponentials and
// logarithms that other functions are made of; once an instruction set.
//
// A result depends on the value alone, never on where it stands in a run: the last, incomplete
// vector goes through the same function, and a value for which the vector function is not made (an
// infinity, say) is replaced by what the C library gives, lane by lane.
#if defined(TESSERA_VECTOR_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_VECTOR_MATH_INL_H
#undef TESSERA_VECTOR_MATH_INL_H
#else
#define TESSERA_VECTOR_MATH_INL_H
#endif

#include <string.h>

#include <cmath>
#include <type_traits>

#include "dispatch.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Where Highway emulates vectors, the C library is faster and more accurate.
constexpr bool kHasVectors = HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR;

// An operation `Op` of one value has
//   Op::Vector(d, x)   the function on a vector,
//   Op::Valid(d, x)    the mask of the lanes where that is right,
//   Op::Scalar(x)      the function by the C library, right everywhere.
// One whose vector function is right for every value derives from Total and has no Valid.
struct Total {};

template <class Op, class D, class V, class M>
HWY_NOINLINE V Repair(D d, V x, V result, M valid) {
  using T = hn::TFromD<D>;
  constexpr size_t kLanes = hn::MaxLanes(D());
  HWY_ALIGN T arguments[kLanes];
  HWY_ALIGN T results[kLanes];
  HWY_ALIGN T is_valid[kLanes];
  hn::Store(x, d, arguments);
  hn::Store(result, d, results);
  hn::Store(hn::IfThenElseZero(valid, hn::Set(d, T(1))), d, is_valid);
  for (size_t i = 0; i < kLanes; ++i) {
    if (is_valid[i] == 0) results[i] = Op::Scalar(arguments[i]);
  }
  return hn::Load(d, results);
}

template <class Op, class D, class V>
HWY_INLINE V Apply(D d, V x) {
  const V result = Op::Vector(d, x);
  if constexpr (!std::is_base_of_v<Total, Op>) {
    const auto valid = Op::Valid(d, x);
    if (HWY_UNLIKELY(!hn::AllTrue(d, valid))) return Repair<Op>(d, x, result, valid);
  }
  return result;
}

template <class Op, class T>
void MapVectors(T* out, const T* in, size_t count) {
  if constexpr (kHasVectors) {
    const hn::ScalableTag<T> d;
    const size_t lanes = hn::Lanes(d);
    size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
      hn::StoreU(Apply<Op>(d, hn::LoadU(d, in + i)), d, out + i);
    }
    if (i == count) return;
    // The rest is filled up with a value of its own, so that it needs no repair that the run does
    // not need.
    HWY_ALIGN T rest[hn::MaxLanes(d)];
    for (size_t k = 0; k < lanes; ++k) rest[k] = in[i + k < count ? i + k : i];
    hn::Store(Apply<Op>(d, hn::Load(d, rest)), d, rest);
    memcpy(out + i, rest, (count - i) * sizeof(T));
  } else {
    for (size_t i = 0; i < count; ++i) out[i] = Op::Scalar(in[i]);
  }
}

template <class Op, class T>
void MapScalars(T* out, const T* in, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = Op::Scalar(in[i]);
}

// The lanes with |x| below the bound; NaN is not among them.
template <class D, class V>
HWY_INLINE auto IsWithin(D d, V x, double bound) {
  return hn::Lt(hn::Abs(x), hn::Set(d, static_cast<hn::TFromD<D>>(bound)));
}

template <class D, class V>
HWY_INLINE V KeepNaN(V x, V result) {
  return hn::IfThenElse(hn::IsNaN(x), x, result);
}

// exp of anything. Highway's gives 0 from its lower bound on; beyond the upper one its exponent
// would wrap.
template <class D, class V>
HWY_INLINE V Exponential(D d, V x) {
  using T = hn::TFromD<D>;
  const V bounded = hn::Min(x, hn::Set(d, static_cast<T>(sizeof(T) == 4 ? 100.0 : 800.0)));
  return KeepNaN<D>(x, hn::Exp(d, bounded));
}

// expm1 where it does not overflow. Just above ln 2 / 2, where Highway's begins to subtract 1 from
// exp and to cancel, it is t² + 2 t with t = expm1(x / 2).
template <class D, class V>
HWY_INLINE V BoundedExponentialMinusOne(D d, V x) {
  using T = hn::TFromD<D>;
  const auto is_halved = hn::And(hn::Gt(x, hn::Set(d, static_cast<T>(0.34))),
                                 hn::Lt(x, hn::Set(d, static_cast<T>(0.69))));
  const V halved = hn::Mul(x, hn::Set(d, static_cast<T>(0.5)));
  const V t = hn::Expm1(d, hn::IfThenElse(is_halved, halved, x));
  return hn::IfThenElse(is_halved, hn::MulAdd(t, t, hn::Add(t, t)), t);
}

// expm1 of anything.
template <class D, class V>
HWY_INLINE V ExponentialMinusOne(D d, V x) {
  using T = hn::TFromD<D>;
  const V bounded = hn::Min(x, hn::Set(d, static_cast<T>(sizeof(T) == 4 ? 100.0 : 800.0)));
  return KeepNaN<D>(x, hn::CopySign(BoundedExponentialMinusOne(d, bounded), x));
}

// For positive, finite 1 + x: its logarithm, and what the sum lost.
template <class D, class V>
HWY_INLINE V LogarithmOfOnePlus(D d, V x) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  const V sum = hn::Add(x, one);
  const V lost = hn::Sub(x, hn::Sub(sum, one));
  // As Highway's, x itself where the sum is 1: the sign of zero stays.
  return hn::IfThenElse(hn::Eq(sum, one), x, hn::Add(hn::Log(d, sum), hn::Div(lost, sum)));
}

// log(1 + y) where y approaches 2 x: log x + log 2 for large x, whose y may have overflowed.
template <class D, class V>
HWY_INLINE V InverseHyperbolic(D d, V x, V y) {
  using T = hn::TFromD<D>;
  const auto is_large = hn::Gt(x, hn::Set(d, static_cast<T>(268435456.0)));
  const V one = hn::Set(d, static_cast<T>(1));
  const V result = LogarithmOfOnePlus(d, hn::IfThenElse(is_large, hn::Sub(x, one), y));
  const V log2 = hn::Set(d, static_cast<T>(0.69314718055994530942));
  return hn::Add(result, hn::IfThenElseZero(is_large, log2));
}

// A function of float computed in double and rounded once: within a hair of half an ulp, at twice
// the cost.
template <class Function, class D, class V>
HWY_INLINE V InDouble(D d, V x) {
  const hn::Half<D> half;
  const hn::Rebind<double, decltype(half)> wide;
  const auto low = Function::Vector(wide, hn::PromoteTo(wide, hn::LowerHalf(half, x)));
  const auto high = Function::Vector(wide, hn::PromoteTo(wide, hn::UpperHalf(half, x)));
  return hn::Combine(d, hn::DemoteTo(half, high), hn::DemoteTo(half, low));
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_VECTOR_MATH_INL_H
