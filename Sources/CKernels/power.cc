// Powers, remainders, angles and hypotenuses of floating-point values.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "power.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "loops-inl.h"
#include "vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// A square is a product, whichever way its exponent comes: the C library's power may differ by an
// ulp.
struct Power {
  template <class T>
  T operator()(T base, T exponent) const {
    return exponent == 2 ? base * base : std::pow(base, exponent);
  }
};

struct SquareOfFirst {
  template <class T>
  T operator()(T base, T) const {
    return base * base;
  }
};

// Of the sign of `a`, as in C's fmod.
struct Remainder {
  template <class T>
  T operator()(T a, T b) const {
    return std::fmod(a, b);
  }
};

// float goes through double: the C library's own is off by a little more than an ulp.
struct Angle {
  float operator()(float y, float x) const {
    return static_cast<float>(std::atan2(static_cast<double>(y), static_cast<double>(x)));
  }
  double operator()(double y, double x) const { return std::atan2(y, x); }
};

struct Hypotenuse {
  float operator()(float a, float b) const {
    const double x = a;
    const double y = b;
    const float length = static_cast<float>(__builtin_elementwise_sqrt(x * x + y * y));
    const float infinity = INFINITY;
    // An infinity wins over a NaN.
    const bool is_infinite =
        __builtin_elementwise_abs(a) == infinity || __builtin_elementwise_abs(b) == infinity;
    return is_infinite ? infinity : length;
  }
  double operator()(double a, double b) const { return std::hypot(a, b); }
};

#if HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR

// A function of two floats computed in double and rounded once.
template <class Function, class D, class V>
HWY_INLINE V PairInDouble(D d, V a, V b) {
  const hn::Half<D> half;
  const hn::Rebind<double, decltype(half)> wide;
  const auto low = Function::Vector(wide, hn::PromoteTo(wide, hn::LowerHalf(half, a)),
                                    hn::PromoteTo(wide, hn::LowerHalf(half, b)));
  const auto high = Function::Vector(wide, hn::PromoteTo(wide, hn::UpperHalf(half, a)),
                                     hn::PromoteTo(wide, hn::UpperHalf(half, b)));
  return hn::Combine(d, hn::DemoteTo(half, high), hn::DemoteTo(half, low));
}

// base^exponent = ±exp(exponent · log |base|). A negative base has a real power for whole exponents
// only, negative for odd ones. For finite values and bases other than zero.
struct FloatPower {
  using Exact = Power;
  struct OfAbsolute {
    template <class D, class V>
    static V Vector(D d, V base, V exponent) {
      return Exponential(d, hn::Mul(exponent, hn::Log(d, hn::Abs(base))));
    }
  };
  template <class D, class V>
  static HWY_INLINE V Vector(D d, V base, V exponent) {
    const V power = PairInDouble<OfAbsolute>(d, base, exponent);
    const V half_exponent = hn::Mul(exponent, hn::Set(d, 0.5f));
    const auto is_odd = hn::Ne(hn::Round(half_exponent), half_exponent);
    const auto is_whole = hn::Eq(hn::Round(exponent), exponent);
    const auto is_negative = hn::Lt(base, hn::Zero(d));
    const V signed_power = hn::IfThenElse(hn::And(is_negative, is_odd), hn::Neg(power), power);
    const V real = hn::IfThenElse(hn::AndNot(is_whole, is_negative), hn::NaN(d), signed_power);
    return hn::IfThenElse(hn::Eq(exponent, hn::Set(d, 2.0f)), hn::Mul(base, base), real);
  }
  template <class D, class V>
  static HWY_INLINE auto Valid(D d, V base, V exponent) {
    const auto is_finite = hn::And(IsWithin(d, base, INFINITY), IsWithin(d, exponent, INFINITY));
    return hn::AndNot(hn::Eq(base, hn::Zero(d)), is_finite);
  }
};

// The angle from |y| / |x|, mirrored into the quadrant that the signs tell; of two zeros the
// quotient is taken as 0. For finite values.
struct FloatAngle {
  using Exact = Angle;
  struct Wide {
    template <class D, class V>
    static V Vector(D d, V y, V x) {
      const V quotient = hn::Div(hn::Abs(y), hn::Abs(x));
      const auto is_zero = hn::Eq(y, hn::Zero(d));
      const V angle = hn::Atan(d, hn::IfThenElse(is_zero, hn::Zero(d), quotient));
      const V mirrored = hn::IfNegativeThenElse(x, hn::Sub(hn::Set(d, M_PI), angle), angle);
      return hn::CopySign(mirrored, y);
    }
  };
  template <class D, class V>
  static HWY_INLINE V Vector(D d, V y, V x) {
    return PairInDouble<Wide>(d, y, x);
  }
  template <class D, class V>
  static HWY_INLINE auto Valid(D d, V y, V x) {
    return hn::And(IsWithin(d, y, INFINITY), IsWithin(d, x, INFINITY));
  }
};

