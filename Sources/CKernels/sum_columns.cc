// Sums of a block's columns, as accurate as pairwise ones.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sum_columns.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// So many rows are read side by side: the sums are loaded and stored once for all of them, and
// memory delivers from several pages at a time.
constexpr size_t kRowsSummedAtATime = 8;

// Adds a few rows to the sums, one after the other.
template <size_t kRows, class T>
void AddRows(T* sums, bool is_first, const T* in, int64_t stride, size_t columns) {
  const T* rows[kRows];
  for (size_t r = 0; r < kRows; ++r) rows[r] = in + static_cast<int64_t>(r) * stride;
  const auto add = [&](auto before) __attribute__((always_inline)) {
    TESSERA_VECTORIZE
    for (size_t c = 0; c < columns; ++c) {
      T sum = before(c);
#pragma clang loop unroll(full)
      for (size_t r = 0; r < kRows; ++r) sum += rows[r][c];
      sums[c] = sum;
    }
  };
  if (is_first) {
    add([](size_t) { return T{0}; });
  } else {
    add([&](size_t c) { return sums[c]; });
  }
}

// sums[c] = ((0 + row 0) + row 1) + … for at most one block of rows.
template <class T>
void SumBlock(T* sums, const T* in, int64_t stride, size_t rows, size_t columns) {
  bool is_first = true;
  for (; rows >= kRowsSummedAtATime; rows -= kRowsSummedAtATime) {
    AddRows<kRowsSummedAtATime>(sums, is_first, in, stride, columns);
    in += static_cast<int64_t>(kRowsSummedAtATime) * stride;
    is_first = false;
  }
  switch (rows) {
    case 1: return AddRows<1>(sums, is_first, in, stride, columns);
    case 2: return AddRows<2>(sums, is_first, in, stride, columns);
    case 3: return AddRows<3>(sums, is_first, in, stride, columns);
    case 4: return AddRows<4>(sums, is_first, in, stride, columns);
    case 5: return AddRows<5>(sums, is_first, in, stride, columns);
    case 6: return AddRows<6>(sums, is_first, in, stride, columns);
    case 7: return AddRows<7>(sums, is_first, in, stride, columns);
  }
}

// Few columns: several blocks side by side, because each sum waits for the one before it.
template <size_t kColumns, class T>
void SumNarrowBlocks(T* sums, const T* in, int64_t stride) {
  constexpr size_t kBlocks = 8 / kColumns;
  T local[kBlocks][kColumns] = {};
  for (size_t row = 0; row < TK_SUMMED_ROWS; ++row) {
    for (size_t b = 0; b < kBlocks; ++b) {
      const T* place = in + static_cast<int64_t>(b * TK_SUMMED_ROWS + row) * stride;
      for (size_t c = 0; c < kColumns; ++c) local[b][c] += place[c];
    }
  }
  for (size_t b = 0; b < kBlocks; ++b) {
    for (size_t c = 0; c < kColumns; ++c) sums[b * kColumns + c] = local[b][c];
  }
}

template <class T>
void AddColumns(T* out, const T* left, const T* right, size_t columns) {
  TESSERA_VECTORIZE
  for (size_t c = 0; c < columns; ++c) out[c] = left[c] + right[c];
}

// The sums of blocks, joined like the digits of a counter: level k holds 2^k blocks where bit k of
// `blocks` is set.
template <class T>
class Counter {
 public:
  Counter(T* levels, size_t columns) : levels_(levels), columns_(columns) {}

  // Where the next block is put.
  T* Next(T* spare) { return (blocks_ & 1) == 0 ? levels_ : spare; }

  // Joins the block that lies where Next said.
  void Push(T* block) {
    size_t level = 0;
    for (; (blocks_ >> level & 1) != 0; ++level) {
      T* const earlier = levels_ + level * columns_;
      const bool is_last = (blocks_ >> (level + 1) & 1) == 0;
      T* const out = is_last ? levels_ + (level + 1) * columns_ : block;
      AddColumns(out, earlier, block, columns_);
    }
    ++blocks_;
  }

