// Functions of three values.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ternary.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "arithmetic-inl.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Rounded once by the C library where the instruction set has no such instruction: the same bits,
// one by one.
struct MultiplyAdd {
  template <class T>
  static constexpr bool kHasVectors = std::is_integral_v<T> || HWY_NATIVE_FMA;

  template <class T>
  T operator()(T a, T b, T c) const {
    if constexpr (std::is_floating_point_v<T>)
      return std::fma(a, b, c);
    else
      return Add()(Multiply()(a, b), c);
  }
};

struct Clamp {
  template <class T>
  static constexpr bool kHasVectors = true;

  template <class T>
  T operator()(T x, T low, T high) const {
    return Minimum()(Maximum()(x, low), high);
  }
};

struct Interpolate {
  template <class T>
  static constexpr bool kHasVectors = true;

  template <class T>
  T operator()(T a, T b, T weight) const {
    const T distance = b - a;
    const T from_a = a + weight * distance;
    const T from_b = b - distance * (T(1) - weight);
    return std::abs(weight) < T(0.5) ? from_a : from_b;
  }
};

// An operand as runs: its own, or one value repeated, which is read before anything is written,
// since it may lie there.
template <class T>
class Source {
 public:
  static constexpr size_t kTile = 256;

  Source(const T* in, size_t step, size_t count) : in_(in), step_(step) {
    if (step == 0) std::fill_n(values_, std::min(count, kTile), *in);
  }

  // The run from an element on, of up to kTile elements where the value repeats.
  const T* From(size_t first) const { return step_ == 0 ? values_ : in_ + first; }

 private:
  const T* in_;
  size_t step_;
  T values_[kTile];
};

template <class F, class T>
void ZipRuns(F f, T* out, const T* a, const T* b, const T* c, size_t count) {
  if constexpr (F::template kHasVectors<T>) {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < count; ++i) out[i] = f(a[i], b[i], c[i]);
  } else {
    for (size_t i = 0; i < count; ++i) out[i] = f(a[i], b[i], c[i]);
  }
}

template <class F, class T>
void ZipThree(F f, T* out, const T* a, size_t a_step, const T* b, size_t b_step, const T* c,
              size_t c_step, size_t count) {
  if (count == 0) return;
  if (a_step != 0 && b_step != 0 && c_step != 0) return ZipRuns(f, out, a, b, c, count);
  const Source<T> x(a, a_step, count), y(b, b_step, count), z(c, c_step, count);
  for (size_t i = 0; i < count; i += Source<T>::kTile) {
    ZipRuns(f, out + i, x.From(i), y.From(i), z.From(i), std::min(Source<T>::kTile, count - i));
  }
}

void Ternary(tk_ternary_op op, tk_type type, void* out, const void* a, size_t a_step,
             const void* b, size_t b_step, const void* c, size_t c_step, size_t count) {
  WithType(op == TK_FMA ? Unsigned(type) : type, [&](auto zero) {
    using T = decltype(zero);
    const auto zip = [&](auto f) {
      ZipThree(f, static_cast<T*>(out), static_cast<const T*>(a), a_step, static_cast<const T*>(b),
               b_step, static_cast<const T*>(c), c_step, count);
    };
    if (op == TK_CLAMPED) return zip(Clamp());
    if constexpr (std::is_floating_point_v<T> || std::is_unsigned_v<T>) {
      if (op == TK_FMA) return zip(MultiplyAdd());
    }
    if constexpr (std::is_floating_point_v<T>) {
      if (op == TK_LERP) return zip(Interpolate());
    }
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Ternary);

extern "C" {

bool tk_has_ternary(tk_ternary_op op, tk_type type) {
  if (op < TK_FMA || op > TK_LERP) return false;
  return IsFloating(type) || (IsInteger(type) && op != TK_LERP);
}

void tk_ternary(tk_ternary_op op, tk_type type, void* out, const void* a, size_t a_step,
                const void* b, size_t b_step, const void* c, size_t c_step, size_t count) {
  if (!tk_has_ternary(op, type)) return;
  HWY_DYNAMIC_DISPATCH(Ternary)(op, type, out, a, a_step, b, b_step, c, c_step, count);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
