// Products of many small matrices of floating-point values.
//
// Each sum begins at 0 and takes its terms in their order, one after the other, rounded once a term
// where the processor has fused multiply-add. So it depends neither on the shape nor on its place
// in a vector.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "small_products.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include <algorithm>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Rows whose sums are under way together, of one vector and of two: enough to hide what each sum
// waits for the one before it, in as many registers as there are.
template <int kVectors>
constexpr int kRowsAtATime =
    kVectors == 1 || HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON ? 8 : 4;

template <class T>
struct Matrix {
  const T* values;
  int64_t row;
  int64_t column;
};

// kRows rows of c: a vector from the first column on, and one from column `second` on.
template <int kRows, int kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void MultiplyTile(D d, int64_t depth, Matrix<T> a, Matrix<T> b, int64_t second,
                             T* HWY_RESTRICT c, int64_t c_row) {
  hn::Vec<D> sums[kRows][kVectors];
#pragma clang loop unroll(full)
  for (int i = 0; i < kRows; ++i) {
#pragma clang loop unroll(full)
    for (int v = 0; v < kVectors; ++v) sums[i][v] = hn::Zero(d);
  }
  for (int64_t k = 0; k < depth; ++k) {
    hn::Vec<D> right[kVectors];
    right[0] = hn::LoadU(d, b.values);
    if constexpr (kVectors == 2) right[1] = hn::LoadU(d, b.values + second);
#pragma clang loop unroll(full)
    for (int i = 0; i < kRows; ++i) {
      const auto left = hn::Set(d, a.values[i * a.row]);
#pragma clang loop unroll(full)
      for (int v = 0; v < kVectors; ++v) sums[i][v] = hn::MulAdd(left, right[v], sums[i][v]);
    }
    a.values += a.column;
    b.values += b.row;
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < kRows; ++i) {
    hn::StoreU(sums[i][0], d, c + i * c_row);
    if constexpr (kVectors == 2) hn::StoreU(sums[i][1], d, c + i * c_row + second);
  }
}

// The last rows, fewer than fill the registers.
template <int kRows, int kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void MultiplyRest(D d, int64_t rows, int64_t depth, const Matrix<T>& a,
                             const Matrix<T>& b, int64_t second, T* c, int64_t c_row) {
  if constexpr (kRows > 0) {
    if (rows == kRows) return MultiplyTile<kRows, kVectors>(d, depth, a, b, second, c, c_row);
    MultiplyRest<kRows - 1, kVectors>(d, rows, depth, a, b, second, c, c_row);
  }
}

// All rows of one or two vectors of columns.
template <int kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void MultiplyStrip(D d, int64_t rows, int64_t depth, Matrix<T> a, const Matrix<T>& b,
                              int64_t second, T* c, int64_t c_row) {
  constexpr int kRows = kRowsAtATime<kVectors>;
  for (; rows >= kRows; rows -= kRows) {
    MultiplyTile<kRows, kVectors>(d, depth, a, b, second, c, c_row);
    a.values += kRows * a.row;
    c += kRows * c_row;
  }
  MultiplyRest<kRows - 1, kVectors>(d, rows, depth, a, b, second, c, c_row);
}

// A square whose rows, 16 bytes each, become columns.
HWY_INLINE void TransposeSquare(float* to, int64_t to_row, const float* from, int64_t from_row) {
  const hn::CappedTag<float, 4> d;
  const hn::RepartitionToWide<decltype(d)> wide;
  const auto v0 = hn::LoadU(d, from), v1 = hn::LoadU(d, from + from_row);
  const auto v2 = hn::LoadU(d, from + 2 * from_row), v3 = hn::LoadU(d, from + 3 * from_row);
  const auto p0 = hn::BitCast(wide, hn::InterleaveLower(d, v0, v1));
  const auto p1 = hn::BitCast(wide, hn::InterleaveLower(d, v2, v3));
  const auto p2 = hn::BitCast(wide, hn::InterleaveUpper(d, v0, v1));
  const auto p3 = hn::BitCast(wide, hn::InterleaveUpper(d, v2, v3));
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, p0, p1)), d, to);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, p0, p1)), d, to + to_row);
  hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, p2, p3)), d, to + 2 * to_row);
  hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, p2, p3)), d, to + 3 * to_row);
}

HWY_INLINE void TransposeSquare(double* to, int64_t to_row, const double* from, int64_t from_row) {
  const hn::CappedTag<double, 2> d;
  const auto v0 = hn::LoadU(d, from), v1 = hn::LoadU(d, from + from_row);
  hn::StoreU(hn::InterleaveLower(d, v0, v1), d, to);
  hn::StoreU(hn::InterleaveUpper(d, v0, v1), d, to + to_row);
}

// Makes columns neighbours. The last squares of a row or column begin at earlier elements where
// they would not fit.
template <class T>
void Pack(T* HWY_RESTRICT packed, int64_t depth, int64_t columns, const Matrix<T>& b) {
  constexpr int64_t kSide = 16 / static_cast<int64_t>(sizeof(T));
  if (b.row != 1 || depth < kSide || columns < kSide) {
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t j = 0; j < columns; ++j) {
        packed[k * columns + j] = b.values[k * b.row + j * b.column];
      }
    }
    return;
  }
  for (int64_t next = 0; next < columns; next += kSide) {
    const int64_t j = std::min(next, columns - kSide);
    for (int64_t other = 0; other < depth; other += kSide) {
      const int64_t k = std::min(other, depth - kSide);
      TransposeSquare(packed + k * columns + j, columns, b.values + k + j * b.column, b.column);
    }
  }
}

