// Products over runs, columns and ranks; products-inl.h tells how.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "product_reduction.cc"
#include <string.h>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "fetch-inl.h"
#include "products-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

constexpr size_t kLanes = TK_PRODUCT_LANES;
// Rows of lanes that are multiplied before their exponents are looked at.
constexpr size_t kBlockRows = 64;
// Rows of float32 that are multiplied with each other first: their product, a double, cannot over-
// or underflow, and is rounded once.
constexpr size_t kGroup = 4;
constexpr size_t kVectors = kLanes / kFactorLanes;

// Conversions fill a processor's window before it has seen enough of what it will read, so that
// memory is asked for it: bytes ahead of a run, and of a row.
constexpr size_t kAhead = 4096;
constexpr size_t kAheadInRow = 512;

template <class T>
HWY_INLINE VFactors LoadGroup(const T* in, int64_t stride) {
  const VFactors first = hn::Mul(LoadFactors(in), LoadFactors(in + stride));
  const VFactors second = hn::Mul(LoadFactors(in + 2 * stride), LoadFactors(in + 3 * stride));
  return hn::Mul(first, second);
}

// Calls f with the factors of each row or group of rows of one vector of lanes or columns.
template <class T, class F>
HWY_INLINE void ForEachFactor(const T* in, int64_t stride, size_t rows, const F& f) {
  size_t row = 0;
  if constexpr (sizeof(T) == 4) {
    for (; row + kGroup <= rows; row += kGroup) {
      f(LoadGroup(in + static_cast<int64_t>(row) * stride, stride));
    }
  }
  for (; row < rows; ++row) f(LoadFactors(in + static_cast<int64_t>(row) * stride));
}

// The same factors of a single column.
template <class T, class F>
HWY_INLINE void ForEachFactorOfOne(const T* in, int64_t stride, size_t rows, const F& f) {
  const auto factor = [&](size_t row) {
    return static_cast<double>(in[static_cast<int64_t>(row) * stride]);
  };
  size_t row = 0;
  if constexpr (sizeof(T) == 4) {
    for (; row + kGroup <= rows; row += kGroup) {
      f((factor(row) * factor(row + 1)) * (factor(row + 2) * factor(row + 3)));
    }
  }
  for (; row < rows; ++row) f(factor(row));
}

// At most kBlockRows rows of lanes; the vectors side by side.
template <class T>
void MultiplyBlock(tk_product_state* state, const T* in, size_t rows) {
  const Factors d;
  const Exponents di;
  VFactors product[kVectors];
  Watch watches[kVectors];
  for (size_t k = 0; k < kVectors; ++k) {
    product[k] = hn::LoadU(d, state->significands + k * kFactorLanes);
  }
  size_t row = 0;
  if constexpr (sizeof(T) == 4) {
    for (; row + kGroup <= rows; row += kGroup) {
      Fetch(in + row * kLanes + kAhead / sizeof(T), kGroup * kLanes * sizeof(T));
#pragma clang loop unroll(full)
      for (size_t k = 0; k < kVectors; ++k) {
        product[k] = hn::Mul(product[k], LoadGroup(in + row * kLanes + k * kFactorLanes, kLanes));
        watches[k % 2].See(product[k]);
      }
    }
  }
  for (; row < rows; ++row) {
    Fetch(in + row * kLanes + kAhead / sizeof(T), kLanes * sizeof(T));
#pragma clang loop unroll(full)
    for (size_t k = 0; k < kVectors; ++k) {
      product[k] = hn::Mul(product[k], LoadFactors(in + row * kLanes + k * kFactorLanes));
      watches[k % 2].See(product[k]);
    }
  }
  watches[0].Join(watches[1]);
  const bool is_ordinary = watches[0].HasSeenOrdinaryOnly();
  for (size_t k = 0; k < kVectors; ++k) {
    double* significand = state->significands + k * kFactorLanes;
    int64_t* exponents = state->exponents + k * kFactorLanes;
    VExponents exponent = hn::LoadU(di, exponents);
    if (HWY_LIKELY(is_ordinary)) {
      Strip(product[k], exponent);
    } else {
      product[k] = hn::LoadU(d, significand);
      ForEachFactor(in + k * kFactorLanes, kLanes, rows, [&](VFactors factor) {
        MultiplyAny(product[k], exponent, factor);
      });
      StripAny(product[k], exponent);
    }
    hn::StoreU(product[k], d, significand);
    hn::StoreU(exponent, di, exponents);
  }
}

// The rest of a run, fewer factors than lanes, as a row of lanes: the missing ones are 1.
template <class T>
HWY_INLINE void PadRow(T* row, const T* in, size_t count) {
  for (size_t k = 0; k < kLanes; ++k) row[k] = k < count ? in[k] : T(1);
}

