// Means, and sums of powers of distances from them.
#include "dispatch.h"

#include <limits>
#include <type_traits>

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

// What sums of the powers of distances d from a number near the mean come to: the mean of d in the
// place of their sum, and the sums of powers of distances from the true mean. Rounding must not
// make squares negative; where those of finite distances overflow, so does their sum, rather than
// being ∞ - ∞.
template <class T>
HWY_INLINE void Settle(T& first, T& squares, T count) {
  const T sum = first;
  first = sum / count;
  constexpr T kLargest = std::numeric_limits<T>::max();
  const T excess = sum * first;
  const bool is_overflow = excess > kLargest && sum - sum == 0;
  const T rest = squares - (is_overflow ? kLargest : excess);
  squares = rest < 0 ? 0 : rest;
}

template <class T>
HWY_INLINE void Settle(T& first, T& squares, T& cubes, T& fourths, T count) {
  const T sum = first, sum_of_squares = squares, sum_of_cubes = cubes;
  Settle(first, squares, count);
  const T mean = first;
  cubes = sum_of_cubes - mean * (3 * sum_of_squares - 2 * mean * sum);
  fourths -= mean * (4 * sum_of_cubes - mean * (6 * sum_of_squares - 3 * mean * sum));
}

// Sums of the first powers of distances from a number, in the order of ReduceToLanes: lanes, whose
// halves are added in the end.
template <size_t kOrder, class T>
void SumPowers(const T* in, size_t count, T center, T* sums) {
  if (count < 16) {
    for (size_t power = 0; power < kOrder; ++power) sums[power] = 0;
    for (size_t i = 0; i < count; ++i) {
      const T distance = in[i] - center;
      T value = distance;
      sums[0] += value;
      for (size_t power = 1; power < kOrder; ++power) sums[power] += value *= distance;
    }
    return;
  }
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  constexpr size_t kWidth = hn::MaxLanes(d);
  constexpr size_t kLanes = kReductionLanes<T>;
  // So many vectors at a time that registers hold their sums.
  constexpr size_t kMost = 8 / kOrder;
  constexpr size_t kVectors = kLanes / kWidth < kMost ? kLanes / kWidth : kMost;
  const V centers = hn::Set(d, center);
  const size_t whole = count / kLanes * kLanes;
  Lanes<T> lanes[kOrder];
  for (size_t lane = 0; lane < kLanes; lane += kVectors * kWidth) {
    V s[kVectors][kOrder];
    for (size_t k = 0; k < kVectors; ++k) {
      for (size_t power = 0; power < kOrder; ++power) s[k][power] = hn::Zero(d);
    }
    for (size_t i = lane; i < whole; i += kLanes) {
      for (size_t k = 0; k < kVectors; ++k) {
        const V distance = hn::Sub(hn::LoadU(d, in + i + k * kWidth), centers);
        V value = distance;
        s[k][0] = hn::Add(s[k][0], value);
        for (size_t power = 1; power < kOrder; ++power) {
          value = hn::Mul(value, distance);
          s[k][power] = hn::Add(s[k][power], value);
        }
      }
    }
    for (size_t k = 0; k < kVectors; ++k) {
      for (size_t power = 0; power < kOrder; ++power) {
        hn::Store(s[k][power], d, lanes[power].values + lane + k * kWidth);
      }
    }
  }
  for (size_t k = 0; whole + k < count; ++k) {
    const T distance = in[whole + k] - center;
    T value = distance;
    lanes[0].values[k] += value;
    for (size_t power = 1; power < kOrder; ++power) lanes[power].values[k] += value *= distance;
  }
  for (size_t power = 0; power < kOrder; ++power) {
    T* const values = lanes[power].values;
    for (size_t half = kLanes / 2; half > 0; half /= 2) {
      for (size_t k = 0; k < half; ++k) values[k] += values[k + half];
    }
    sums[power] = values[0];
  }
}

