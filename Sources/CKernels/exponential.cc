// Exponentials, logarithms, the activations made of them, and cube roots.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "exponential.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "activations-inl.h"
#include "cube_root-inl.h"
#include "vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

struct Expm1 : Total {
  template <class T>
  static T Scalar(T x) {
    return std::expm1(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    return ExponentialMinusOne(d, x);
  }
};

// Logarithms are for positive, finite values.
struct Logarithm {
  template <class D, class V>
  static auto Valid(D d, V x) {
    return hn::And(hn::Gt(x, hn::Zero(d)), IsWithin(d, x, INFINITY));
  }
};

struct Log : Logarithm {
  template <class T>
  static T Scalar(T x) {
    return std::log(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    return hn::Log(d, x);
  }
};

// Highway multiplies the natural logarithm, which misses whole results (log2(8) = 3) in the last
// place unless the product is rounded once more. So float goes through double, and double through
// the C library.
struct Log2 : Logarithm {
  template <class T>
  static T Scalar(T x) {
    return std::log2(x);
  }
  struct Wide {
    template <class D, class V>
    static V Vector(D d, V x) {
      return hn::Log2(d, x);
    }
  };
  template <class D, class V>
  static V Vector(D d, V x) {
    return InDouble<Wide>(d, x);
  }
};

struct Log10 : Logarithm {
  template <class T>
  static T Scalar(T x) {
    return std::log10(x);
  }
  struct Wide {
    template <class D, class V>
    static V Vector(D d, V x) {
      return hn::Log10(d, x);
    }
  };
  template <class D, class V>
  static V Vector(D d, V x) {
    return InDouble<Wide>(d, x);
  }
};

struct Log1p {
  template <class T>
  static T Scalar(T x) {
    return std::log1p(x);
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    return LogarithmOfOnePlus(d, x);
  }
  template <class D, class V>
  static auto Valid(D d, V x) {
    using T = hn::TFromD<D>;
    return hn::And(hn::Gt(x, hn::Set(d, T(-1))), IsWithin(d, x, INFINITY));
  }
};

// log(1 + exp(x)) = max(x, 0) + log1p(exp(-|x|)).
struct Softplus : Total {
  template <class T>
  static T Scalar(T x) {
    if (x != x) return x;
    return (x > 0 ? x : T(0)) + std::log1p(std::exp(-std::fabs(x)));
  }
  template <class D, class V>
  static V Vector(D d, V x) {
    const V e = hn::Exp(d, hn::Neg(hn::Abs(x)));
    return KeepNaN<D>(x, hn::Add(hn::Max(x, hn::Zero(d)), LogarithmOfOnePlus(d, e)));
  }
};

// erfc(z) for 0 <= z <= 11 in double, to 1e-10 relative: exp(-z²) times a polynomial in (z - 3) /
// (z + 3), fitted to (1 + 2 z) exp(z²) erfc(z) (the form of Shepherd and Laframboise, Math. Comp.
// 36, 1981).
template <class D, class V>
HWY_INLINE V ComplementaryError(D d, V z) {
  constexpr double kCoefficients[] = {
      1.25300805826146373,      -0.135621107204645654,    -0.0475622936772786489,
      0.129645214174347415,     -0.119273643629511619,    0.0683072225301645668,
      -0.023771269430085325,    0.00253404806126071665,   0.00189549284177861885,
      -0.000790020079777121364, -0.000128631758315164384, 0.000124963174594920538,
      0.0000326080151635594311};
  const V three = hn::Set(d, 3.0);
  const V t = hn::Div(hn::Sub(z, three), hn::Add(z, three));
  V p = hn::Set(d, kCoefficients[12]);
  for (int i = 11; i >= 0; --i) p = hn::MulAdd(p, t, hn::Set(d, kCoefficients[i]));
  const V scale = hn::Div(p, hn::MulAdd(z, hn::Set(d, 2.0), hn::Set(d, 1.0)));
  return hn::Mul(hn::Exp(d, hn::Neg(hn::Mul(z, z))), scale);
}

struct Erf : Total {
  template <class T>
  static T Scalar(T x) {
    return std::erf(x);
  }
  struct Wide {
    // Below 1 a polynomial in x² (to 4e-11 relative), above it 1 - erfc; beyond 6 that is 1.
    template <class D, class V>
    static V Vector(D d, V x) {
      constexpr double kCoefficients[] = {1.12837916706236089,     -0.376126384759913215,
                                          0.112837826220621843,    -0.0268654383105151144,
                                          0.00522105341253767494,  -0.000848439655060189337,
                                          0.000112682538941994375, -9.67359081175078254e-6};
      const V one = hn::Set(d, 1.0);
      const V z = hn::Abs(x);
      const V s = hn::Mul(x, x);
      V p = hn::Set(d, kCoefficients[7]);
      for (int i = 6; i >= 0; --i) p = hn::MulAdd(p, s, hn::Set(d, kCoefficients[i]));
      const V tail = hn::Sub(one, ComplementaryError(d, hn::Min(z, hn::Set(d, 6.0))));
      return hn::IfThenElse(hn::Lt(z, one), hn::Mul(x, p), hn::CopySign(tail, x));
    }
  };
  template <class D, class V>
  static V Vector(D d, V x) {
    return KeepNaN<D>(x, InDouble<Wide>(d, x));
  }
};

// x Φ(x) = x erfc(-x / √2) / 2. Where Φ has vanished the result is its limit, -0, for -∞ too.
struct Gelu : Total {
  template <class T>
  static T Scalar(T x) {
    if (x < T(-1.5)) return static_cast<T>(x < T(-39) ? -0.0 : Tail(x));
    const double wide = x;
    const double z = wide * -M_SQRT1_2;
    const double half = 0.5 * wide * std::erfc(z);
    if (!(x < 0)) return static_cast<T>(half);
    // What rounding z lost, times the slope: -erfc(z) (2 z + z / (z² + 1)), nearly.
    const double lost = std::fma(-wide, M_SQRT1_2, -z) + wide * 4.8336466567264567e-17;
    return static_cast<T>(half - half * (lost * z * (2 + 1 / (z * z + 1))));
  }
  // For -39 <= x < -1.5, where erfc would multiply the rounding of its argument by x²: exp(-x² / 2)
  // times a polynomial in (t - 5) / (t + 5), t = -x, fitted to t exp(t² / 2) Φ(-t) to 2e-18
  // relative. The square is that of a shorter number, so exact, and shifted by 128 ln 2, so that
  // only the result can underflow.
  static double Tail(double x) {
    constexpr double kCoefficients[] = {
        0.3845965248750315, 0.05190527343000306, -0.08503844346004033, 0.09088622964934295,
        -0.07425639525044449, 0.04795086373184036, -0.024161785953703777, 0.008900845016742012,
        -0.0018956230762078232, -0.0001264851708877353, 0.00024276158154213162,
        -5.45693548223473e-05, -1.654019250465922e-05, 1.0331783775720283e-05,
        6.02964177044538e-07, -1.555377830166055e-06, 5.683164046417368e-08,
        2.408039489227835e-07, -2.6633746402424408e-08, -3.637918320276387e-08,
        1.0582683475993155e-08};
    constexpr double kShift = 88.72283911157865, kShiftRest = 9.434883283414783e-11;
    const double u = (-x - 5) / (5 - x);
    double p = kCoefficients[20];
    for (int i = 19; i >= 0; --i) p = p * u + kCoefficients[i];
    const double shorter = std::floor(x * 0x1p16) * 0x1p-16;
    const double rest = std::expm1((shorter - x) * (shorter + x) * 0.5 + kShiftRest);
    return -0x1p-128 * (std::exp(kShift - shorter * shorter * 0.5) * (p + p * rest));
  }
  struct Wide {
    template <class D, class V>
    static V Vector(D d, V x) {
      const V bounded = hn::Max(x, hn::Set(d, -15.5));
      const V z = hn::Mul(hn::Abs(bounded), hn::Set(d, M_SQRT1_2));
      const V tail = ComplementaryError(d, hn::Min(z, hn::Set(d, 11.0)));
      const V twice = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), tail, hn::Sub(hn::Set(d, 2.0), tail));
      return hn::Mul(hn::Mul(bounded, hn::Set(d, 0.5)), twice);
    }
  };
  template <class D, class V>
  static V Vector(D d, V x) {
    return KeepNaN<D>(x, InDouble<Wide>(d, x));
  }
};

