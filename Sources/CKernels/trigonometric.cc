// Circular and hyperbolic functions and their inverses.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "trigonometric.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "activations-inl.h"
#include "circular-inl.h"
#include "vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Multiples of π are subtracted in parts, Highway's of float in four, which serves up to 39000;
// beyond it the C library reduces.
struct Circular {
  template <class D, class V>
  static auto Valid(D d, V x) {
    return IsWithin(d, x, 30000);
  }
};

// Both polynomials give +0 for -0.
template <class D, class V>
HWY_INLINE V Sine(D d, V x) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, SineOfDouble<0>(d, x));
  } else {
    return hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, hn::Sin(d, x));
  }
}

struct Sin : Circular {
  template <class T>
  static T Scalar(T x) {
    return std::sin(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    return Sine(d, x);
  }
};

struct Cos : Circular {
  template <class T>
  static T Scalar(T x) {
    return std::cos(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    if constexpr (sizeof(hn::TFromD<D>) == 8)
      return SineOfDouble<1>(d, x);
    else
      return hn::Cos(d, x);
  }
};

struct Tan : Circular {
  template <class T>
  static T Scalar(T x) {
    return std::tan(x);
  }
  struct Wide {
    template <class D, class V>
    static V Vector(D d, V x) {
      return hn::Div(Sine(d, x), hn::Cos(d, x));
    }
  };
  template <class D, class V>
  static V Vector(D d, V x) {
    return InDouble<Wide>(d, x);
  }
};

struct FromMinusOneToOne {
  template <class D, class V>
  static auto Valid(D d, V x) {
    return hn::Le(hn::Abs(x), hn::Set(d, static_cast<hn::TFromD<D>>(1)));
  }
};

struct Asin : FromMinusOneToOne {
  template <class T>
  static T Scalar(T x) {
    return std::asin(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    if constexpr (sizeof(hn::TFromD<D>) == 8)
      return ArcSineOfDouble(d, x);
    else
      return hn::Asin(d, x);
  }
};

struct Acos : FromMinusOneToOne {
  template <class T>
  static T Scalar(T x) {
    return std::acos(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    return hn::Acos(d, x);
  }
};

struct Atan : Total {
  template <class T>
  static T Scalar(T x) {
    return std::atan(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    return KeepNaN<D>(x, hn::Atan(d, x));
  }
};

// Of float: (y + y / (y + 1)) / 2 with y = expm1(|x|).
struct Sinh {
  template <class T>
  static T Scalar(T x) {
    return std::sinh(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    using T = hn::TFromD<D>;
    if constexpr (sizeof(T) == 8) return HyperbolicSineOfDouble(d, x);
    const V y = BoundedExponentialMinusOne(d, hn::Abs(x));
    const V sum = hn::Add(y, hn::Div(y, hn::Add(y, hn::Set(d, static_cast<T>(1)))));
    return hn::CopySign(hn::Mul(sum, hn::Set(d, static_cast<T>(0.5))), x);
  }
  template <class D, class V>
  static auto Valid(D d, V x) {
    return IsWithin(d, x, sizeof(hn::TFromD<D>) == 4 ? 88 : 709);
  }
};

// (e + 1/e) / 2 with e = exp(|x|).
struct Cosh {
  template <class T>
  static T Scalar(T x) {
    return std::cosh(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    const V half = hn::Set(d, static_cast<hn::TFromD<D>>(0.5));
    const V e = hn::Exp(d, hn::Abs(x));
    return hn::MulAdd(half, e, hn::Div(half, e));
  }
  template <class D, class V>
  static auto Valid(D d, V x) {
    return IsWithin(d, x, sizeof(hn::TFromD<D>) == 4 ? 88 : 709);
  }
};

// log(1 + y), y = |x| + x² / (1 + √(x² + 1)), and what the sum has lost.
struct Asinh {
  template <class T>
  static T Scalar(T x) {
    return std::asinh(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
    const V square = hn::Mul(x, x);
    const V root = hn::Sqrt(hn::Add(square, one));
    const V rest = hn::Div(square, hn::Add(root, one));
    const V y = hn::Add(hn::Abs(x), rest);
    const V lost = hn::Sub(rest, hn::Sub(y, hn::Abs(x)));
    return hn::CopySign(InverseHyperbolic(d, hn::Abs(x), y, lost), x);
  }
  template <class D, class V>
  static auto Valid(D d, V x) {
    return IsWithin(d, x, INFINITY);
  }
};

// log(1 + y), y = s + √(s² + 2 s), s = x - 1.
struct Acosh {
  template <class T>
  static T Scalar(T x) {
    return std::acosh(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    const V s = hn::Sub(x, hn::Set(d, static_cast<hn::TFromD<D>>(1)));
    const V y = hn::Add(s, hn::Sqrt(hn::MulAdd(s, s, hn::Add(s, s))));
    return InverseHyperbolic(d, x, y, hn::Zero(d));
  }
  template <class D, class V>
  static auto Valid(D d, V x) {
    const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
    return hn::And(hn::Ge(x, one), IsWithin(d, x, INFINITY));
  }
};

// log(1 + 2 |x| / (1 - |x|)) / 2.
struct Atanh {
  template <class T>
  static T Scalar(T x) {
    return std::atanh(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    using T = hn::TFromD<D>;
    const V a = hn::Abs(x);
    const V y = hn::Div(hn::Add(a, a), hn::Sub(hn::Set(d, static_cast<T>(1)), a));
    const V result = hn::Mul(LogarithmOfOnePlus(d, y), hn::Set(d, static_cast<T>(0.5)));
    return hn::CopySign(result, x);
  }
  template <class D, class V>
  static auto Valid(D d, V x) {
    return IsWithin(d, x, 1);
  }
};

template <class T>
void TrigonometryOf(tk_unary_op op, void* out_bytes, const void* in_bytes, size_t count,
                    bool streams) {
  T* out = static_cast<T*>(out_bytes);
  const T* in = static_cast<const T*>(in_bytes);
  switch (op) {
    case TK_SIN: return MapVectors<Sin>(out, in, count, streams);
    case TK_COS: return MapVectors<Cos>(out, in, count, streams);
    case TK_TAN:
      if constexpr (sizeof(T) == 4)
        return MapVectors<Tan>(out, in, count, streams);
      else
        return MapScalars<Tan>(out, in, count);
    case TK_ASIN: return MapVectors<Asin>(out, in, count, streams);
    case TK_ACOS: return MapVectors<Acos>(out, in, count, streams);
    case TK_ATAN: return MapVectors<Atan>(out, in, count, streams);
    case TK_SINH: return MapVectors<Sinh>(out, in, count, streams);
    case TK_COSH: return MapVectors<Cosh>(out, in, count, streams);
    case TK_TANH: return MapVectors<Tanh>(out, in, count, streams);
    case TK_ASINH: return MapVectors<Asinh>(out, in, count, streams);
    case TK_ACOSH: return MapVectors<Acosh>(out, in, count, streams);
    case TK_ATANH: return MapVectors<Atanh>(out, in, count, streams);
    default: return;
  }
}

void Trigonometry(tk_unary_op op, tk_type type, void* out, const void* in, size_t count,
                  bool streams) {
  if (type == TK_FLOAT32) return TrigonometryOf<float>(op, out, in, count, streams);
  TrigonometryOf<double>(op, out, in, count, streams);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Trigonometry);

void TrigonometricUnary(tk_unary_op op, tk_type type, void* out, const void* in, size_t count,
                        bool streams) {
  HWY_DYNAMIC_DISPATCH(Trigonometry)(op, type, out, in, count, streams);
}

}  // namespace tessera
#endif  // HWY_ONCE
