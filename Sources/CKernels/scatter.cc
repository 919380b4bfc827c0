// Rows added at positions that are given.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "scatter.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "arithmetic-inl.h"

#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Sums of a crowded row, of Float in double, of Double with all that rounding takes away.
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

// What rounding takes away is exact (Knuth, The Art of Computer Programming, 4.2.2, theorem B).
HWY_INLINE void AddWide(double* wide, const double* row, size_t width) {
  double* const rest = wide + width;
  TESSERA_VECTORIZE
  for (size_t c = 0; c < width; ++c) {
    const double before = wide[c], x = row[c];
    const double sum = before + x;
    const double added = sum - before;
    rest[c] += (before - (sum - added)) + (x - added);
    wide[c] = sum;
  }
}

template <class T>
void Narrow(T* row, const double* wide, size_t width) {
  for (size_t c = 0; c < width; ++c) {
    double sum = wide[c];
    if constexpr (kWidePlanes<T> == 2) {
      // An infinite sum has no rest that is a number.
      const double all = sum + wide[width + c];
      if (all == all) sum = all;
    }
    row[c] = static_cast<T>(sum);
  }
}

template <class T>
void AddPlain(T* out, int64_t out_stride, const T* in, int64_t in_stride, const int64_t* positions,
              size_t rows, size_t width) {
  const Add add;
  if (width == 1) {
    for (size_t r = 0; r < rows; ++r) {
      T& sum = out[positions[r] * out_stride];
      sum = add(sum, in[static_cast<int64_t>(r) * in_stride]);
    }
    return;
  }
  for (size_t r = 0; r < rows; ++r) {
    T* const sums = out + positions[r] * out_stride;
    const T* const row = in + static_cast<int64_t>(r) * in_stride;
    TESSERA_VECTORIZE
    for (size_t c = 0; c < width; ++c) sums[c] = add(sums[c], row[c]);
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

void AddScattered(tk_type type, void* out, int64_t out_stride, const void* in, int64_t in_stride,
                  const int64_t* positions, size_t rows, size_t width, const int32_t* slots,
                  size_t extent, void* wide) {
  if (type == TK_BOOL) return;
  WithType(Unsigned(type), [&](auto zero) {
    using T = decltype(zero);
    T* const to = static_cast<T*>(out);
    const T* const from = static_cast<const T*>(in);
    if constexpr (std::is_floating_point_v<T>) {
      if (slots != nullptr) {
        return AddCrowded(to, out_stride, from, in_stride, positions, rows, width, slots, extent,
                          static_cast<double*>(wide));
      }
    }
    AddPlain(to, out_stride, from, in_stride, positions, rows, width);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(AddScattered);

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

void tk_add_scattered(tk_type type, void* out, int64_t out_stride, const void* in,
                      int64_t in_stride, const int64_t* positions, size_t rows, size_t width,
                      const int32_t* slots, size_t extent, void* scratch) {
  HWY_DYNAMIC_DISPATCH(AddScattered)
  (type, out, out_stride, in, in_stride, positions, rows, width, slots, extent, scratch);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
