// What scans carry along, and how they go through one block; once an instruction set.
//
// A scan has a total of each block by itself, joins the totals in their order, and goes through
// each block with what came before it. The few values of a chunk depend on each other and not on
// what came before, so that a processor is busy with several chunks at a time.
#if defined(TESSERA_SCAN_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_SCAN_INL_H
#undef TESSERA_SCAN_INL_H
#else
#define TESSERA_SCAN_INL_H
#endif

#include <math.h>
#include <string.h>

#include <limits>
#include <type_traits>

#include "dispatch.h"
#include "hwy/highway.h"
#include "products-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

template <class S>
S LoadState(const tk_scan_state& state) {
  S result;
  memcpy(&result, &state, sizeof result);
  return result;
}

template <class S>
void StoreState(tk_scan_state& state, const S& value) {
  state = {};
  memcpy(&state, &value, sizeof value);
}

// Values of a chunk.
constexpr size_t kChunk = 16;

// Calls f with the beginning of each chunk and its length, which is a constant of all but the last.
template <class F>
HWY_INLINE void ForEachChunk(size_t count, const F& f) {
  size_t i = 0;
  for (; i + kChunk <= count; i += kChunk) f(i, std::integral_constant<size_t, kChunk>());
  if (i < count) f(i, count - i);
}

// Where what comes of the elements before each is asked for, the values are one place behind.
template <bool kExclusive, class W>
HWY_INLINE const W* Shown(const W* values) {
  return kExclusive ? values : values + 1;
}

// Integers wrap, as those without sign do. C++ would multiply short ones as int, which does not.
template <class T>
struct WrappingSum {
  using State = T;
  static T Identity() { return 0; }
  static T Of(T a, T b) { return static_cast<T>(a + b); }
};

template <class T>
struct WrappingProduct {
  using State = T;
  static T Identity() { return 1; }
  static T Of(T a, T b) { return static_cast<T>(uint64_t{a} * uint64_t{b}); }
};

template <class T>
struct RunningMinimum {
  using State = T;
  static T Identity() {
    return std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity()
                                       : std::numeric_limits<T>::max();
  }
  // NaN if there is one.
  static T Of(T a, T b) { return b < a || b != b ? b : a; }
};

template <class T>
struct RunningMaximum {
  using State = T;
  static T Identity() {
    return std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity()
                                       : std::numeric_limits<T>::lowest();
  }
  static T Of(T a, T b) { return b > a || b != b ? b : a; }
};

// Functions of two elements that give the same in whatever way they are grouped.
template <class T, class F>
struct Grouped {
  using Element = T;
  using State = T;
  static T Identity() { return F::Identity(); }
  static void Join(T& left, T right) { left = F::Of(left, right); }

  static T Total(const T* in, size_t count) {
    T lanes[kChunk];
    for (T& lane : lanes) lane = F::Identity();
    ForEachChunk(count, [&](size_t begin, auto length) {
      for (size_t i = 0; i < length; ++i) lanes[i] = F::Of(lanes[i], in[begin + i]);
    });
    for (size_t half = kChunk / 2; half > 0; half /= 2) {
      for (size_t i = 0; i < half; ++i) lanes[i] = F::Of(lanes[i], lanes[i + half]);
    }
    return lanes[0];
  }

  template <bool kExclusive>
  static void Write(T* out, const T* in, size_t count, T before) {
    ForEachChunk(count, [&](size_t begin, auto length) {
      T own[kChunk + 1];
      own[0] = F::Identity();
      for (size_t i = 0; i < length; ++i) own[i + 1] = F::Of(own[i], in[begin + i]);
      const T* const shown = Shown<kExclusive>(own);
      for (size_t i = 0; i < length; ++i) out[begin + i] = F::Of(before, shown[i]);
      before = F::Of(before, own[length]);
    });
  }
};

// Float is added in double.
struct FloatSum {
  using Element = float;
  using State = double;
  static double Identity() { return 0; }
  static void Join(double& left, double right) { left += right; }

  static double Total(const float* in, size_t count) {
    double total = 0;
    ForEachChunk(count, [&](size_t begin, auto length) {
      double own = 0;
      for (size_t i = 0; i < length; ++i) own += static_cast<double>(in[begin + i]);
      total += own;
    });
    return total;
  }

  template <bool kExclusive>
  static void Write(float* out, const float* in, size_t count, double before) {
    ForEachChunk(count, [&](size_t begin, auto length) {
      double own[kChunk + 1];
      own[0] = 0;
      for (size_t i = 0; i < length; ++i) own[i + 1] = own[i] + static_cast<double>(in[begin + i]);
      const double* const shown = Shown<kExclusive>(own);
      for (size_t i = 0; i < length; ++i) out[begin + i] = static_cast<float>(before + shown[i]);
      before += own[length];
    });
  }
};

