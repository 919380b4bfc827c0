// The conversion of one value, which saturates; once an instruction set.
#if defined(TESSERA_CONVERT_ONE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_CONVERT_ONE_INL_H
#undef TESSERA_CONVERT_ONE_INL_H
#else
#define TESSERA_CONVERT_ONE_INL_H
#endif

#include <limits>
#include <type_traits>

#include "dispatch.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

template <class To, class From>
To ConvertOne(From x) {
  using Limits = std::numeric_limits<To>;
  if constexpr (std::is_same_v<To, bool>) {
    return x != 0;
  } else if constexpr (std::is_floating_point_v<To> || std::is_same_v<To, From>) {
    return static_cast<To>(x);
  } else if constexpr (std::is_floating_point_v<From>) {
    // One more than the largest value is a power of two, so exact; the largest value may not be.
    constexpr From kAbove = static_cast<From>(Limits::max() / 2 + 1) * 2;
    constexpr From kLeast = static_cast<From>(Limits::min());
    if (x >= kAbove) return Limits::max();
    if (x <= kLeast) return Limits::min();
    return x == x ? static_cast<To>(x) : To(0);
  } else {
    // The limits that both types have, in the type of x.
    using Own = std::numeric_limits<From>;
    constexpr bool kIsNarrower = Limits::digits < Own::digits;
    constexpr From kMost = kIsNarrower ? static_cast<From>(Limits::max()) : Own::max();
    constexpr From kLeast = !Limits::is_signed || !Own::is_signed ? From(0)
                            : kIsNarrower ? static_cast<From>(Limits::min())
                                          : Own::min();
    return static_cast<To>(x < kLeast ? kLeast : x > kMost ? kMost : x);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_CONVERT_ONE_INL_H