  // The sum of all.
  void Finish(T* sums) {
    const T* last = nullptr;
    for (size_t level = 0; blocks_ >> level != 0; ++level) {
      if ((blocks_ >> level & 1) == 0) continue;
      T* const part = levels_ + level * columns_;
      if (last == nullptr) {
        TESSERA_VECTORIZE
        for (size_t c = 0; c < columns_; ++c) sums[c] = part[c];
      } else {
        AddColumns(sums, part, sums, columns_);
      }
      last = sums;
    }
  }

 private:
  T* levels_;
  size_t columns_;
  size_t blocks_ = 0;
};

template <size_t kColumns, class T>
size_t PushNarrow(Counter<T>& counter, T* spare, const T* in, int64_t stride, size_t rows) {
  constexpr size_t kBlocks = 8 / kColumns;
  size_t done = 0;
  for (; done + kBlocks * TK_SUMMED_ROWS <= rows; done += kBlocks * TK_SUMMED_ROWS) {
    T sums[kBlocks * kColumns];
    SumNarrowBlocks<kColumns>(sums, in + static_cast<int64_t>(done) * stride, stride);
    for (size_t b = 0; b < kBlocks; ++b) {
      T* const block = counter.Next(spare);
      for (size_t c = 0; c < kColumns; ++c) block[c] = sums[b * kColumns + c];
      counter.Push(block);
    }
  }
  return done;
}

template <class T>
void SumColumnsOf(T* sums, T* scratch, const T* in, int64_t stride, size_t rows, size_t columns) {
  if (rows == 0) {
    for (size_t c = 0; c < columns; ++c) sums[c] = 0;
    return;
  }
  if (rows <= TK_SUMMED_ROWS) return SumBlock(sums, in, stride, rows, columns);
  T* const spare = scratch;
  Counter<T> counter(scratch + columns, columns);
  size_t done = 0;
  if (columns == 1) done = PushNarrow<1>(counter, spare, in, stride, rows);
  if (columns == 2) done = PushNarrow<2>(counter, spare, in, stride, rows);
  if (columns == 4) done = PushNarrow<4>(counter, spare, in, stride, rows);
  for (; done < rows; done += TK_SUMMED_ROWS) {
    const size_t count = rows - done < TK_SUMMED_ROWS ? rows - done : TK_SUMMED_ROWS;
    T* const block = counter.Next(spare);
    SumBlock(block, in + static_cast<int64_t>(done) * stride, stride, count, columns);
    counter.Push(block);
  }
  counter.Finish(sums);
}

void SumColumns(tk_type type, void* sums, void* scratch, const void* in, int64_t stride,
                size_t rows, size_t columns) {
  if (type == TK_FLOAT32) {
    SumColumnsOf(static_cast<float*>(sums), static_cast<float*>(scratch),
                 static_cast<const float*>(in), stride, rows, columns);
  } else if (type == TK_FLOAT64) {
    SumColumnsOf(static_cast<double*>(sums), static_cast<double*>(scratch),
                 static_cast<const double*>(in), stride, rows, columns);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(SumColumns);

extern "C" {

void tk_sum_columns(tk_type type, void* sums, void* scratch, const void* in, int64_t row_stride,
                    size_t rows, size_t columns) {
  HWY_DYNAMIC_DISPATCH(SumColumns)(type, sums, scratch, in, row_stride, rows, columns);
}

size_t tk_sum_columns_scratch(tk_type type, size_t rows, size_t columns) {
  // A block that is under way, and a level for each digit of the number of blocks.
  size_t places = 2;
  for (size_t blocks = (rows + TK_SUMMED_ROWS - 1) / TK_SUMMED_ROWS; blocks > 0; blocks /= 2) {
    ++places;
  }
  return rows <= TK_SUMMED_ROWS ? 0 : places * columns * SizeOf(type);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
