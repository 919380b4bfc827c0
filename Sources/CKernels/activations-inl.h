// Functions that are applied to runs by themselves and inside chains; once an instruction set.
#if defined(TESSERA_ACTIVATIONS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_ACTIVATIONS_INL_H
#undef TESSERA_ACTIVATIONS_INL_H
#else
#define TESSERA_ACTIVATIONS_INL_H
#endif

#include "vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

struct Exp : Total {
  template <class T>
  static T Scalar(T x) {
    return std::exp(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    return Exponential(d, x);
  }
};

// 1 / (1 + exp(-x)), from exp(-|x|), which cannot overflow.
struct Sigmoid : Total {
  template <class T>
  static T Scalar(T x) {
    const T e = std::exp(-std::fabs(x));
    return (x < 0 ? e : T(1)) / (1 + e);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    using T = hn::TFromD<D>;
    const V one = hn::Set(d, T(1));
    const V e = Exponential(d, hn::Neg(hn::Abs(x)));
    return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
  }
};

// y / (y + 2), y = expm1(2 |x|).
struct Tanh : Total {
  template <class T>
  static T Scalar(T x) {
    return std::tanh(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    if constexpr (sizeof(hn::TFromD<D>) == 4) {
      // y / (y + 2), y = exp(-2 |x|) - 1 = 2^n (exp(r) - 1) + (2^n - 1).
      const V u = hn::Mul(hn::Set(d, -2.0f), AtMost(d, 10.0f, hn::Abs(x)));
      V whole;
      const V power = ExponentialOfRest<127, true>(d, u, whole);
      const hn::RebindToSigned<D> di;
      const V scale = hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(di, whole)));
      const V y = hn::MulAdd(scale, power, hn::Sub(scale, hn::Set(d, 1.0f)));
      return hn::CopySign(hn::Div(y, hn::Add(y, hn::Set(d, 2.0f))), x);
    } else {
      const V a = hn::Min(hn::Abs(x), hn::Set(d, 20.0));
      const V y = BoundedExponentialMinusOne(d, hn::Add(a, a));
      const V result = hn::Div(y, hn::Add(y, hn::Set(d, 2.0)));
      return KeepNaN<D>(x, hn::CopySign(result, x));
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_ACTIVATIONS_INL_H
