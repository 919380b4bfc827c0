// Matrix products of integers.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "product.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Columns of c that stay in the first-level cache while the depth is run through.
constexpr int64_t kColumns = 1024;

template <class T>
struct Operand {
  const T* values;
  int64_t row;
  int64_t column;
  T At(int64_t i, int64_t j) const { return values[i * row + j * column]; }
};

// Unsigned, where overflow is defined to wrap: in 32 bits at least, as C++ would turn shorter ones
// into int.
template <class T>
T MultiplyAdd(T a, T b, T c) {
  return static_cast<T>(1u * a * b + c);
}

template <class T>
void ProductOf(int64_t rows, int64_t columns, int64_t depth, Operand<T> a, Operand<T> b, T* c,
               int64_t c_stride) {
  const bool is_dot = a.column == 1 && b.row == 1 && b.column != 1;
  for (int64_t begin = 0; begin < columns; begin += kColumns) {
    const int64_t end = columns - begin < kColumns ? columns : begin + kColumns;
    for (int64_t i = 0; i < rows; ++i) {
      T* sums = c + i * c_stride;
      if (is_dot) {
        const T* left = a.values + i * a.row;
        for (int64_t j = begin; j < end; ++j) {
          const T* right = b.values + j * b.column;
          T sum = 0;
          for (int64_t k = 0; k < depth; ++k) sum = MultiplyAdd(left[k], right[k], sum);
          sums[j] = static_cast<T>(sums[j] + sum);
        }
        continue;
      }
      for (int64_t k = 0; k < depth; ++k) {
        const T factor = a.At(i, k);
        const T* right = b.values + k * b.row;
        if (b.column == 1) {
          TESSERA_VECTORIZE
          for (int64_t j = begin; j < end; ++j) sums[j] = MultiplyAdd(factor, right[j], sums[j]);
        } else {
          for (int64_t j = begin; j < end; ++j) {
            sums[j] = MultiplyAdd(factor, right[j * b.column], sums[j]);
          }
        }
      }
    }
  }
}

void IntegerProduct(tk_type type, int64_t rows, int64_t columns, int64_t depth, const void* a,
                    int64_t a_row, int64_t a_column, const void* b, int64_t b_row, int64_t b_column,
                    void* c, int64_t c_stride) {
  if (!IsInteger(type)) return;
  WithWord(SizeOf(type), [&](auto zero) {
    using T = decltype(zero);
    ProductOf(rows, columns, depth, Operand<T>{static_cast<const T*>(a), a_row, a_column},
              Operand<T>{static_cast<const T*>(b), b_row, b_column}, static_cast<T*>(c), c_stride);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(IntegerProduct);

extern "C" {

void tk_integer_product(tk_type type, int64_t rows, int64_t columns, int64_t depth, const void* a,
                        int64_t a_row, int64_t a_column, const void* b, int64_t b_row,
                        int64_t b_column, void* c, int64_t c_stride) {
  HWY_DYNAMIC_DISPATCH(IntegerProduct)
  (type, rows, columns, depth, a, a_row, a_column, b, b_row, b_column, c, c_stride);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
