// Normal numbers from words, after Box and Muller; once an instruction set.
//
// Plain arithmetic without fused operations, so that the numbers are the same bits on every
// instruction set: hence a logarithm, a sine and a cosine of their own.
#if defined(TESSERA_NORMAL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_NORMAL_INL_H
#undef TESSERA_NORMAL_INL_H
#else
#define TESSERA_NORMAL_INL_H
#endif

#include "dispatch.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A floating-point type and the unsigned integers of its size.
template <class T>
struct Format;

template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int kBits = 32, kMantissa = 23, kBias = 127;
  static constexpr Bits kInteger = 0x4B000000;       // 2^23, whose last bit counts ones
  static constexpr Bits kUpperInteger = 0x53000000;  // 2^39, whose last bit counts 2^16
  static constexpr Bits kOne = 0x3F800000;
  static constexpr Bits kRootHalf = 0x3F3504F3;
};

template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int kBits = 64, kMantissa = 52, kBias = 1023;
  static constexpr Bits kInteger = 0x4330000000000000;       // 2^52
  static constexpr Bits kUpperInteger = 0x4530000000000000;  // 2^84, whose last bit counts 2^32
  static constexpr Bits kOne = 0x3FF0000000000000;
  static constexpr Bits kRootHalf = 0x3FE6A09E00000000;
};

// Vectors of a type, with its constants and polynomials.
template <class T>
struct Reals {
  using Bits = typename Format<T>::Bits;
  using F = Format<T>;
  using D = hn::ScalableTag<T>;
  using DU = hn::ScalableTag<Bits>;
  using V = hn::Vec<D>;
  using VU = hn::Vec<DU>;

  static HWY_INLINE V Value(T x) { return hn::Set(D(), x); }
  static HWY_INLINE VU BitsOf(Bits x) { return hn::Set(DU(), x); }

  // n - origin for n below 2^mantissa: exact.
  static HWY_INLINE V FromSmall(VU n, Bits origin) {
    const V shifted = hn::BitCast(D(), hn::Or(n, BitsOf(F::kInteger)));
    return hn::Sub(shifted, Value(static_cast<T>((Bits{1} << F::kMantissa) + origin)));
  }

  // The number rounded once, of two halves that are exact.
  static HWY_INLINE V FromAny(VU n) {
    constexpr int kHalf = F::kBits / 2;
    const VU low = hn::And(n, BitsOf((Bits{1} << kHalf) - 1));
    const VU high = hn::ShiftRight<kHalf>(n);
    const T origin = kHalf == 16 ? T(0x1p39) + T(0x1p23) : T(0x1p84) + T(0x1p52);
    const V shifted = hn::BitCast(D(), hn::Or(high, BitsOf(F::kUpperInteger)));
    return hn::Add(hn::Sub(shifted, Value(origin)), hn::BitCast(D(), hn::Or(low, BitsOf(F::kInteger))));
  }

  // The natural logarithm of x · 2^-scale for a normal number x, after fdlibm's log: x = 2^k · m
  // with m around 1, s = (m-1)/(m+1), log m = f - (f²/2 - s · (f²/2 + R(s²))) for f = m - 1.
  static HWY_INLINE V Logarithm(V x, Bits scale) {
    const VU bits = hn::Add(hn::BitCast(DU(), x), BitsOf(F::kOne - F::kRootHalf));
    const V k = FromSmall(hn::ShiftRight<F::kMantissa>(bits), F::kBias + scale);
    const VU fraction = hn::And(bits, BitsOf((Bits{1} << F::kMantissa) - 1));
    const V m = hn::BitCast(D(), hn::Add(fraction, BitsOf(F::kRootHalf)));
    const V f = hn::Sub(m, Value(1));
    const V s = hn::Div(f, hn::Add(Value(2), f));
    const V z = hn::Mul(s, s);
    const V half_square = hn::Mul(hn::Mul(Value(T(0.5)), f), f);
    const V series = hn::Mul(s, PlusSeries(half_square, z, hn::Mul(z, z)));
    const bool is_float = sizeof(T) == 4;
    const V high = Value(is_float ? T(0.69313812256f) : T(6.93147180369123816490e-01));
    const V low = Value(is_float ? T(9.0580006145e-6f) : T(1.90821492927058770002e-10));
    const V inner = hn::Sub(half_square, hn::Add(series, hn::Mul(k, low)));
    return hn::Sub(hn::Mul(k, high), hn::Sub(inner, f));
  }