template <class T>
void MultiplyRun(tk_product_state* state, const T* in, size_t count) {
  for (; count >= kLanes;) {
    const size_t rows = count / kLanes < kBlockRows ? count / kLanes : kBlockRows;
    MultiplyBlock(state, in, rows);
    in += rows * kLanes;
    count -= rows * kLanes;
  }
  if (count == 0) return;
  T rest[kLanes];
  PadRow(rest, in, count);
  MultiplyBlock(state, rest, 1);
}

void ProductRun(tk_type type, tk_product_state* state, const void* in, size_t count) {
  if (type == TK_FLOAT32) MultiplyRun(state, static_cast<const float*>(in), count);
  if (type == TK_FLOAT64) MultiplyRun(state, static_cast<const double*>(in), count);
}

// Row after row, as many at a time as are worth one look at the exponents.
constexpr size_t kRowsAtATime = 16;
// Vectors of columns that are multiplied side by side.
constexpr size_t kWide = 4;

// Multiplies factors of rows into products of columns. Exponents stay where they are as long as
// products are ordinary.
template <size_t kCount, class T>
HWY_INLINE void MultiplyColumns(double* significands, int64_t* exponents, const T* in,
                                int64_t stride, size_t rows) {
  const Factors d;
  const Exponents di;
  VFactors product[kCount];
  const auto multiply = [&]() __attribute__((always_inline)) {
    Watch watch;
    size_t row = 0;
    if constexpr (sizeof(T) == 4) {
      for (; row + kGroup <= rows; row += kGroup) {
        const T* const first = in + static_cast<int64_t>(row) * stride;
#pragma clang loop unroll(full)
        for (size_t k = 0; k < kCount; ++k) {
          product[k] = hn::Mul(product[k], LoadGroup(first + k * kFactorLanes, stride));
          watch.See(product[k]);
        }
      }
    }
    for (; row < rows; ++row) {
      const T* const first = in + static_cast<int64_t>(row) * stride;
#pragma clang loop unroll(full)
      for (size_t k = 0; k < kCount; ++k) {
        product[k] = hn::Mul(product[k], LoadFactors(first + k * kFactorLanes));
        watch.See(product[k]);
      }
    }
    return watch.HasSeenOrdinaryOnly();
  };
  for (size_t k = 0; k < kCount; ++k) product[k] = hn::LoadU(d, significands + k * kFactorLanes);
  if (HWY_UNLIKELY(!multiply())) {
    VFactors stripped[kCount];
    VExponents exponent[kCount];
    for (size_t k = 0; k < kCount; ++k) {
      stripped[k] = hn::LoadU(d, significands + k * kFactorLanes);
      exponent[k] = hn::LoadU(di, exponents + k * kFactorLanes);
      StripAny(stripped[k], exponent[k]);
      product[k] = stripped[k];
    }
    if (!multiply()) {
      for (size_t k = 0; k < kCount; ++k) {
        product[k] = stripped[k];
        ForEachFactor(in + k * kFactorLanes, stride, rows, [&](VFactors factor) {
          MultiplyAny(product[k], exponent[k], factor);
        });
        StripAny(product[k], exponent[k]);
      }
    }
    for (size_t k = 0; k < kCount; ++k) hn::StoreU(exponent[k], di, exponents + k * kFactorLanes);
  }
  for (size_t k = 0; k < kCount; ++k) hn::StoreU(product[k], d, significands + k * kFactorLanes);
}

template <class T>
void MultiplyRows(double* significands, int64_t* exponents, const T* in, int64_t stride,
                  size_t rows, size_t columns) {
  constexpr size_t kWideLanes = kWide * kFactorLanes;
  for (; rows > 0;) {
    const size_t some = rows < kRowsAtATime ? rows : kRowsAtATime;
    size_t c = 0;
    for (; c + kWideLanes <= columns; c += kWideLanes) {
      for (size_t row = 0; row < some; ++row) {
        Fetch(in + c + static_cast<int64_t>(row) * stride + kAheadInRow / sizeof(T),
              kWideLanes * sizeof(T));
      }
      MultiplyColumns<kWide>(significands + c, exponents + c, in + c, stride, some);
    }
    for (; c + kFactorLanes <= columns; c += kFactorLanes) {
      MultiplyColumns<1>(significands + c, exponents + c, in + c, stride, some);
    }
    for (; c < columns; ++c) {
      ForEachFactorOfOne(in + c, stride, some, [&](double factor) {
        MultiplyOne(significands[c], exponents[c], factor);
      });
    }
    in += static_cast<int64_t>(some) * stride;
    rows -= some;
  }
}

void ProductRows(tk_type type, double* significands, int64_t* exponents, const void* in,
                 int64_t stride, size_t rows, size_t columns) {
  if (type == TK_FLOAT32) {
    MultiplyRows(significands, exponents, static_cast<const float*>(in), stride, rows, columns);
  } else if (type == TK_FLOAT64) {
    MultiplyRows(significands, exponents, static_cast<const double*>(in), stride, rows, columns);
  }
}

