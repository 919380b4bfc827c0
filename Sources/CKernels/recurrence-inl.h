// Linear recurrences h[i] = a[i] · h[i - 1] + b[i], block by block; once an instruction set.
//
// A block makes A · h + B of what came before it, h. Each value waits for the one before it, so
// that several blocks are gone through side by side.
#if defined(TESSERA_RECURRENCE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_RECURRENCE_INL_H
#undef TESSERA_RECURRENCE_INL_H
#else
#define TESSERA_RECURRENCE_INL_H
#endif

#include "scan-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

template <class T>
struct Recurrence {
  using Element = T;
  // Float is computed in double.
  static constexpr bool kIsFloating = std::is_floating_point_v<T>;
  using W = std::conditional_t<kIsFloating, double, T>;
  struct State {
    W value, factor;
  };
  static State Identity() { return {0, 1}; }

  static W Wide(T value) { return static_cast<W>(value); }
  static W Times(W a, W b) {
    if constexpr (kIsFloating) return a * b;
    if constexpr (!kIsFloating) return static_cast<W>(uint64_t{a} * uint64_t{b});
  }
  static W Next(W h, T a, T b) { return static_cast<W>(Times(Wide(a), h) + Wide(b)); }

  // What a block makes of the value before it. False where rounding may have had a part in it that
  // it would not have in sequence: where what the block made of its own, or the value, left the
  // range of numbers at either end, or where two large numbers cancel that grew in the block. The
  // value is then the one before the block still.
  static bool Join(State& left, const State& block) {
    const W h = left.value;
    const W passed = Times(block.factor, h);
    const W next = static_cast<W>(passed + block.value);
    left.factor = Times(left.factor, block.factor);
    if constexpr (kIsFloating) {
      if (h != h) return true;
      if (!isfinite(next) || !isfinite(block.factor) || !isfinite(block.value)) return false;
      // A factor that has underflowed, or is 0: does what it would have left of a large value
      // matter?
      constexpr double least = std::numeric_limits<double>::min();
      if (fabs(block.factor) < least && fabs(h) > 0x1p100 &&
          fabs(h) * least > fabs(block.value) * 0x1p-60) {
        return false;
      }
      if (fabs(block.factor) > 2 && fabs(next) < fabs(passed) * 0x1p-8) return false;
    }
    left.value = next;
    return true;
  }

  // The last value of a block.
  static W End(const T* b, const T* a, size_t count, W h) {
    for (size_t i = 0; i < count; ++i) h = Next(h, a[i], b[i]);
    return h;
  }

  // Calls f with the place of as many whole blocks as are best gone through side by side, and their
  // number, a constant; the last block, which may be shorter, comes by itself.
  template <size_t kMost, class F>
  HWY_INLINE static void ForEachGroup(size_t count, const F& f) {
    constexpr size_t kBlock = TK_SCAN_BLOCK;
    size_t i = 0;
    const auto step = [&](auto number, size_t length) {
      f(i, number, length);
      i += number * length;
    };
    while (i + kMost * kBlock <= count) step(std::integral_constant<size_t, kMost>(), kBlock);
    while (i + 2 * kBlock <= count) step(std::integral_constant<size_t, 2>(), kBlock);
    while (i < count) {
      const size_t length = count - i < kBlock ? count - i : kBlock;
      step(std::integral_constant<size_t, 1>(), length);
    }
  }

  static void Totals(tk_scan_state* totals, const T* b, const T* a, size_t count) {
    ForEachGroup<4>(count, [&](size_t begin, auto number, size_t length) {
      constexpr size_t kCount = decltype(number)::value;
      W value[kCount], factor[kCount];
#pragma clang loop unroll(full)
      for (size_t k = 0; k < kCount; ++k) {
        const size_t first = begin + k * length;
        value[k] = Wide(b[first]);
        factor[k] = Wide(a[first]);
      }
      for (size_t i = 1; i < length; ++i) {
#pragma clang loop unroll(full)
        for (size_t k = 0; k < kCount; ++k) {
          const size_t place = begin + k * length + i;
          value[k] = Next(value[k], a[place], b[place]);
          factor[k] = Times(factor[k], Wide(a[place]));
        }
      }
      for (size_t k = 0; k < kCount; ++k) {
        StoreState(*totals++, State{value[k], factor[k]});
      }
    });
  }

  template <bool kExclusive>
  static void Write(T* out, const T* b, const T* a, const tk_scan_state* before, size_t count) {
    ForEachGroup<8>(count, [&](size_t begin, auto number, size_t length) {
      constexpr size_t kCount = decltype(number)::value;
      W h[kCount];
      for (size_t k = 0; k < kCount; ++k) h[k] = LoadState<State>(*before++).value;
      for (size_t i = 0; i < length; ++i) {
#pragma clang loop unroll(full)
        for (size_t k = 0; k < kCount; ++k) {
          const size_t place = begin + k * length + i;
          const W next = Next(h[k], a[place], b[place]);
          out[place] = static_cast<T>(kExclusive ? h[k] : next);
          h[k] = next;
        }
      }
    });
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_RECURRENCE_INL_H
