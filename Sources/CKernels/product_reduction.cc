// Products over runs, columns and ranks; products-inl.h tells how.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "product_reduction.cc"
#include <string.h>

#include "hwy/foreach_target.h"
#include "hwy/highway.h"
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

template <class T>
HWY_INLINE VFactors LoadGroup(const T* in) {
  const VFactors first = hn::Mul(LoadFactors(in), LoadFactors(in + kLanes));
  const VFactors second = hn::Mul(LoadFactors(in + 2 * kLanes), LoadFactors(in + 3 * kLanes));
  return hn::Mul(first, second);
}

// Calls f with the factors of each row or group of rows of one vector of lanes.
template <class T, class F>
HWY_INLINE void ForEachFactor(const T* in, size_t rows, const F& f) {
  size_t row = 0;
  if constexpr (sizeof(T) == 4) {
    for (; row + kGroup <= rows; row += kGroup) f(LoadGroup(in + row * kLanes));
  }
  for (; row < rows; ++row) f(LoadFactors(in + row * kLanes));
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
#pragma clang loop unroll(full)
      for (size_t k = 0; k < kVectors; ++k) {
        product[k] = hn::Mul(product[k], LoadGroup(in + row * kLanes + k * kFactorLanes));
        watches[k % 2].See(product[k]);
      }
    }
  }
  for (; row < rows; ++row) {
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
      ForEachFactor(in + k * kFactorLanes, rows, [&](VFactors factor) {
        MultiplyAny(product[k], exponent, factor);
      });
      StripAny(product[k], exponent);
    }
    hn::StoreU(product[k], d, significand);
    hn::StoreU(exponent, di, exponents);
  }
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
  for (size_t k = 0; k < kLanes; ++k) rest[k] = k < count ? in[k] : T(1);
  MultiplyBlock(state, rest, 1);
}

void ProductRun(tk_type type, tk_product_state* state, const void* in, size_t count) {
  if (type == TK_FLOAT32) MultiplyRun(state, static_cast<const float*>(in), count);
  if (type == TK_FLOAT64) MultiplyRun(state, static_cast<const double*>(in), count);
}

// Row after row, as many at a time as are worth one look at the exponents.
constexpr size_t kRowsAtATime = 8;

template <class T>
HWY_INLINE void MultiplyColumns(double* significands, int64_t* exponents, const T* in,
                                int64_t stride, size_t rows) {
  const Factors d;
  const Exponents di;
  VFactors product = hn::LoadU(d, significands);
  VExponents exponent = hn::LoadU(di, exponents);
  Watch watch;
  for (size_t row = 0; row < rows; ++row) {
    product = hn::Mul(product, LoadFactors(in + static_cast<int64_t>(row) * stride));
    watch.See(product);
  }
  if (HWY_LIKELY(watch.HasSeenOrdinaryOnly())) {
    Strip(product, exponent);
  } else {
    product = hn::LoadU(d, significands);
    for (size_t row = 0; row < rows; ++row) {
      MultiplyAny(product, exponent, LoadFactors(in + static_cast<int64_t>(row) * stride));
    }
    StripAny(product, exponent);
  }
  hn::StoreU(product, d, significands);
  hn::StoreU(exponent, di, exponents);
}

template <class T>
void MultiplyRows(double* significands, int64_t* exponents, const T* in, int64_t stride,
                  size_t rows, size_t columns) {
  const size_t whole = columns / kFactorLanes * kFactorLanes;
  while (rows > 0) {
    const size_t some = rows < kRowsAtATime ? rows : kRowsAtATime;
    if (some == kRowsAtATime) {
      for (size_t c = 0; c < whole; c += kFactorLanes) {
        MultiplyColumns(significands + c, exponents + c, in + c, stride, kRowsAtATime);
      }
    } else {
      for (size_t c = 0; c < whole; c += kFactorLanes) {
        MultiplyColumns(significands + c, exponents + c, in + c, stride, some);
      }
    }
    for (size_t c = whole; c < columns; ++c) {
      MultiplyOneByOne(significands[c], exponents[c], in + c, some, stride);
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

tk_product ProductOf(tk_type type, const void* in, size_t count) {
  if (count >= 2 * kLanes) {
    tk_product_state state;
    tk_product_begin(&state);
    ProductRun(type, &state, in, count);
    return ProductOfLanes(&state);
  }
  double significand = 1;
  int64_t exponent = 0;
  if (type == TK_FLOAT32) {
    MultiplyOneByOne(significand, exponent, static_cast<const float*>(in), count);
  } else if (type == TK_FLOAT64) {
    MultiplyOneByOne(significand, exponent, static_cast<const double*>(in), count);
  }
  return Finished(significand, exponent);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(ProductRun);
HWY_EXPORT(ProductRows);
HWY_EXPORT(ProductOfLanes);
HWY_EXPORT(ProductOf);

namespace {

// Rounded once: a float32 goes through a double that has room for it.
double Scaled(tk_product product) {
  const double exponent = fmin(fmax(product.exponent, -10000), 10000);
  return ldexp(product.significand, static_cast<int>(exponent));
}

}  // namespace

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

tk_product tk_product_of(tk_type type, const void* in, size_t count) {
  return HWY_DYNAMIC_DISPATCH(ProductOf)(type, in, count);
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

void tk_product_round(tk_type type, void* out, const tk_product* in, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (type == TK_FLOAT32) static_cast<float*>(out)[i] = static_cast<float>(Scaled(in[i]));
    if (type == TK_FLOAT64) static_cast<double*>(out)[i] = Scaled(in[i]);
  }
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