template <size_t kOrder, class T>
void MomentsOf(T* out, const T* in, size_t count) {
  for (size_t plane = 0; plane <= kOrder; ++plane) out[plane] = 0;
  if (count == 0) return;
  const T n = static_cast<T>(count);
  T center = ReduceRun<Sum<T>>(in, count) / n;
  // Where the sum overflows any number near the values serves.
  if (!IsFiniteNumber(center)) center = in[0];
  out[0] = center;
  SumPowers<kOrder>(in, count, center, out + 1);
  if constexpr (kOrder == 4) {
    Settle(out[1], out[2], out[3], out[4], n);
  } else {
    Settle(out[1], out[2], n);
  }
}

// The planes do not overlap each other or the values, as the compiler is told. Those of cubes and
// fourth powers are there in order 4 alone.
template <size_t kOrder, class T>
void MomentsOfColumns(T* HWY_RESTRICT centers, T* HWY_RESTRICT offsets, T* HWY_RESTRICT squares,
                      T* HWY_RESTRICT cubes, T* HWY_RESTRICT fourths, const T* HWY_RESTRICT in,
                      int64_t stride, size_t rows, size_t columns) {
  constexpr bool kHasFourths = kOrder == 4;
  TESSERA_VECTORIZE
  for (size_t c = 0; c < columns; ++c) {
    centers[c] = offsets[c] = squares[c] = 0;
    if constexpr (kHasFourths) cubes[c] = fourths[c] = 0;
  }
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
      const T s0 = d0 * d0, s1 = d1 * d1, s2 = d2 * d2, s3 = d3 * d3;
      offsets[c] = offsets[c] + d0 + d1 + d2 + d3;
      squares[c] = squares[c] + s0 + s1 + s2 + s3;
      if constexpr (kHasFourths) {
        cubes[c] = cubes[c] + s0 * d0 + s1 * d1 + s2 * d2 + s3 * d3;
        fourths[c] = fourths[c] + s0 * s0 + s1 * s1 + s2 * s2 + s3 * s3;
      }
    }
  }
  for (; row < rows; ++row, place += stride) {
    TESSERA_VECTORIZE
    for (size_t c = 0; c < columns; ++c) {
      const T distance = place[c] - centers[c];
      const T square = distance * distance;
      offsets[c] += distance;
      squares[c] += square;
      if constexpr (kHasFourths) {
        cubes[c] += square * distance;
        fourths[c] += square * square;
      }
    }
  }
  TESSERA_VECTORIZE
  for (size_t c = 0; c < columns; ++c) {
    T offset = offsets[c], square = squares[c];
    if constexpr (kHasFourths) {
      T cube = cubes[c], fourth = fourths[c];
      Settle(offset, square, cube, fourth, n);
      cubes[c] = cube;
      fourths[c] = fourth;
    } else {
      Settle(offset, square, n);
    }
    offsets[c] = offset;
    squares[c] = square;
  }
}

