// Cube roots; once an instruction set.
#if defined(TESSERA_CUBE_ROOT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CUBE_ROOT_INL_H
#undef TESSERA_CUBE_ROOT_INL_H
#else
#define TESSERA_CUBE_ROOT_INL_H
#endif

#include "vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// A third of the bits of a number, exponent and all, is those of its root but for a constant; that
// is right to 3 % (the way of Kahan, 1991). A polynomial in what is wrong with it, fitted to
// u^(-1/3), brings six digits, and Halley's step, which triples them, the rest. Before that step
// the root is rounded to 26 bits, so that its square is exact.
struct CubeRoot : Total {
  static double Finished(double x, double root) {
    const uint64_t bits = __builtin_bit_cast(uint64_t, root) + (uint64_t{1} << 26);
    const double t = __builtin_bit_cast(double, bits & ~((uint64_t{1} << 27) - 1));
    const double quotient = x / (t * t);
    return t + t * ((quotient - t) / (t + t + quotient));
  }
  // float goes through double.
  static float Scalar(float x) { return static_cast<float>(std::cbrt(static_cast<double>(x))); }
  static double Scalar(double x) {
    return x == 0 || !std::isfinite(x) ? x : Finished(x, std::cbrt(x));
  }

#if HWY_TARGET != HWY_EMU128 && HWY_TARGET != HWY_SCALAR
  struct Wide {
    template <class D, class V>
    static V Vector(D d, V x) {
      constexpr double kCoefficients[] = {0.999998557018531, -0.3333368607638916,
                                          0.22351225665733143, -0.17271892048888443};
      const hn::RebindToUnsigned<D> words;
      const hn::Repartition<uint32_t, D> halves;
      const V size = hn::Abs(x);
      // A subnormal number is multiplied by 2^54, its root divided by 2^18.
      const auto is_small = hn::Lt(size, hn::Set(d, 0x1p-1021));
      const V scaled = hn::Mul(size, hn::Set(d, 0x1p54));
      const V a = hn::IfThenElse(is_small, scaled, size);
      // The upper half of the bits, divided by 3 as by a multiplication; 715093442 is two thirds of
      // the exponent's bias, less what halves the largest error.
      const auto upper = hn::ShiftRight<32>(hn::BitCast(words, a));
      const auto product = hn::MulEven(hn::BitCast(halves, upper), hn::Set(halves, 0x55555556u));
      const auto third = hn::Add(hn::ShiftRight<32>(product), hn::Set(words, 715093442u));
      const V guess = hn::BitCast(d, hn::ShiftLeft<32>(third));
      const V ratio = hn::Mul(hn::Mul(guess, guess), hn::Div(guess, a));
      const V u = hn::Sub(ratio, hn::Set(d, 1.0));
      V p = hn::Set(d, kCoefficients[3]);
      for (int i = 2; i >= 0; --i) p = hn::MulAdd(p, u, hn::Set(d, kCoefficients[i]));
      const auto bits =
          hn::Add(hn::BitCast(words, hn::Mul(guess, p)), hn::Set(words, uint64_t{1} << 26));
      const auto kept = hn::And(bits, hn::Set(words, ~((uint64_t{1} << 27) - 1)));
      const V t = hn::BitCast(d, kept);
      const V quotient = hn::Div(a, hn::Mul(t, t));
      const V step = hn::Div(hn::Sub(quotient, t), hn::Add(hn::Add(t, t), quotient));
      const V root = hn::Add(t, hn::Mul(t, step));
      const V unscaled = hn::IfThenElse(is_small, hn::Mul(root, hn::Set(d, 0x1p-18)), root);
      const auto is_ordinary =
          hn::And(hn::Gt(size, hn::Zero(d)), hn::Lt(size, hn::Set(d, INFINITY)));
      return hn::IfThenElse(is_ordinary, hn::CopySign(unscaled, x), x);
    }
  };
  template <class D, class V>
  static V Vector(D d, V x) {
    if constexpr (sizeof(hn::TFromD<D>) == 8)
      return Wide::Vector(d, x);
    else
      return InDouble<Wide>(d, x);
  }
#endif
};

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CUBE_ROOT_INL_H