// Double: a few values are added to each other, and then to what came before, which is kept with
// all that rounding takes away from it. That is exact (Knuth, The Art of Computer Programming,
// 4.2.2, theorem B).
struct DoubleSum {
  using Element = double;
  struct State {
    double sum, rest;
  };
  static State Identity() { return {0, 0}; }

  static void Add(State& before, double own, double own_rest) {
    const double sum = before.sum + own;
    const double added = sum - before.sum;
    const double rest =
        before.rest + (((before.sum - (sum - added)) + (own - added)) + own_rest);
    // An infinite sum has no rest that is a number.
    before = {sum, rest - rest == 0 ? rest : 0};
  }
  static void Join(State& left, const State& right) { Add(left, right.sum, right.rest); }

  static State Total(const double* in, size_t count) {
    State total = Identity();
    ForEachChunk(count, [&](size_t begin, auto length) {
      double own = 0;
      for (size_t i = 0; i < length; ++i) own += in[begin + i];
      Add(total, own, 0);
    });
    return total;
  }

  template <bool kExclusive>
  static void Write(double* out, const double* in, size_t count, State before) {
    ForEachChunk(count, [&](size_t begin, auto length) {
      double own[kChunk + 1];
      own[0] = 0;
      for (size_t i = 0; i < length; ++i) own[i + 1] = own[i] + in[begin + i];
      const double* const shown = Shown<kExclusive>(own);
      for (size_t i = 0; i < length; ++i) {
        out[begin + i] = before.sum + (before.rest + shown[i]);
      }
      Add(before, own[length], 0);
    });
  }
};

// Products of floating point, as doubles with their exponents apart.
template <class T>
struct ApartProduct {
  using Element = T;
  using State = tk_product;
  static State Identity() { return {1, 0}; }
  static void Join(State& left, const State& right) { tk_product_join(&left, &right, 0, 1, 1); }

  static State Total(const T* in, size_t count) {
    tk_product total;
    tk_products_of(sizeof(T) == 4 ? TK_FLOAT32 : TK_FLOAT64, &total, in, 1, count);
    return total;
  }

  // Beyond this no significand and no chunk brings a product back among the numbers.
  static constexpr int64_t kFar = 1700;

  static T Rounded(double product, int64_t exponent) {
    if (exponent == 0) return static_cast<T>(product);
    const int64_t limit = 2 * kFar;
    const int64_t held = exponent < -limit ? -limit : exponent > limit ? limit : exponent;
    return static_cast<T>(ldexp(product, static_cast<int>(held)));
  }

  // A product has no exponent of its own as long as none with a chunk over- or underflows, else a
  // significand in [1, 2).
  static void Normalize(double& product, int64_t& exponent) {
    const double magnitude = fabs(product);
    if (HWY_LIKELY(exponent == 0 && magnitude >= 0x1p-400 && magnitude <= 0x1p400)) return;
    if (product == 0 || !isfinite(product)) {
      exponent = 0;
      return;
    }
    StripOne(product, exponent);
    if (exponent < -300 || exponent > 300) return;
    product = ldexp(product, static_cast<int>(exponent));
    exponent = 0;
  }

  template <bool kExclusive>
  static void Write(T* out, const T* in, size_t count, const State& before) {
    double product = before.significand;
    int64_t exponent = static_cast<int64_t>(before.exponent);
    Normalize(product, exponent);
    ForEachChunk(count, [&](size_t begin, auto length) {
      double own[kChunk + 1];
      own[0] = 1;
      for (size_t i = 0; i < length; ++i) own[i + 1] = own[i] * static_cast<double>(in[begin + i]);
      // All of them lie in [2^-511, 2^513): products-inl.h tells how bits show that.
      uint64_t seen = ~uint64_t{0};
      for (size_t i = 0; i < length; ++i) {
        uint64_t bits;
        memcpy(&bits, &own[i + 1], sizeof bits);
        seen &= bits + (uint64_t{512} << 52);
      }
      if (HWY_UNLIKELY((seen >> 62 & 1) == 0)) {
        for (size_t i = 0; i < length; ++i) {
          const double factor = static_cast<double>(in[begin + i]);
          if (kExclusive) out[begin + i] = Rounded(product, exponent);
          MultiplyOne(product, exponent, factor);
          Normalize(product, exponent);
          if (!kExclusive) out[begin + i] = Rounded(product, exponent);
        }
        return;
      }
      const double* const shown = Shown<kExclusive>(own);
      if (HWY_LIKELY(exponent == 0)) {
        for (size_t i = 0; i < length; ++i) out[begin + i] = static_cast<T>(product * shown[i]);
      } else if (exponent < -kFar || exponent > kFar) {
        const double scale = exponent < 0 ? 0 : std::numeric_limits<double>::infinity();
        for (size_t i = 0; i < length; ++i) {
          out[begin + i] = static_cast<T>(product * shown[i] * scale);
        }
      } else {
        for (size_t i = 0; i < length; ++i) {
          out[begin + i] = Rounded(product * shown[i], exponent);
        }
      }
      product *= own[length];
      Normalize(product, exponent);
    });
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_SCAN_INL_H