// A special value has no exponent.
tk_product Finished(double significand, int64_t exponent) {
  StripOne(significand, exponent);
  const bool is_number = significand != 0 && isfinite(significand);
  return {significand, is_number ? static_cast<double>(exponent) : 0};
}

// Lanes are joined halves first; significands grow to 2^kLanes at most.
tk_product ProductOfLanes(const tk_product_state* state) {
  tk_product_state lanes = *state;
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; ++k) {
      lanes.significands[k] *= lanes.significands[k + half];
      lanes.exponents[k] += lanes.exponents[k + half];
    }
  }
  return Finished(lanes.significands[0], lanes.exponents[0]);
}

// A run that is short enough for one look at the exponents, with lanes in registers: the same
// multiplications as those of a state. False where a value on the way was not ordinary.
template <class T>
HWY_INLINE bool MultiplyOrdinaryRun(const T* in, size_t count, double& result) {
  const Factors d;
  VFactors product[kVectors];
  Watch watch;
  const auto multiply = [&](auto load) {
    for (size_t k = 0; k < kVectors; ++k) {
      product[k] = hn::Mul(product[k], load(k * kFactorLanes));
      watch.See(product[k]);
    }
  };
  const size_t rows = count / kLanes;
  size_t row = 0;
  if (sizeof(T) == 4 && rows >= kGroup) {
    for (size_t k = 0; k < kVectors; ++k) {
      product[k] = LoadGroup(in + k * kFactorLanes, kLanes);
      watch.See(product[k]);
    }
    row = kGroup;
    for (; row + kGroup <= rows; row += kGroup) {
      multiply([&](size_t k) { return LoadGroup(in + row * kLanes + k, kLanes); });
    }
  } else {
    for (size_t k = 0; k < kVectors; ++k) {
      product[k] = LoadFactors(in + k * kFactorLanes);
      watch.See(product[k]);
    }
    row = 1;
  }
  for (; row < rows; ++row) {
    multiply([&](size_t k) { return LoadFactors(in + row * kLanes + k); });
  }
  if (count % kLanes != 0) {
    T rest[kLanes];
    PadRow(rest, in + rows * kLanes, count % kLanes);
    multiply([&](size_t k) { return LoadFactors(rest + k); });
  }
  for (size_t half = kVectors / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; ++k) {
      product[k] = hn::Mul(product[k], product[k + half]);
      watch.See(product[k]);
    }
  }
  double lanes[kFactorLanes];
  hn::StoreU(product[0], d, lanes);
  bool is_ordinary = watch.HasSeenOrdinaryOnly();
  for (size_t half = kFactorLanes / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; ++k) {
      lanes[k] *= lanes[k + half];
      is_ordinary &= IsOrdinary(lanes[k]);
    }
  }
  result = lanes[0];
  return is_ordinary;
}

template <class T>
HWY_INLINE tk_product ProductOf(const T* in, size_t count) {
  double significand = 1;
  int64_t exponent = 0;
  if (count < kLanes) {
    for (size_t i = 0; i < count; ++i) {
      MultiplyOne(significand, exponent, static_cast<double>(in[i]));
    }
  } else if (count > kBlockRows * kLanes || !MultiplyOrdinaryRun(in, count, significand)) {
    tk_product_state state;
    tk_product_begin(&state);
    MultiplyRun(&state, in, count);
    return ProductOfLanes(&state);
  }
  return Finished(significand, exponent);
}

void ProductsOf(tk_type type, tk_product* products, const void* in, size_t runs, size_t count) {
  const auto multiply = [&](auto* run) {
    for (size_t r = 0; r < runs; ++r, run += count) products[r] = ProductOf(run, count);
  };
  if (type == TK_FLOAT32) multiply(static_cast<const float*>(in));
  if (type == TK_FLOAT64) multiply(static_cast<const double*>(in));
}

void ProductsOfColumns(tk_product* products, const double* significands, const int64_t* exponents,
                       size_t count) {
  const Factors d;
  const Exponents di;
  size_t c = 0;
  for (; c + kFactorLanes <= count; c += kFactorLanes) {
    VFactors significand = hn::LoadU(d, significands + c);
    VExponents exponent = hn::LoadU(di, exponents + c);
    Watch watch;
    watch.See(significand);
    if (HWY_UNLIKELY(!watch.HasSeenOrdinaryOnly())) {
      for (size_t k = c; k < c + kFactorLanes; ++k) {
        products[k] = Finished(significands[k], exponents[k]);
      }
      continue;
    }
    Strip(significand, exponent);
    // Exponents are small whole numbers: 3 · 2^51 + x has them in its last bits.
    const VExponents biased = hn::Add(exponent, hn::Set(di, int64_t{0x4338000000000000}));
    hn::StoreInterleaved2(significand, hn::Sub(hn::BitCast(d, biased), hn::Set(d, 0x1.8p52)), d,
                          &products[c].significand);
  }
  for (; c < count; ++c) products[c] = Finished(significands[c], exponents[c]);
}

