// Rows combined with others at positions that are given.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "scatter.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "arithmetic-inl.h"

#include <algorithm>
#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Bins that are joined at a time.
constexpr size_t kBinsAtATime = 64;

// Sums of a crowded row, of Float in double, of Double with what rounding takes away.
template <class T>
constexpr size_t kWidePlanes = std::is_same_v<T, float> ? 1 : 2;

template <class T>
void Widen(double* wide, const T* row, size_t width) {
  for (size_t c = 0; c < width; ++c) wide[c] = static_cast<double>(row[c]);
  for (size_t c = width; c < kWidePlanes<T> * width; ++c) wide[c] = 0;
}

HWY_INLINE void AddWide(double* wide, const float* row, size_t width) {
  TESSERA_VECTORIZE
  for (size_t c = 0; c < width; ++c) wide[c] += static_cast<double>(row[c]);
}

// What rounding takes away is exact where the sum so far is not smaller than x (Dekker, A
// floating-point technique for extending the available precision, 1971). Else it is off by the
// rounding of x at most: all of these together are within ε/2 · Σ|x|, twice that where sums of
// parts are joined, and it takes little more time than a plain sum.
HWY_INLINE void AddWide(double* wide, const double* row, size_t width) {
  double* const rest = wide + width;
  TESSERA_VECTORIZE
  for (size_t c = 0; c < width; ++c) {
    const double before = wide[c], x = row[c];
    const double sum = before + x;
    rest[c] += x - (sum - before);
    wide[c] = sum;
  }
}

template <class T>
void Narrow(T* row, const double* wide, size_t width) {
  for (size_t c = 0; c < width; ++c) {
    double sum = wide[c];
    if constexpr (kWidePlanes<T> == 2) {
      // An infinite sum has no rest that is a number, one beside the largest numbers may have an
      // infinite rest; and no rest leaves -0 as it is.
      const double rest = wide[width + c];
      if (rest - rest == 0 && rest != 0) sum += rest;
    }
    row[c] = static_cast<T>(sum);
  }
}

template <class T, class Combine>
void CombinePlain(Combine combine, T* out, int64_t out_stride, const T* in, int64_t in_stride,
                  const int64_t* positions, size_t rows, size_t width) {
  if (width == 1) {
    for (size_t r = 0; r < rows; ++r) {
      T& place = out[positions[r] * out_stride];
      place = combine(place, in[static_cast<int64_t>(r) * in_stride]);
    }
    return;
  }
  for (size_t r = 0; r < rows; ++r) {
    T* const places = out + positions[r] * out_stride;
    const T* const row = in + static_cast<int64_t>(r) * in_stride;
    TESSERA_VECTORIZE
    for (size_t c = 0; c < width; ++c) places[c] = combine(places[c], row[c]);
  }
}

template <class T>
void AddCrowded(T* out, int64_t out_stride, const T* in, int64_t in_stride,
                const int64_t* positions, size_t rows, size_t width, const int32_t* slots,
                size_t extent, double* wide) {
  const size_t length = kWidePlanes<T> * width;
  for (size_t p = 0; p < extent; ++p) {
    if (slots[p] >= 0) Widen(wide + slots[p] * length, out + p * out_stride, width);
  }
  for (size_t r = 0; r < rows; ++r) {
    const T* const row = in + static_cast<int64_t>(r) * in_stride;
    const int32_t slot = slots[positions[r]];
    if (slot >= 0) {
      AddWide(wide + static_cast<size_t>(slot) * length, row, width);
      continue;
    }
    T* const sums = out + positions[r] * out_stride;
    TESSERA_VECTORIZE
    for (size_t c = 0; c < width; ++c) sums[c] += row[c];
  }
  for (size_t p = 0; p < extent; ++p) {
    if (slots[p] >= 0) Narrow(out + p * out_stride, wide + slots[p] * length, width);
  }
}

// Calls a generic function with the reduction's function of two values.
template <class F>
void WithCombine(tk_reduction op, F function) {
  switch (op) {
    case TK_SUM: return function(Add());
    case TK_PRODUCT: return function(Multiply());
    case TK_MIN: return function(Minimum());
    case TK_MAX: return function(Maximum());
  }
}

// Sums and products of integers are the same with and without sign, extremes are not.
tk_type TypeFor(tk_reduction op, tk_type type) {
  return op == TK_SUM || op == TK_PRODUCT ? Unsigned(type) : type;
}