// Op::Vector where Op::Valid holds, Op::Exact lane by lane elsewhere.
template <class Op, class D, class V>
HWY_INLINE V ApplyPair(D d, V a, V b) {
  const V result = Op::Vector(d, a, b);
  const auto valid = Op::Valid(d, a, b);
  if (HWY_LIKELY(hn::AllTrue(d, valid))) return result;
  constexpr size_t kLanes = hn::MaxLanes(D());
  HWY_ALIGN float left[kLanes];
  HWY_ALIGN float right[kLanes];
  HWY_ALIGN float results[kLanes];
  HWY_ALIGN float is_valid[kLanes];
  hn::Store(a, d, left);
  hn::Store(b, d, right);
  hn::Store(result, d, results);
  hn::Store(hn::IfThenElseZero(valid, hn::Set(d, 1.0f)), d, is_valid);
  for (size_t i = 0; i < kLanes; ++i) {
    if (is_valid[i] == 0) results[i] = typename Op::Exact()(left[i], right[i]);
  }
  return hn::Load(d, results);
}

template <class Op>
void ZipVectors(float* out, const float* a, size_t a_step, const float* b, size_t b_step,
                size_t count) {
  const hn::ScalableTag<float> d;
  constexpr size_t kLanes = hn::MaxLanes(d);
  const auto a0 = hn::Set(d, *a);
  const auto b0 = hn::Set(d, *b);
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const auto left = a_step != 0 ? hn::LoadU(d, a + i) : a0;
    const auto right = b_step != 0 ? hn::LoadU(d, b + i) : b0;
    hn::StoreU(ApplyPair<Op>(d, left, right), d, out + i);
  }
  if (i == count) return;
  HWY_ALIGN float left[kLanes];
  HWY_ALIGN float right[kLanes];
  hn::Store(a0, d, left);
  hn::Store(b0, d, right);
  for (size_t k = 0; k < kLanes; ++k) {
    const size_t from = i + k < count ? i + k : i;
    if (a_step != 0) left[k] = a[from];
    if (b_step != 0) right[k] = b[from];
  }
  hn::Store(ApplyPair<Op>(d, hn::Load(d, left), hn::Load(d, right)), d, left);
  memcpy(out + i, left, (count - i) * sizeof(float));
}

#else

struct FloatPower {
  using Exact = Power;
};

struct FloatAngle {
  using Exact = Angle;
};

template <class Op>
void ZipVectors(float* out, const float* a, size_t a_step, const float* b, size_t b_step,
                size_t count) {
  ZipOneByOne(typename Op::Exact(), out, a, a_step, b, b_step, count);
}

#endif

template <class T>
void PowersOf(tk_binary_op op, void* out_bytes, const void* a_bytes, size_t a_step,
              const void* b_bytes, size_t b_step, size_t count) {
  if (count == 0) return;
  T* out = static_cast<T*>(out_bytes);
  const T* a = static_cast<const T*>(a_bytes);
  const T* b = static_cast<const T*>(b_bytes);
  switch (op) {
    case TK_POWER:
      if (b_step == 0 && *b == 2) return Zip(SquareOfFirst(), out, a, a_step, b, b_step, count);
      if constexpr (sizeof(T) == 4)
        return ZipVectors<FloatPower>(out, a, a_step, b, b_step, count);
      else
        return ZipOneByOne(Power(), out, a, a_step, b, b_step, count);
    case TK_REMAINDER: return ZipOneByOne(Remainder(), out, a, a_step, b, b_step, count);
    case TK_ATAN2:
      if constexpr (sizeof(T) == 4)
        return ZipVectors<FloatAngle>(out, a, a_step, b, b_step, count);
      else
        return ZipOneByOne(Angle(), out, a, a_step, b, b_step, count);
    case TK_HYPOT:
      if constexpr (sizeof(T) == 4)
        return Zip(Hypotenuse(), out, a, a_step, b, b_step, count);
      else
        return ZipOneByOne(Hypotenuse(), out, a, a_step, b, b_step, count);
    default: return;
  }
}

void Powers(tk_binary_op op, tk_type type, void* out, const void* a, size_t a_step, const void* b,
            size_t b_step, size_t count) {
  if (type == TK_FLOAT32) return PowersOf<float>(op, out, a, a_step, b, b_step, count);
  PowersOf<double>(op, out, a, a_step, b, b_step, count);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Powers);

void PowerBinary(tk_binary_op op, tk_type type, void* out, const void* a, size_t a_step,
                 const void* b, size_t b_step, size_t count) {
  HWY_DYNAMIC_DISPATCH(Powers)(op, type, out, a, a_step, b, b_step, count);
}

}  // namespace tessera
#endif  // HWY_ONCE