void Exponentials(tk_unary_op op, tk_type type, void* out_bytes, const void* in_bytes,
                  size_t count, bool streams) {
  if (type == TK_FLOAT32) {
    float* out = static_cast<float*>(out_bytes);
    const float* in = static_cast<const float*>(in_bytes);
    switch (op) {
      case TK_EXP: return MapVectors<Exp>(out, in, count, streams);
      case TK_EXPM1: return MapVectors<Expm1>(out, in, count, streams);
      case TK_LOG: return MapVectors<Log>(out, in, count, streams);
      case TK_LOG1P: return MapVectors<Log1p>(out, in, count, streams);
      case TK_LOG2: return MapVectors<Log2>(out, in, count, streams);
      case TK_LOG10: return MapVectors<Log10>(out, in, count, streams);
      case TK_CBRT: return MapVectors<CubeRoot>(out, in, count, streams);
      case TK_SIGMOID: return MapVectors<Sigmoid>(out, in, count, streams);
      case TK_SOFTPLUS: return MapVectors<Softplus>(out, in, count, streams);
      case TK_ERF: return MapVectors<Erf>(out, in, count, streams);
      case TK_GELU: return MapVectors<Gelu>(out, in, count, streams);
      default: return;
    }
  }
  double* out = static_cast<double*>(out_bytes);
  const double* in = static_cast<const double*>(in_bytes);
  switch (op) {
    case TK_EXP: return MapVectors<Exp>(out, in, count, streams);
    case TK_EXPM1: return MapVectors<Expm1>(out, in, count, streams);
    case TK_LOG: return MapVectors<Log>(out, in, count, streams);
    case TK_LOG1P: return MapVectors<Log1p>(out, in, count, streams);
    case TK_LOG2: return MapScalars<Log2>(out, in, count);
    case TK_LOG10: return MapScalars<Log10>(out, in, count);
    case TK_CBRT: return MapVectors<CubeRoot>(out, in, count, streams);
    case TK_SIGMOID: return MapVectors<Sigmoid>(out, in, count, streams);
    case TK_SOFTPLUS: return MapVectors<Softplus>(out, in, count, streams);
    case TK_ERF: return MapScalars<Erf>(out, in, count);
    case TK_GELU: return MapScalars<Gelu>(out, in, count);
    default: return;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Exponentials);

void ExponentialUnary(tk_unary_op op, tk_type type, void* out, const void* in, size_t count,
                      bool streams) {
  HWY_DYNAMIC_DISPATCH(Exponentials)(op, type, out, in, count, streams);
}

}  // namespace tessera
#endif  // HWY_ONCE
