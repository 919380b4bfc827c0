// Means, and sums of squared distances from them.
#include "dispatch.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "moments.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "reduce-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

template <class T>
bool IsFiniteNumber(T x) {
  return x - x == 0;
}

// What distances d from a number near the mean come to: their mean, and the sum of squared
// distances from the true one. Rounding must not make the latter negative; where squares of finite
// distances overflow, so does it, rather than being ∞ - ∞.
template <class T>
HWY_INLINE void Settle(T& offset, T& squares, T sum, T sum_of_squares, T count) {
  offset = sum / count;
  constexpr T kLargest = std::numeric_limits<T>::max();
  const T excess = sum * offset;
  const bool is_overflow = excess > kLargest && sum - sum == 0;
  const T rest = sum_of_squares - (is_overflow ? kLargest : excess);
  squares = rest < 0 ? 0 : rest;
}

// Sums of distances from a number and of their squares, in the order of ReduceToLanes: lanes, whose
// halves are added in the end.
template <class T>
void SumDistances(const T* in, size_t count, T center, T& sum, T& sum_of_squares) {
  if (count < 16) {
    sum = sum_of_squares = 0;
    for (size_t i = 0; i < count; ++i) {
      const T distance = in[i] - center;
      sum += distance;
      sum_of_squares += distance * distance;
    }
    return;
  }
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr size_t kWidth = hn::MaxLanes(d);
  constexpr size_t kLanes = kReductionLanes<T>;
  // So many vectors at a time that registers hold their sums.
  constexpr size_t kVectors = kLanes / kWidth < 4 ? kLanes / kWidth : 4;
  const V centers = hn::Set(d, center);
  const size_t whole = count / kLanes * kLanes;
  Lanes<T> sums, squares;
  for (size_t lane = 0; lane < kLanes; lane += kVectors * kWidth) {
    V s[kVectors], q[kVectors];
    for (size_t k = 0; k < kVectors; ++k) s[k] = q[k] = hn::Zero(d);
    for (size_t i = lane; i < whole; i += kLanes) {
      for (size_t k = 0; k < kVectors; ++k) {
        const V distance = hn::Sub(hn::LoadU(d, in + i + k * kWidth), centers);
        s[k] = hn::Add(s[k], distance);
        q[k] = hn::Add(q[k], hn::Mul(distance, distance));
      }
    }
    for (size_t k = 0; k < kVectors; ++k) {
      hn::Store(s[k], d, sums.values + lane + k * kWidth);
      hn::Store(q[k], d, squares.values + lane + k * kWidth);
    }
  }
  for (size_t k = 0; whole + k < count; ++k) {
    const T distance = in[whole + k] - center;
    sums.values[k] += distance;
    squares.values[k] += distance * distance;
  }
  for (size_t half = kLanes / 2; half > 0; half /= 2) {
    for (size_t k = 0; k < half; ++k) {
      sums.values[k] += sums.values[k + half];
      squares.values[k] += squares.values[k + half];
    }
  }
  sum = sums.values[0];
  sum_of_squares = squares.values[0];
}

template <class T>
void MomentsOf(T* out, const T* in, size_t count) {
  out[0] = out[1] = out[2] = 0;
  if (count == 0) return;
  const T n = static_cast<T>(count);
  T center = ReduceRun<Sum<T>>(in, count) / n;
  // Where the sum overflows any number near the values serves.
  if (!IsFiniteNumber(center)) center = in[0];
  T sum, sum_of_squares;
  SumDistances(in, count, center, sum, sum_of_squares);
  out[0] = center;
  Settle(out[1], out[2], sum, sum_of_squares, n);
}

