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

// With `streams`, `out` is whole cache lines and written past the caches.
template <class Op, class T>
void MapVectors(T* out, const T* in, size_t count, bool streams) {
  if constexpr (kHasVectors) {
    const hn::ScalableTag<T> d;
    const size_t lanes = hn::Lanes(d);
    size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
      const auto result = Apply<Op>(d, hn::LoadU(d, in + i));
      if (streams)
        hn::Stream(result, d, out + i);
      else
        hn::StoreU(result, d, out + i);
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

// A float x is n ln 2 + r with an integer n and |r| <= ln 2 / 2. Gives exp(r), or exp(r) - 1 to
// 2e-8 relative, and a number whose lowest bits are those of n + kBias.
template <int kBias, bool kMinusOne, class D, class V>
HWY_INLINE V ExponentialOfRest(D d, V x, V& whole) {
  // (exp(r) - 1 - r) / r², fitted to that.
  constexpr float kCoefficients[] = {0.5f, 0.16666543f, 0.04166628f, 0.00836661f, 0.00139465f};
  const V large = hn::Set(d, 12582912.0f + kBias);
  whole = hn::MulAdd(x, hn::Set(d, 1.44269504f), large);
  const V n = hn::Sub(whole, large);
  // The first part of ln 2 is so short that its products are exact.
  const V r = hn::NegMulAdd(n, hn::Set(d, -2.12194440e-4f),
                            hn::NegMulAdd(n, hn::Set(d, 0.693359375f), x));
  V p = hn::Set(d, kCoefficients[4]);
  for (int i = 3; i >= 0; --i) p = hn::MulAdd(p, r, hn::Set(d, kCoefficients[i]));
  const V line = kMinusOne ? r : hn::Add(r, hn::Set(d, 1.0f));
  return hn::MulAdd(p, hn::Mul(r, r), line);
}

// x within a bound, where a NaN stays: of a constant and NaN, x86 gives the second operand, so that
// the order is enough; NEON gives the number.
template <class D, class V>
HWY_INLINE V AtMost(D d, hn::TFromD<D> bound, V x) {
  const V least = hn::Min(hn::Set(d, bound), x);
  return HWY_ARCH_X86 ? least : KeepNaN<D>(x, least);
}
template <class D, class V>
HWY_INLINE V AtLeast(D d, hn::TFromD<D> bound, V x) {
  const V greatest = hn::Max(hn::Set(d, bound), x);
  return HWY_ARCH_X86 ? greatest : KeepNaN<D>(x, greatest);
}

// exp of anything.
template <class D, class V>
HWY_INLINE V Exponential(D d, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 4) {
    const V bounded = AtMost(d, 90.0f, AtLeast(d, -105.0f, x));
    V whole;
    const V power = ExponentialOfRest<254, false>(d, bounded, whole);
    // 2^n is the product of two, as it may be out of a float's range while the result is not.
    const hn::RebindToSigned<D> di;
    const auto both = hn::Sub(hn::BitCast(di, whole), hn::BitCast(di, hn::Set(d, 12582912.0f)));
    const auto half = hn::ShiftRight<1>(both);
    const V first = hn::BitCast(d, hn::ShiftLeft<23>(half));
    const V second = hn::BitCast(d, hn::ShiftLeft<23>(hn::Sub(both, half)));
    return hn::Mul(hn::Mul(power, first), second);
  } else {
    // Highway's gives 0 from its lower bound on; beyond the upper one its exponent would wrap.
    return KeepNaN<D>(x, hn::Exp(d, hn::Min(x, hn::Set(d, 800.0))));
  }
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

// For positive, finite 1 + x: its logarithm, and what the sum lost, and x before.
template <class D, class V>
HWY_INLINE V LogarithmOfOnePlus(D d, V x, V before) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  const V sum = hn::Add(x, one);
  const V lost = hn::Add(hn::Sub(x, hn::Sub(sum, one)), before);
  // As Highway's, x itself where the sum is 1: the sign of zero stays.
  return hn::IfThenElse(hn::Eq(sum, one), x, hn::Add(hn::Log(d, sum), hn::Div(lost, sum)));
}

template <class D, class V>
HWY_INLINE V LogarithmOfOnePlus(D d, V x) {
  return LogarithmOfOnePlus(d, x, hn::Zero(d));
}

// log(1 + y) where y approaches 2 x: log x + log 2 for large x, whose y may have overflowed.
template <class D, class V>
HWY_INLINE V InverseHyperbolic(D d, V x, V y, V before) {
  using T = hn::TFromD<D>;
  const auto is_large = hn::Gt(x, hn::Set(d, static_cast<T>(268435456.0)));
  const V one = hn::Set(d, static_cast<T>(1));
  const V result = LogarithmOfOnePlus(d, hn::IfThenElse(is_large, hn::Sub(x, one), y),
                                      hn::IfThenElseZero(hn::Not(is_large), before));
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