template <size_t kOrder, class T>
void JoinMoments(T* left, size_t left_plane, double left_count, const T* right, size_t right_plane,
                 double right_count, size_t count) {
  if (right_count == 0) return;
  if (left_count == 0) {
    for (size_t plane = 0; plane <= kOrder; ++plane) {
      for (size_t c = 0; c < count; ++c) {
        left[plane * left_plane + c] = right[plane * right_plane + c];
      }
    }
    return;
  }
  const T part = static_cast<T>(right_count / (left_count + right_count));
  const T weight = static_cast<T>(left_count * (right_count / (left_count + right_count)));
  T *const offsets = left + left_plane, *const squares = offsets + left_plane;
  const T *const other_offsets = right + right_plane;
  const T *const other_squares = other_offsets + right_plane;
  if constexpr (kOrder == 4) {
    // Before squares change, which they are made of.
    const T rest = static_cast<T>(left_count / (left_count + right_count));
    const T cube_weight = weight * (rest - part);
    const T fourth_weight = weight * (rest * rest - rest * part + part * part);
    T *const cubes = squares + left_plane, *const fourths = cubes + left_plane;
    const T *const other_cubes = other_squares + right_plane;
    const T *const other_fourths = other_cubes + right_plane;
    TESSERA_VECTORIZE
    for (size_t c = 0; c < count; ++c) {
      const T distance = (right[c] - left[c]) + (other_offsets[c] - offsets[c]);
      const T square = distance * distance;
      const T by_squares = 3 * (rest * other_squares[c] - part * squares[c]);
      const T by_cubes = 4 * (rest * other_cubes[c] - part * cubes[c]);
      const T by_both = 6 * (rest * rest * other_squares[c] + part * part * squares[c]);
      cubes[c] = cubes[c] + other_cubes[c] + distance * (square * cube_weight + by_squares);
      fourths[c] = fourths[c] + other_fourths[c] +
                   distance * (distance * (square * fourth_weight + by_both) + by_cubes);
    }
  }
  TESSERA_VECTORIZE
  for (size_t c = 0; c < count; ++c) {
    const T distance = (right[c] - left[c]) + (other_offsets[c] - offsets[c]);
    offsets[c] += distance * part;
    squares[c] = squares[c] + other_squares[c] + distance * distance * weight;
  }
}

// Calls f with a zero of the type and with the order as a type.
template <class F>
void WithOrder(tk_type type, size_t order, const F& f) {
  using Squares = std::integral_constant<size_t, 2>;
  using Fourths = std::integral_constant<size_t, 4>;
  if (type == TK_FLOAT32) return order == 4 ? f(float(), Fourths()) : f(float(), Squares());
  if (type == TK_FLOAT64) return order == 4 ? f(double(), Fourths()) : f(double(), Squares());
}

void Moments(tk_type type, size_t order, void* out, const void* in, size_t count) {
  WithOrder(type, order, [&](auto zero, auto powers) {
    using T = decltype(zero);
    MomentsOf<powers()>(static_cast<T*>(out), static_cast<const T*>(in), count);
  });
}

void ColumnMoments(tk_type type, size_t order, void* out, size_t plane, const void* in,
                   int64_t stride, size_t rows, size_t columns) {
  WithOrder(type, order, [&](auto zero, auto powers) {
    using T = decltype(zero);
    T* const centers = static_cast<T*>(out);
    T* const squares = centers + 2 * plane;
    const bool has_fourths = order == 4;
    MomentsOfColumns<powers()>(centers, centers + plane, squares,
                               has_fourths ? squares + plane : nullptr,
                               has_fourths ? squares + 2 * plane : nullptr,
                               static_cast<const T*>(in), stride, rows, columns);
  });
}

void Join(tk_type type, size_t order, void* left, size_t left_plane, double left_count,
          const void* right, size_t right_plane, double right_count, size_t count) {
  WithOrder(type, order, [&](auto zero, auto powers) {
    using T = decltype(zero);
    JoinMoments<powers()>(static_cast<T*>(left), left_plane, left_count,
                          static_cast<const T*>(right), right_plane, right_count, count);
  });
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

void tk_moments(tk_type type, size_t order, void* out, const void* in, size_t count) {
  HWY_DYNAMIC_DISPATCH(Moments)(type, order, out, in, count);
}

void tk_moments_of_columns(tk_type type, size_t order, void* out, size_t plane, const void* in,
                           int64_t row_stride, size_t rows, size_t columns) {
  HWY_DYNAMIC_DISPATCH(ColumnMoments)(type, order, out, plane, in, row_stride, rows, columns);
}

void tk_join_moments(tk_type type, size_t order, void* left, size_t left_plane, double left_count,
                     const void* right, size_t right_plane, double right_count, size_t count) {
  HWY_DYNAMIC_DISPATCH(Join)
  (type, order, left, left_plane, left_count, right, right_plane, right_count, count);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