  // Both values of Box and Muller: sqrt(-2 log u) · (cos, sin)(2 π turn). The angle is a multiple
  // of a quarter turn and a rest of at most an eighth, both exact: `turn` has its two upper bits,
  // once an eighth is added, from the former, and from the latter what follows.
  static HWY_INLINE void BoxMuller(VU word, VU turn, V& first, V& second) {
    constexpr bool kIsFloat = sizeof(T) == 4;
    // u is in (0, 1], with one half added so that zero does not occur; of 32-bit words all bits
    // count, so that small values are finely spaced.
    constexpr int kDropped = kIsFloat ? 0 : 11;
    const V u = hn::Add(FromAny(hn::ShiftRight<kDropped>(word)), Value(T(0.5)));
    const V log = Logarithm(u, F::kBits - kDropped);
    const V radius = hn::Sqrt(hn::Mul(Value(-2), log));

    constexpr int kTurnBits = kIsFloat ? 24 : 53;
    const VU turned = hn::Add(turn, BitsOf(Bits{1} << (F::kBits - 3)));
    const VU rest = hn::ShiftRight<F::kBits - kTurnBits + 2>(hn::ShiftLeft<2>(turned));
    const T unit = T(1.57079632679489661923) * (kIsFloat ? T(0x1p-22) : T(0x1p-51));
    const V angle = hn::Mul(FromSmall(rest, Bits{1} << (kTurnBits - 3)), Value(unit));

    const V s = Sine(angle);
    const V c = Cosine(angle);
    const hn::RebindToSigned<DU> signed_bits;
    const VU next = hn::ShiftLeft<1>(turned);
    const auto is_odd = hn::MaskFromVec(hn::BitCast(
        D(), hn::BroadcastSignBit(hn::BitCast(signed_bits, next))));
    const VU sign = BitsOf(Bits{1} << (F::kBits - 1));
    const V cosine_sign = hn::BitCast(D(), hn::And(hn::Xor(turned, next), sign));
    const V sine_sign = hn::BitCast(D(), hn::And(turned, sign));
    first = hn::Xor(hn::Mul(radius, hn::IfThenElse(is_odd, s, c)), cosine_sign);
    second = hn::Xor(hn::Mul(radius, hn::IfThenElse(is_odd, c, s)), sine_sign);
  }

 private:
  // ((c[0] · z + c[1]) · z + …) for the highest coefficient first.
  template <size_t kCount>
  static HWY_INLINE V Polynomial(V z, const T (&c)[kCount]) {
    V p = Value(c[0]);
    for (size_t i = 1; i < kCount; ++i) p = hn::Add(hn::Mul(p, z), Value(c[i]));
    return p;
  }

  // f²/2 + R(s²), for z = s² and w = z².
  static HWY_INLINE V PlusSeries(V half_square, V z, V w) {
    if constexpr (sizeof(T) == 4) {
      const V odd = hn::Mul(z, Polynomial(w, {0.28498786688f, 0.66666662693f}));
      const V even = hn::Mul(w, Polynomial(w, {0.24279078841f, 0.40000972152f}));
      return hn::Add(half_square, hn::Add(odd, even));
    } else {
      const V even = hn::Mul(w, Polynomial(w, {0.1531383769920937332, 0.2222219843214978396,
                                               0.3999999999940941908}));
      const V odd = hn::Mul(z, Polynomial(w, {0.1479819860511658591, 0.1818357216161805012,
                                              0.2857142874366239149, 0.6666666666666735130}));
      return hn::Add(hn::Add(half_square, even), odd);
    }
  }

  // Sine and cosine of a, |a| <= π/4, after Cephes.
  static HWY_INLINE V Sine(V a) {
    const V z = hn::Mul(a, a);
    if constexpr (sizeof(T) == 4) {
      const V p = Polynomial(z, {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f});
      return hn::Add(hn::Mul(hn::Mul(p, z), a), a);
    } else {
      const V p = Polynomial(z, {1.58962301576546568060e-10, -2.50507477628578072866e-8,
                                 2.75573136213857245213e-6, -1.98412698295895385996e-4,
                                 8.33333333332211858878e-3, -1.66666666666666307295e-1});
      return hn::Add(a, hn::Mul(hn::Mul(a, z), p));
    }
  }

  static HWY_INLINE V Cosine(V a) {
    const V z = hn::Mul(a, a);
    const V half = hn::Mul(Value(T(0.5)), z);
    if constexpr (sizeof(T) == 4) {
      const V p = Polynomial(z, {2.443315711809948e-5f, -1.388731625493765e-3f,
                                 4.166664568298827e-2f});
      return hn::Add(hn::Sub(hn::Mul(hn::Mul(p, z), z), half), Value(1));
    } else {
      const V p = Polynomial(z, {-1.13585365213876817300e-11, 2.08757008419747316778e-9,
                                 -2.75573141792967388112e-7, 2.48015872888517045348e-5,
                                 -1.38888888888730564116e-3, 4.16666666666665929218e-2});
      return hn::Add(hn::Sub(Value(1), half), hn::Mul(hn::Mul(z, z), p));
    }
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_NORMAL_INL_H
