// Products of floating-point values whose exponents are kept apart; once an instruction set.
//
// A product is a significand, 1 ≤ |s| < 2, and a power of two, or a special value (zero, infinity,
// NaN) by itself. Factors are multiplied as doubles, those of float64 with their own rounding each,
// so that a product of n factors is within n - 1 roundings of 2^-53 of the exact one, and whatever
// lies in between neither over- nor underflows.
//
// The fast path multiplies as it stands and asks afterwards whether every value on the way had a
// magnitude in [2^-511, 2^513): such a value is normal, hence rounded like any other, wherever it
// came from. Where one had not, the same factors are taken again with their exponents stripped.
// Scaling by powers of two changes no rounding, so both ways give the same bits.
#if defined(TESSERA_PRODUCTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_PRODUCTS_INL_H
#undef TESSERA_PRODUCTS_INL_H
#else
#define TESSERA_PRODUCTS_INL_H
#endif

#include <math.h>
#include <string.h>

#include <limits>

#include "dispatch.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Factors = hn::ScalableTag<double>;
using FactorBits = hn::RebindToUnsigned<Factors>;
using Exponents = hn::RebindToSigned<Factors>;
using VFactors = hn::Vec<Factors>;
using VBits = hn::Vec<FactorBits>;
using VExponents = hn::Vec<Exponents>;

constexpr size_t kFactorLanes = hn::MaxLanes(Factors());
constexpr uint64_t kExponentField = 0x7FF0000000000000;
constexpr uint64_t kOneBits = 0x3FF0000000000000;

HWY_INLINE VFactors LoadFactors(const double* in) { return hn::LoadU(Factors(), in); }
HWY_INLINE VFactors LoadFactors(const float* in) {
  const Factors d;
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<float, Factors>(), in));
}

// Remembers whether all products seen lie in [2^-511, 2^513): their exponents, 512 higher, have
// their uppermost bit then, and only then.
class Watch {
 public:
  HWY_INLINE Watch() { seen_ = hn::Set(FactorBits(), ~uint64_t{0}); }
  HWY_INLINE void See(VFactors product) {
    const FactorBits d;
    seen_ = hn::And(seen_, hn::Add(hn::BitCast(d, product), hn::Set(d, uint64_t{512} << 52)));
  }
  HWY_INLINE bool HasSeenOrdinaryOnly() const {
    const FactorBits d;
    const VBits upper = hn::Set(d, uint64_t{1} << 62);
    return hn::AllTrue(d, hn::Eq(hn::And(seen_, upper), upper));
  }
  HWY_INLINE void Join(const Watch& other) { seen_ = hn::And(seen_, other.seen_); }

 private:
  VBits seen_;
};

// Moves the exponent of a normal value to `exponent`.
HWY_INLINE void Strip(VFactors& value, VExponents& exponent) {
  const FactorBits du;
  const Exponents di;
  const VBits bits = hn::BitCast(du, value);
  const VBits field = hn::And(bits, hn::Set(du, kExponentField));
  exponent = hn::Add(exponent, hn::BitCast(di, hn::ShiftRight<52>(field)));
  exponent = hn::Sub(exponent, hn::Set(di, 1023));
  value = hn::BitCast(Factors(), hn::Or(hn::Xor(bits, field), hn::Set(du, kOneBits)));
}

// The same for values of any kind: a special one stays as it is, and adds no exponent.
HWY_INLINE void StripAny(VFactors& value, VExponents& exponent) {
  const Factors d;
  const Exponents di;
  const VFactors magnitude = hn::Abs(value);
  const auto is_tiny = hn::Lt(magnitude, hn::Set(d, std::numeric_limits<double>::min()));
  const auto is_number = hn::And(
      hn::Gt(magnitude, hn::Zero(d)),
      hn::Lt(magnitude, hn::Set(d, std::numeric_limits<double>::infinity())));
  VFactors stripped = hn::IfThenElse(is_tiny, hn::Mul(value, hn::Set(d, 0x1p54)), value);
  VExponents own = hn::IfThenElseZero(hn::RebindMask(di, is_tiny), hn::Set(di, -54));
  Strip(stripped, own);
  value = hn::IfThenElse(is_number, stripped, value);
  exponent = hn::Add(exponent, hn::IfThenElseZero(hn::RebindMask(di, is_number), own));
}

// Multiplies a factor of any kind into a product, which grows by less than 2.
HWY_INLINE void MultiplyAny(VFactors& product, VExponents& exponent, VFactors factor) {
  StripAny(factor, exponent);
  product = hn::Mul(product, factor);
}

inline void StripOne(double& value, int64_t& exponent) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint64_t field = bits & kExponentField;
  if (HWY_LIKELY(field != 0 && field != kExponentField)) {
    exponent += static_cast<int64_t>(field >> 52) - 1023;
    bits = (bits ^ field) | kOneBits;
    memcpy(&value, &bits, sizeof bits);
    return;
  }
  if (value == 0 || !isfinite(value)) return;
  int own;
  value = 2 * frexp(value, &own);
  exponent += own - 1;
}

// Whether a magnitude is in [2^-511, 2^513), where products are rounded like any other.
HWY_INLINE bool IsOrdinary(double value) {
  const double magnitude = fabs(value);
  return magnitude >= 0x1p-511 && magnitude < 0x1p513;
}

// A factor of any magnitude into a product of any.
HWY_INLINE void MultiplyOne(double& product, int64_t& exponent, double factor) {
  const double next = product * factor;
  if (HWY_LIKELY(IsOrdinary(next))) {
    product = next;
    return;
  }
  int64_t own = 0;
  StripOne(product, exponent);
  StripOne(factor, own);
  product *= factor;
  exponent += own;
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_PRODUCTS_INL_H
