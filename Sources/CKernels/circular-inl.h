// Circular functions and the hyperbolic sine of doubles; once an instruction set.
//
// Highway's are made of one polynomial of a quarter turn and more, whose last bits cancel. These
// take the rest of a multiple of a quarter turn, at most an eighth, and the polynomials of fdlibm
// (k_sin.c, k_cos.c, e_asin.c), with fused operations.
#if defined(TESSERA_CIRCULAR_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CIRCULAR_INL_H
#undef TESSERA_CIRCULAR_INL_H
#else
#define TESSERA_CIRCULAR_INL_H
#endif

#include "dispatch.h"
#include "hwy/highway.h"
#include "vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// c[0] + c[1] z + …
template <class D, class V, size_t kCount>
HWY_INLINE V PolynomialOf(D d, V z, const double (&c)[kCount]) {
  const V w = hn::Mul(z, z);
  // Even and odd powers side by side.
  V even = hn::Set(d, c[(kCount - 1) / 2 * 2]);
  V odd = hn::Set(d, c[kCount / 2 * 2 - 1]);
#pragma clang loop unroll(full)
  for (size_t i = (kCount - 1) / 2 * 2; i >= 2; i -= 2) {
    even = hn::MulAdd(even, w, hn::Set(d, c[i - 2]));
  }
#pragma clang loop unroll(full)
  for (size_t i = kCount / 2 * 2 - 1; i >= 3; i -= 2) {
    odd = hn::MulAdd(odd, w, hn::Set(d, c[i - 2]));
  }
  return hn::MulAdd(odd, z, even);
}

// sin(x + quarters · π/2) for |x| below 30000: x = n π/2 + r, then ± sin r or ± cos r.
template <int kQuarters, class D, class V>
HWY_INLINE V SineOfDouble(D d, V x) {
  constexpr double kSine[] = {-1.66666666666666324348e-01, 8.33333333332248946124e-03,
                              -1.98412698298579493134e-04, 2.75573137070700676789e-06,
                              -2.50507602534068634195e-08, 1.58969099521155010221e-10};
  constexpr double kCosine[] = {4.16666666666666019037e-02,  -1.38888888888741095749e-03,
                                2.48015872894767294178e-05,  -2.75573143513906633035e-07,
                                2.08757232129817482790e-09,  -1.13596475577881948265e-11};
  const hn::RebindToUnsigned<D> du;
  // Adding 1.5 · 2^52 leaves the nearest integer in the lowest bits.
  const V large = hn::Set(d, 6755399441055744.0);
  const V whole = hn::MulAdd(x, hn::Set(d, 0.63661977236758134308), large);
  const V n = hn::Sub(whole, large);
  // π/2 in 33 bits, whose products with n are exact, and so are differences; then the next 53
  // twice.
  V r = hn::NegMulAdd(n, hn::Set(d, 0x1.921fb544p+0), x);
  r = hn::NegMulAdd(n, hn::Set(d, 0x1.0b4611a626331p-34), r);
  r = hn::NegMulAdd(n, hn::Set(d, 0x1.1701b839a252p-88), r);
  const auto quarter = hn::Add(hn::BitCast(du, whole), hn::Set(du, uint64_t{kQuarters}));
  const auto is_odd = hn::MaskFromVec(hn::BitCast(d, hn::Neg(hn::BitCast(
      hn::RebindToSigned<D>(), hn::And(quarter, hn::Set(du, uint64_t{1}))))));
  const V z = hn::Mul(r, r);
  V p = hn::IfThenElse(is_odd, hn::Set(d, kCosine[5]), hn::Set(d, kSine[5]));
  for (int i = 4; i >= 0; --i) {
    p = hn::MulAdd(p, z, hn::IfThenElse(is_odd, hn::Set(d, kCosine[i]), hn::Set(d, kSine[i])));
  }
  // r + r z p, or 1 - z/2 + z² p, with what rounding 1 - z/2 has lost.
  const V half = hn::Mul(z, hn::Set(d, 0.5));
  const V one = hn::Set(d, 1.0);
  const V line = hn::Sub(one, half);
  const V lost = hn::Sub(hn::Sub(one, line), half);
  const V factor = hn::Mul(z, hn::IfThenElse(is_odd, z, r));
  const V head = hn::IfThenElse(is_odd, line, r);
  const V result = hn::Add(head, hn::MulAdd(factor, p, hn::IfThenElseZero(is_odd, lost)));
  const auto sign = hn::ShiftLeft<62>(hn::And(quarter, hn::Set(du, uint64_t{2})));
  return hn::Xor(result, hn::BitCast(d, sign));
}

// asin: up to 1/2 by x + x z P(z), z = x²; beyond it π/2 - 2 asin √z, z = (1 - |x|) / 2, where the
// larger part π/2 - 2 √z is taken first, with what its rounding has lost. P is Highway's, from
// SLEEF.
template <class D, class V>
HWY_INLINE V ArcSineOfDouble(D d, V x) {
  constexpr double kCoefficients[] = {
      0.1666666666666497543,  0.07500000000378581611, 0.04464285681377102438,
      0.03038195928038132237, 0.02237176181932048341, 0.01735956991223614604,
      0.01388715184501609218, 0.01215360525577377331, 0.006606077476277170610,
      0.01929045477267910674, -0.01581918243329996643, 0.03161587650653934628};
  const V half = hn::Set(d, 0.5);
  const V a = hn::Abs(x);
  const auto is_large = hn::Gt(a, half);
  const V z = hn::IfThenElse(is_large, hn::NegMulAdd(a, half, half), hn::Mul(a, a));
  const V root = hn::IfThenElse(is_large, hn::Sqrt(z), a);
  const V rest = hn::Mul(hn::Mul(root, z), PolynomialOf(d, z, kCoefficients));
  const V quarter = hn::Set(d, 1.57079632679489655800);
  const V two = hn::Set(d, 2.0);
  const V head = hn::NegMulAdd(two, root, quarter);
  const V lost = hn::NegMulAdd(two, root, hn::Sub(quarter, head));
  const V tail = hn::NegMulAdd(two, rest, hn::Add(lost, hn::Set(d, 6.12323399573676603587e-17)));
  const V result =
      hn::Add(hn::IfThenElse(is_large, head, root), hn::IfThenElse(is_large, tail, rest));
  return hn::CopySign(result, x);
}

// sinh: up to 1 by its series, beyond it (e - 1/e) / 2, e = exp |x|.
template <class D, class V>
HWY_INLINE V HyperbolicSineOfDouble(D d, V x) {
  constexpr double kSeries[] = {1.0 / 6, 1.0 / 120, 1.0 / 5040, 1.0 / 362880, 1.0 / 39916800,
                                1.0 / 6227020800, 1.0 / 1307674368000, 1.0 / 355687428096000};
  const V half = hn::Set(d, 0.5);
  const V a = hn::Abs(x);
  const V z = hn::Mul(x, x);
  const V small = hn::MulAdd(hn::Mul(a, z), PolynomialOf(d, z, kSeries), a);
  const V e = hn::Exp(d, a);
  const V large = hn::MulSub(half, e, hn::Div(half, e));
  return hn::CopySign(hn::IfThenElse(hn::Gt(a, hn::Set(d, 1.0)), large, small), x);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CIRCULAR_INL_H