void Scatter(tk_reduction op, tk_type type, void* out, int64_t out_stride, const void* in,
             int64_t in_stride, const int64_t* positions, size_t rows, size_t width,
             const int32_t* slots, size_t extent, void* wide) {
  if (type == TK_BOOL) return;
  WithType(TypeFor(op, type), [&](auto zero) {
    using T = decltype(zero);
    T* const to = static_cast<T*>(out);
    const T* const from = static_cast<const T*>(in);
    if constexpr (std::is_floating_point_v<T>) {
      if (op == TK_SUM && slots != nullptr) {
        return AddCrowded(to, out_stride, from, in_stride, positions, rows, width, slots, extent,
                          static_cast<double*>(wide));
      }
    }
    WithCombine(op, [&](auto combine) {
      CombinePlain(combine, to, out_stride, from, in_stride, positions, rows, width);
    });
  });
}

// What a bin holds: sums of floating point as those of a crowded row, products of Float in double,
// all else as it is.
template <class T, class Combine>
struct Bin {
  static constexpr bool kIsSum = std::is_same_v<Combine, Add> && std::is_floating_point_v<T>;
  static constexpr bool kIsWide = std::is_same_v<T, float> &&
                                  (kIsSum || std::is_same_v<Combine, Multiply>);
  using Value = std::conditional_t<kIsWide, double, T>;
  static constexpr size_t kPlanes = kIsSum ? kWidePlanes<T> : 1;

  static HWY_INLINE void Put(Value* bin, const T* row, size_t width) {
    if constexpr (kIsSum) {
      AddWide(bin, row, width);
    } else {
      TESSERA_VECTORIZE
      for (size_t c = 0; c < width; ++c) bin[c] = Combine()(bin[c], static_cast<Value>(row[c]));
    }
  }

  static void Join(Value* bin, const Value* other, size_t width) {
    if constexpr (kIsSum && kPlanes == 2) {
      AddWide(bin, other, width);
      for (size_t c = width; c < 2 * width; ++c) bin[c] += other[c];
    } else {
      TESSERA_VECTORIZE
      for (size_t c = 0; c < width; ++c) bin[c] = Combine()(bin[c], other[c]);
    }
  }

  static void Take(T* row, const Value* bin, size_t width) {
    if constexpr (kIsSum) {
      Narrow(row, bin, width);
    } else {
      for (size_t c = 0; c < width; ++c) row[c] = static_cast<T>(bin[c]);
    }
  }

  // What changes nothing, -0 too.
  static Value Identity() {
    using Limits = std::numeric_limits<Value>;
    constexpr bool is_floating = std::is_floating_point_v<Value>;
    if constexpr (std::is_same_v<Combine, Add>) return is_floating ? static_cast<Value>(-0.0) : 0;
    if constexpr (std::is_same_v<Combine, Multiply>) return 1;
    if constexpr (std::is_same_v<Combine, Minimum>) {
      return is_floating ? Limits::infinity() : Limits::max();
    }
    return is_floating ? static_cast<Value>(-Limits::infinity()) : Limits::lowest();
  }
};

// Calls a generic function with the kind of bins.
template <class F>
void WithBin(tk_reduction op, tk_type type, F function) {
  if (type == TK_BOOL) return;
  WithType(TypeFor(op, type), [&](auto zero) {
    WithCombine(op, [&](auto combine) { function(zero, Bin<decltype(zero), decltype(combine)>()); });
  });
}

void BinsFill(tk_reduction op, tk_type type, void* bins, const void* in, int64_t in_stride,
              const int64_t* positions, size_t rows, size_t extent, size_t width) {
  WithBin(op, type, [&](auto zero, auto bin) {
    using T = decltype(zero);
    using B = decltype(bin);
    auto* const first = static_cast<typename B::Value*>(bins);
    const T* const from = static_cast<const T*>(in);
    const size_t length = width * B::kPlanes;
    const auto identity = B::Identity();
    if (width == 1) {
      for (size_t p = 0; p < extent; ++p) {
        first[p * B::kPlanes] = identity;
        if constexpr (B::kPlanes == 2) first[p * B::kPlanes + 1] = 0;
      }
      for (size_t r = 0; r < rows; ++r) {
        B::Put(first + positions[r] * static_cast<int64_t>(B::kPlanes),
               from + static_cast<int64_t>(r) * in_stride, 1);
      }
      return;
    }
    for (size_t p = 0; p < extent; ++p) {
      for (size_t c = 0; c < width; ++c) first[p * length + c] = identity;
      for (size_t c = width; c < length; ++c) first[p * length + c] = 0;
    }
    for (size_t r = 0; r < rows; ++r) {
      B::Put(first + positions[r] * static_cast<int64_t>(length),
             from + static_cast<int64_t>(r) * in_stride, width);
    }
  });
}