// The three planes do not overlap each other or the values, as the compiler is told.
template <class T>
void MomentsOfColumns(T* HWY_RESTRICT centers, T* HWY_RESTRICT offsets, T* HWY_RESTRICT squares,
                      const T* HWY_RESTRICT in, int64_t stride, size_t rows, size_t columns) {
  TESSERA_VECTORIZE
  for (size_t c = 0; c < columns; ++c) centers[c] = offsets[c] = squares[c] = 0;
  if (rows == 0) return;
  const T n = static_cast<T>(rows);
  size_t row = 0;
  const T* place = in;
  for (; row + 8 <= rows; row += 8, place += 8 * stride) {
    const T *const r0 = place, *const r1 = r0 + stride, *const r2 = r1 + stride;
    const T *const r3 = r2 + stride, *const r4 = r3 + stride, *const r5 = r4 + stride;
    const T *const r6 = r5 + stride, *const r7 = r6 + stride;
    TESSERA_VECTORIZE
    for (size_t c = 0; c < columns; ++c) {
      const T sum = centers[c] + r0[c] + r1[c] + r2[c] + r3[c];
      centers[c] = sum + r4[c] + r5[c] + r6[c] + r7[c];
    }
  }
  for (; row < rows; ++row, place += stride) {
    TESSERA_VECTORIZE
    for (size_t c = 0; c < columns; ++c) centers[c] += place[c];
  }
  TESSERA_VECTORIZE
  for (size_t c = 0; c < columns; ++c) {
    const T mean = centers[c] / n;
    centers[c] = mean - mean == 0 ? mean : in[c];
  }
  row = 0;
  place = in;
  for (; row + 4 <= rows; row += 4, place += 4 * stride) {
    const T *const r0 = place, *const r1 = r0 + stride, *const r2 = r1 + stride;
    const T* const r3 = r2 + stride;
    TESSERA_VECTORIZE
    for (size_t c = 0; c < columns; ++c) {
      const T center = centers[c];
      const T d0 = r0[c] - center, d1 = r1[c] - center, d2 = r2[c] - center, d3 = r3[c] - center;
      offsets[c] = offsets[c] + d0 + d1 + d2 + d3;
      squares[c] = squares[c] + d0 * d0 + d1 * d1 + d2 * d2 + d3 * d3;
    }
  }
  for (; row < rows; ++row, place += stride) {
    TESSERA_VECTORIZE
    for (size_t c = 0; c < columns; ++c) {
      const T distance = place[c] - centers[c];
      offsets[c] += distance;
      squares[c] += distance * distance;
    }
  }
  TESSERA_VECTORIZE
  for (size_t c = 0; c < columns; ++c) {
    T offset, rest;
    Settle(offset, rest, offsets[c], squares[c], n);
    offsets[c] = offset;
    squares[c] = rest;
  }
}

template <class T>
void JoinMoments(T* left, size_t left_plane, double left_count, const T* right, size_t right_plane,
                 double right_count, size_t count) {
  if (right_count == 0) return;
  const T part = static_cast<T>(right_count / (left_count + right_count));
  const T weight = static_cast<T>(left_count * (right_count / (left_count + right_count)));
  T *const offsets = left + left_plane, *const squares = offsets + left_plane;
  const T *const other_offsets = right + right_plane;
  const T *const other_squares = other_offsets + right_plane;
  if (left_count == 0) {
    for (size_t c = 0; c < count; ++c) {
      left[c] = right[c];
      offsets[c] = other_offsets[c];
      squares[c] = other_squares[c];
    }
    return;
  }
  TESSERA_VECTORIZE
  for (size_t c = 0; c < count; ++c) {
    const T distance = (right[c] - left[c]) + (other_offsets[c] - offsets[c]);
    offsets[c] += distance * part;
    squares[c] = squares[c] + other_squares[c] + distance * distance * weight;
  }
}

void Moments(tk_type type, void* out, const void* in, size_t count) {
  if (type == TK_FLOAT32)
    MomentsOf(static_cast<float*>(out), static_cast<const float*>(in), count);
  if (type == TK_FLOAT64)
    MomentsOf(static_cast<double*>(out), static_cast<const double*>(in), count);
}

void ColumnMoments(tk_type type, void* out, size_t plane, const void* in, int64_t stride,
                   size_t rows, size_t columns) {
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    T* const centers = static_cast<T*>(out);
    MomentsOfColumns(centers, centers + plane, centers + 2 * plane, static_cast<const T*>(in),
                     stride, rows, columns);
  };
  if (type == TK_FLOAT32) run(float());
  if (type == TK_FLOAT64) run(double());
}

void Join(tk_type type, void* left, size_t left_plane, double left_count, const void* right,
          size_t right_plane, double right_count, size_t count) {
  const auto run = [&](auto zero) {
    using T = decltype(zero);
    JoinMoments(static_cast<T*>(left), left_plane, left_count, static_cast<const T*>(right),
                right_plane, right_count, count);
  };
  if (type == TK_FLOAT32) run(float());
  if (type == TK_FLOAT64) run(double());
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Moments);
HWY_EXPORT(ColumnMoments);
HWY_EXPORT(Join);

extern "C" {

void tk_moments(tk_type type, void* out, const void* in, size_t count) {
  HWY_DYNAMIC_DISPATCH(Moments)(type, out, in, count);
}

void tk_moments_of_columns(tk_type type, void* out, size_t plane, const void* in,
                           int64_t row_stride, size_t rows, size_t columns) {
  HWY_DYNAMIC_DISPATCH(ColumnMoments)(type, out, plane, in, row_stride, rows, columns);
}

void tk_join_moments(tk_type type, void* left, size_t left_plane, double left_count,
                     const void* right, size_t right_plane, double right_count, size_t count) {
  HWY_DYNAMIC_DISPATCH(Join)
  (type, left, left_plane, left_count, right, right_plane, right_count, count);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