// With vectors of at most as many columns as there are. Where the last ones do not fill a vector,
// it begins at earlier ones, whose sums come out the same again.
template <class D, class T = hn::TFromD<D>>
void MultiplyAll(D d, size_t count, int64_t rows, int64_t columns, int64_t depth, Matrix<T> a,
                 int64_t a_step, Matrix<T> b, int64_t b_step, T* c) {
  constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(D()));
  HWY_ALIGN T packed[TK_SMALL_EXTENT * TK_SMALL_EXTENT];
  const T* unpacked = nullptr;
  const bool packs = columns > 1 && b.column != 1;
  for (size_t number = 0; number < count; ++number) {
    Matrix<T> right = b;
    if (packs) {
      if (b.values != unpacked) Pack(packed, depth, columns, b);
      unpacked = b.values;
      right = {packed, columns, 1};
    }
    int64_t first = 0;
    for (; columns - first > kLanes; first += 2 * kLanes) {
      const int64_t second = std::min(kLanes, columns - first - kLanes);
      MultiplyStrip<2>(d, rows, depth, a, {right.values + first, right.row, 1}, second, c + first,
                       columns);
    }
    if (first < columns) {
      first = columns - kLanes;
      MultiplyStrip<1>(d, rows, depth, a, {right.values + first, right.row, 1}, 0, c + first,
                       columns);
    }
    a.values += a_step;
    b.values += b_step;
    c += rows * columns;
  }
}

// Halves the vectors until a row of c fills one.
template <size_t kLanes, class T>
void MultiplyIn(size_t count, int64_t rows, int64_t columns, int64_t depth, Matrix<T> a,
                int64_t a_step, Matrix<T> b, int64_t b_step, T* c) {
  if constexpr (kLanes > 1) {
    if (columns < static_cast<int64_t>(kLanes)) {
      return MultiplyIn<kLanes / 2>(count, rows, columns, depth, a, a_step, b, b_step, c);
    }
  }
  MultiplyAll(hn::CappedTag<T, kLanes>(), count, rows, columns, depth, a, a_step, b, b_step, c);
}

// A row times a matrix is the matrix, turned, times a column. Whether elements that vectors need
// are neighbours in the other of the two.
bool IsTurned(int64_t rows, int64_t columns, int64_t a_row, int64_t b_column) {
  return columns == 1 ? rows > 1 && a_row == 1 : rows == 1 && b_column != 1;
}

template <class T>
void MultiplyOf(size_t count, int64_t rows, int64_t columns, int64_t depth, Matrix<T> a,
                int64_t a_step, Matrix<T> b, int64_t b_step, T* c) {
  if (IsTurned(rows, columns, a.row, b.column)) {
    std::swap(a, b);
    std::swap(a_step, b_step);
    std::swap(a.row, a.column);
    std::swap(b.row, b.column);
    std::swap(rows, columns);
  }
  MultiplyIn<hn::MaxLanes(hn::ScalableTag<T>())>(count, rows, columns, depth, a, a_step, b, b_step,
                                                 c);
}

// Where OpenBLAS takes longer, its call included. Only with AVX-512 it has kernels of its own for
// small products.
bool IsSmall(int64_t rows, int64_t columns, int64_t depth, int64_t a_row, int64_t b_column) {
  if (std::max({rows, columns, depth}) > TK_SMALL_EXTENT) return false;
  if (IsTurned(rows, columns, a_row, b_column)) {
    std::swap(rows, columns);
    b_column = 1;
  }
  // Neither sums along rows nor vectors of 16 bytes are fast here, and packing needs many rows.
  if (columns == 1) return rows * depth <= 128;
  if (HWY_MAX_BYTES == 16 && rows * columns * depth > 512) return false;
  if (HWY_MAX_BYTES == 64 && columns < 8 && rows * depth > 256) return false;
  return b_column == 1 || columns * depth <= TK_SMALL_EXTENT * rows;
}

void SmallProducts(tk_type type, size_t count, int64_t rows, int64_t columns, int64_t depth,
                   const void* a, int64_t a_step, int64_t a_row, int64_t a_column, const void* b,
                   int64_t b_step, int64_t b_row, int64_t b_column, void* c) {
  if (rows == 0 || columns == 0) return;
  const auto multiply = [&](auto zero) {
    using T = decltype(zero);
    MultiplyOf(count, rows, columns, depth, Matrix<T>{static_cast<const T*>(a), a_row, a_column},
               a_step, Matrix<T>{static_cast<const T*>(b), b_row, b_column}, b_step,
               static_cast<T*>(c));
  };
  if (type == TK_FLOAT32) multiply(float());
  if (type == TK_FLOAT64) multiply(double());
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(SmallProducts);
HWY_EXPORT(IsSmall);

extern "C" {

bool tk_is_small_product(int64_t rows, int64_t columns, int64_t depth, int64_t a_row,
                         int64_t b_column) {
  return HWY_DYNAMIC_DISPATCH(IsSmall)(rows, columns, depth, a_row, b_column);
}

void tk_small_products(tk_type type, size_t count, int64_t rows, int64_t columns, int64_t depth,
                       const void* a, int64_t a_step, int64_t a_row, int64_t a_column,
                       const void* b, int64_t b_step, int64_t b_row, int64_t b_column, void* c) {
  HWY_DYNAMIC_DISPATCH(SmallProducts)
  (type, count, rows, columns, depth, a, a_step, a_row, a_column, b, b_step, b_row, b_column, c);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