// Rounded once: a float32 goes through a double that has room for it.
double Scaled(tk_product product) {
  const double exponent = fmin(fmax(product.exponent, -10000), 10000);
  return ldexp(product.significand, static_cast<int>(exponent));
}

template <class T>
void RoundTo(T* out, const tk_product* in, size_t count) {
  const Factors d;
  const Exponents di;
  const hn::Rebind<T, Factors> dt;
  size_t i = 0;
  for (; i + kFactorLanes <= count; i += kFactorLanes) {
    VFactors significand, exponent;
    hn::LoadInterleaved2(d, &in[i].significand, significand, exponent);
    // Where the power is a normal number, the product is exact or rounded once. A product that may
    // be too large for a float32 is not demoted, as emulated vectors would clamp it.
    const auto is_within =
        hn::And(hn::Ge(exponent, hn::Set(d, -1022.0)),
                hn::Le(exponent, hn::Set(d, sizeof(T) == 4 ? 126.0 : 1023.0)));
    if (HWY_UNLIKELY(!hn::AllTrue(d, is_within))) {
      for (size_t k = i; k < i + kFactorLanes; ++k) out[k] = static_cast<T>(Scaled(in[k]));
      continue;
    }
    // The last bits of 2^52 + x are those of the whole number x.
    const VExponents biased =
        hn::BitCast(di, hn::Add(exponent, hn::Set(d, 0x1p52 + 1023)));
    const VFactors product = hn::Mul(significand, hn::BitCast(d, hn::ShiftLeft<52>(biased)));
    if constexpr (sizeof(T) == 4) {
      hn::StoreU(hn::DemoteTo(dt, product), dt, out + i);
    } else {
      hn::StoreU(product, dt, out + i);
    }
  }
  for (; i < count; ++i) out[i] = static_cast<T>(Scaled(in[i]));
}

void Round(tk_type type, void* out, const tk_product* in, size_t count) {
  if (type == TK_FLOAT32) RoundTo(static_cast<float*>(out), in, count);
  if (type == TK_FLOAT64) RoundTo(static_cast<double*>(out), in, count);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(ProductRun);
HWY_EXPORT(ProductRows);
HWY_EXPORT(ProductOfLanes);
HWY_EXPORT(ProductsOf);
HWY_EXPORT(ProductsOfColumns);
HWY_EXPORT(Round);

extern "C" {

void tk_product_begin(tk_product_state* state) {
  for (size_t k = 0; k < TK_PRODUCT_LANES; ++k) {
    state->significands[k] = 1;
    state->exponents[k] = 0;
  }
}

void tk_product_run(tk_type type, tk_product_state* state, const void* in, size_t count) {
  HWY_DYNAMIC_DISPATCH(ProductRun)(type, state, in, count);
}

tk_product tk_product_end(const tk_product_state* state) {
  return HWY_DYNAMIC_DISPATCH(ProductOfLanes)(state);
}

void tk_products_of(tk_type type, tk_product* products, const void* in, size_t runs,
                    size_t count) {
  HWY_DYNAMIC_DISPATCH(ProductsOf)(type, products, in, runs, count);
}

void tk_product_rows(tk_type type, double* significands, int64_t* exponents, const void* in,
                     int64_t row_stride, size_t rows, size_t columns) {
  HWY_DYNAMIC_DISPATCH(ProductRows)(type, significands, exponents, in, row_stride, rows, columns);
}

void tk_product_join(tk_product* products, const tk_product* in, size_t row_stride, size_t rows,
                     size_t columns) {
  for (size_t row = 0; row < rows; ++row, in += row_stride) {
    for (size_t c = 0; c < columns; ++c) {
      const double significand = products[c].significand * in[c].significand;
      const double magnitude = fabs(significand);
      const bool is_special = !(magnitude > 0 && magnitude <= 4);
      const bool is_large = magnitude >= 2;
      products[c].significand = is_large && !is_special ? significand / 2 : significand;
      const double exponent = products[c].exponent + in[c].exponent + (is_large ? 1 : 0);
      products[c].exponent = is_special ? 0 : exponent;
    }
  }
}

void tk_products_of_columns(tk_product* products, const double* significands,
                            const int64_t* exponents, size_t count) {
  HWY_DYNAMIC_DISPATCH(ProductsOfColumns)(products, significands, exponents, count);
}

void tk_product_round(tk_type type, void* out, const tk_product* in, size_t count) {
  HWY_DYNAMIC_DISPATCH(Round)(type, out, in, count);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
