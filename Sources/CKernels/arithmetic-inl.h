// Functions of two values that elementwise work and reductions share; once an instruction set.
#if defined(TESSERA_ARITHMETIC_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_ARITHMETIC_INL_H
#undef TESSERA_ARITHMETIC_INL_H
#else
#define TESSERA_ARITHMETIC_INL_H
#endif

#include <cstdint>
#include <type_traits>

#include "dispatch.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Integers are added, subtracted and multiplied without sign, where overflow is defined to wrap,
// and in 32 bits at least, as C++ would turn shorter ones into int.
template <class T>
using Wrapping =
    std::conditional_t<std::is_floating_point_v<T>, T,
                       std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>>;

struct Add {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
  }
};

struct Subtract {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
  }
};

struct Multiply {
  template <class T>
  T operator()(T a, T b) const {
    return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
  }
};

struct Minimum {
  template <class T>
  T operator()(T a, T b) const {
    return (b < a || b != b) ? b : a;
  }
};

struct Maximum {
  template <class T>
  T operator()(T a, T b) const {
    return (b > a || b != b) ? b : a;
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_ARITHMETIC_INL_H