void BinsTake(tk_reduction op, tk_type type, void* out, int64_t out_stride, const void* bins,
              size_t parts, size_t extent, size_t begin, size_t end, size_t width) {
  WithBin(op, type, [&](auto zero, auto bin) {
    using T = decltype(zero);
    using B = decltype(bin);
    using Value = typename B::Value;
    const Value* const first = static_cast<const Value*>(bins);
    const size_t length = width * B::kPlanes;
    if (width == 1) {
      for (size_t p = begin; p < end; ++p) {
        T* const place = static_cast<T*>(out) + static_cast<int64_t>(p) * out_stride;
        Value sum[B::kPlanes] = {static_cast<Value>(*place)};
        for (size_t k = 0; k < parts; ++k) B::Join(sum, first + (k * extent + p) * B::kPlanes, 1);
        B::Take(place, sum, 1);
      }
      return;
    }
    Value joined[kBinsAtATime * B::kPlanes];
    for (size_t p = begin; p < end; ++p) {
      T* const row = static_cast<T*>(out) + static_cast<int64_t>(p) * out_stride;
      for (size_t start = 0; start < width; start += kBinsAtATime) {
        const size_t count = std::min(kBinsAtATime, width - start);
        if constexpr (B::kPlanes == 2) {
          for (size_t c = 0; c < count; ++c) joined[count + c] = 0;
        }
        for (size_t c = 0; c < count; ++c) joined[c] = static_cast<Value>(row[start + c]);
        Value part[kBinsAtATime * B::kPlanes];
        for (size_t k = 0; k < parts; ++k) {
          const Value* const own = first + (k * extent + p) * length + start;
          for (size_t plane = 0; plane < B::kPlanes; ++plane) {
            for (size_t c = 0; c < count; ++c) part[plane * count + c] = own[plane * width + c];
          }
          B::Join(joined, part, count);
        }
        B::Take(row + start, joined, count);
      }
    }
  });
}

size_t BinBytes(tk_reduction op, tk_type type) {
  size_t bytes = 0;
  WithBin(op, type, [&](auto, auto bin) {
    using B = decltype(bin);
    bytes = sizeof(typename B::Value) * B::kPlanes;
  });
  return bytes;
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Scatter);
HWY_EXPORT(BinsFill);
HWY_EXPORT(BinsTake);
HWY_EXPORT(BinBytes);

extern "C" {

size_t tk_crowded_positions(int32_t* slots, size_t extent, const int64_t* positions, size_t rows) {
  for (size_t p = 0; p < extent; ++p) slots[p] = 0;
  // Beyond the limit nobody counts, so that no count overflows.
  for (size_t r = 0; r < rows; ++r) slots[positions[r]] += slots[positions[r]] <= TK_SUMMED_ROWS;
  size_t crowded = 0;
  for (size_t p = 0; p < extent; ++p) {
    slots[p] = slots[p] > TK_SUMMED_ROWS ? static_cast<int32_t>(crowded++) : -1;
  }
  return crowded;
}

size_t tk_scattered_scratch(tk_type type, size_t crowded, size_t width) {
  return crowded * width * (type == TK_FLOAT32 ? 1 : 2) * sizeof(double);
}

void tk_scatter(tk_reduction op, tk_type type, void* out, int64_t out_stride, const void* in,
                int64_t in_stride, const int64_t* positions, size_t rows, size_t width,
                const int32_t* slots, size_t extent, void* scratch) {
  HWY_DYNAMIC_DISPATCH(Scatter)
  (op, type, out, out_stride, in, in_stride, positions, rows, width, slots, extent, scratch);
}

size_t tk_bin_bytes(tk_reduction op, tk_type type) {
  return HWY_DYNAMIC_DISPATCH(BinBytes)(op, type);
}

void tk_fill_bins(tk_reduction op, tk_type type, void* bins, const void* in, int64_t in_stride,
                  const int64_t* positions, size_t rows, size_t extent, size_t width) {
  HWY_DYNAMIC_DISPATCH(BinsFill)
  (op, type, bins, in, in_stride, positions, rows, extent, width);
}

void tk_take_bins(tk_reduction op, tk_type type, void* out, int64_t out_stride, const void* bins,
                  size_t parts, size_t extent, size_t begin, size_t end, size_t width) {
  HWY_DYNAMIC_DISPATCH(BinsTake)
  (op, type, out, out_stride, bins, parts, extent, begin, end, width);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
