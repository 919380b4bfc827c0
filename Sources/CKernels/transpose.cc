// Transposing a block of a matrix.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "transpose.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include <string.h>

#include "hwy/cache_control.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A square of one cache line a side is the unit of work: each line of the input is read once, in a
// burst, and each line of the output written whole. Units follow each other along the columns of a
// panel two lines wide, while the next panel is fetched; panels follow each other down a strip of
// rows, few enough that the pages of the output stay in the translation buffers. (Widths chosen by
// measurement: as fast as a copy.)
template <class T>
constexpr int64_t kSide = 64 / static_cast<int64_t>(sizeof(T));

template <class T>
constexpr int64_t kPanel = 2 * kSide<T>;

constexpr int64_t kStrip = 256;

// Rows of the input that become a run of each row of the output past the caches.
constexpr int64_t kTileRows = 128;

// A vector whose 128-bit blocks come from rows 0, `block lanes`, twice that, and so on.
template <class D, class T>
HWY_INLINE hn::Vec<D> LoadBlocks(D d, const T* from, int64_t stride) {
  if constexpr (hn::MaxLanes(D()) * sizeof(T) <= 16) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    const int64_t rows = static_cast<int64_t>(hn::MaxLanes(half));
    return hn::Combine(d, LoadBlocks(half, from + rows * stride, stride),
                       LoadBlocks(half, from, stride));
  }
}

// Blocks of 128 bits hold squares of 4 x 4 or 2 x 2 elements; Highway's interleaving transposes
// them.
HWY_INLINE void TransposeUnit(uint32_t* out, int64_t out_stride, const uint32_t* in,
                              int64_t in_stride) {
  const hn::ScalableTag<uint32_t> d;
  const hn::RepartitionToWide<decltype(d)> wide;
  constexpr int64_t kWidth = static_cast<int64_t>(hn::MaxLanes(d));
  for (int64_t row = 0; row < 16; row += kWidth) {
    hn::Vec<decltype(d)> v[4][4];
    for (int64_t r = 0; r < 4; ++r) {
      for (int64_t c = 0; c < 4; ++c) {
        v[r][c] = LoadBlocks(d, in + (row + r) * in_stride + 4 * c, in_stride);
      }
    }
    for (int64_t c = 0; c < 4; ++c) {
      const auto p0 = hn::BitCast(wide, hn::InterleaveLower(d, v[0][c], v[1][c]));
      const auto p1 = hn::BitCast(wide, hn::InterleaveLower(d, v[2][c], v[3][c]));
      const auto p2 = hn::BitCast(wide, hn::InterleaveUpper(d, v[0][c], v[1][c]));
      const auto p3 = hn::BitCast(wide, hn::InterleaveUpper(d, v[2][c], v[3][c]));
      uint32_t* to = out + 4 * c * out_stride + row;
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, p0, p1)), d, to);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, p0, p1)), d, to + out_stride);
      hn::StoreU(hn::BitCast(d, hn::InterleaveLower(wide, p2, p3)), d, to + 2 * out_stride);
      hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(wide, p2, p3)), d, to + 3 * out_stride);
    }
  }
}

HWY_INLINE void TransposeUnit(uint64_t* out, int64_t out_stride, const uint64_t* in,
                              int64_t in_stride) {
  const hn::ScalableTag<uint64_t> d;
  constexpr int64_t kWidth = static_cast<int64_t>(hn::MaxLanes(d));
  for (int64_t row = 0; row < 8; row += kWidth) {
    hn::Vec<decltype(d)> v[2][4];
    for (int64_t r = 0; r < 2; ++r) {
      for (int64_t c = 0; c < 4; ++c) {
        v[r][c] = LoadBlocks(d, in + (row + r) * in_stride + 2 * c, in_stride);
      }
    }
    for (int64_t c = 0; c < 4; ++c) {
      uint64_t* to = out + 2 * c * out_stride + row;
      hn::StoreU(hn::InterleaveLower(d, v[0][c], v[1][c]), d, to);
      hn::StoreU(hn::InterleaveUpper(d, v[0][c], v[1][c]), d, to + out_stride);
    }
  }
}

// Bytes or pairs of bytes, as many rows as fit 128 bits: interleaving row i with the row half of
// them further, as often as the number can be halved, transposes them.
template <class T>
HWY_INLINE void TransposeUnit(T* out, int64_t out_stride, const T* in, int64_t in_stride) {
  constexpr int64_t kRows = 16 / static_cast<int64_t>(sizeof(T));
  constexpr int kPasses = sizeof(T) == 1 ? 4 : 3;
  const hn::CappedTag<T, static_cast<size_t>(kRows)> d;
  using V = hn::Vec<decltype(d)>;
  for (int64_t row = 0; row < kSide<T>; row += kRows) {
    for (int64_t column = 0; column < kSide<T>; column += kRows) {
      V v[kRows];
      for (int64_t r = 0; r < kRows; ++r) v[r] = hn::LoadU(d, in + (row + r) * in_stride + column);
      for (int pass = 0; pass < kPasses; ++pass) {
        V w[kRows];
        for (int64_t i = 0; i < kRows / 2; ++i) {
          w[2 * i] = hn::InterleaveLower(d, v[i], v[i + kRows / 2]);
          w[2 * i + 1] = hn::InterleaveUpper(d, v[i], v[i + kRows / 2]);
        }
        for (int64_t i = 0; i < kRows; ++i) v[i] = w[i];
      }
      for (int64_t c = 0; c < kRows; ++c) {
        hn::StoreU(v[c], d, out + (column + c) * out_stride + row);
      }
    }
  }
}

template <class T>
void TransposePart(T* out, int64_t out_stride, const T* in, int64_t in_stride, int64_t rows,
                   int64_t columns) {
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t r = 0; r < rows; ++r) out[c * out_stride + r] = in[r * in_stride + c];
  }
}

// Asks for a unit of the next panel. Into the second-level cache only: in the first, rows a power
// of two apart evict each other.
template <class T>
HWY_INLINE void Fetch(const T* in, int64_t in_stride) {
  for (int64_t k = 0; k < kSide<T>; ++k) __builtin_prefetch(in + k * in_stride, 0, 2);
}

// `rows` and `columns` are multiples of a unit.
template <class T>
void TransposeUnits(T* out, int64_t out_stride, const T* in, int64_t in_stride, int64_t rows,
                    int64_t columns) {
  for (int64_t strip = 0; strip < rows; strip += kStrip) {
    const int64_t strip_end = rows - strip < kStrip ? rows : strip + kStrip;
    for (int64_t panel = 0; panel < columns; panel += kPanel<T>) {
      const int64_t panel_end = columns - panel < kPanel<T> ? columns : panel + kPanel<T>;
      for (int64_t r = strip; r < strip_end; r += kSide<T>) {
        for (int64_t c = panel; c < panel_end; c += kSide<T>) {
          const T* from = in + r * in_stride + c;
          if (c + kPanel<T> < columns) Fetch(from + kPanel<T>, in_stride);
          TransposeUnit(out + c * out_stride + r, out_stride, from, in_stride);
        }
      }
    }
  }
}

// The same past the caches. A panel takes shape in a tile that is then written row by row: stores
// that jump from row to row would fill many lines at a time, and leave the write buffers before
// lines are full.
template <class T>
void StreamUnits(T* out, int64_t out_stride, const T* in, int64_t in_stride, int64_t rows,
                 int64_t columns) {
  const hn::ScalableTag<T> d;
  constexpr int64_t kWidth = static_cast<int64_t>(hn::MaxLanes(d));
  HWY_ALIGN T tile[kPanel<T> * kTileRows];
  for (int64_t strip = 0; strip < rows; strip += kTileRows) {
    const int64_t height = rows - strip < kTileRows ? rows - strip : kTileRows;
    for (int64_t panel = 0; panel < columns; panel += kPanel<T>) {
      const int64_t width = columns - panel < kPanel<T> ? columns - panel : kPanel<T>;
      for (int64_t r = 0; r < height; r += kSide<T>) {
        for (int64_t c = 0; c < width; c += kSide<T>) {
          const T* from = in + (strip + r) * in_stride + panel + c;
          if (panel + c + kPanel<T> < columns) Fetch(from + kPanel<T>, in_stride);
          TransposeUnit(tile + c * kTileRows + r, kTileRows, from, in_stride);
        }
      }
      for (int64_t c = 0; c < width; ++c) {
        T* to = out + (panel + c) * out_stride + strip;
        for (int64_t r = 0; r < height; r += kWidth) {
          hn::Stream(hn::Load(d, tile + c * kTileRows + r), d, to + r);
        }
      }
    }
  }
  hwy::FlushStream();
}

template <class T>
void TransposeOf(T* out, int64_t out_stride, const T* in, int64_t in_stride, int64_t rows,
                 int64_t columns, bool streams) {
  // Streaming stores need rows of the output that begin on cache lines: the rows of the input
  // before the first such line are done apart, if all rows of the output lie alike.
  streams = streams && out_stride % kSide<T> == 0;
  int64_t head = 0;
  if (streams) {
    head = static_cast<int64_t>((-reinterpret_cast<uintptr_t>(out) & 63) / sizeof(T));
    head = head < rows ? head : rows;
    TransposePart(out, out_stride, in, in_stride, head, columns);
  }
  out += head;
  in += head * in_stride;
  rows -= head;
  const int64_t whole_rows = rows - rows % kSide<T>;
  const int64_t whole_columns = columns - columns % kSide<T>;
  if (streams)
    StreamUnits(out, out_stride, in, in_stride, whole_rows, whole_columns);
  else
    TransposeUnits(out, out_stride, in, in_stride, whole_rows, whole_columns);
  TransposePart(out + whole_columns * out_stride, out_stride, in + whole_columns, in_stride,
                whole_rows, columns - whole_columns);
  TransposePart(out + whole_rows, out_stride, in + whole_rows * in_stride, in_stride,
                rows - whole_rows, columns);
}

void Transpose(size_t size, void* out, int64_t out_stride, const void* in, int64_t in_stride,
               int64_t rows, int64_t columns, bool streams) {
  const bool is_word = WithWord(size, [&](auto zero) {
    using T = decltype(zero);
    TransposeOf(static_cast<T*>(out), out_stride, static_cast<const T*>(in), in_stride, rows,
                columns, streams);
  });
  if (is_word) return;
  const int64_t bytes = static_cast<int64_t>(size);
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t r = 0; r < rows; ++r) {
      memcpy(static_cast<uint8_t*>(out) + (c * out_stride + r) * bytes,
             static_cast<const uint8_t*>(in) + (r * in_stride + c) * bytes, size);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Transpose);

extern "C" {

void tk_transpose(size_t size, void* out, int64_t out_stride, const void* in, int64_t in_stride,
                  int64_t rows, int64_t columns, bool streams) {
  HWY_DYNAMIC_DISPATCH(Transpose)
  (size, out, out_stride, in, in_stride, rows, columns, streams);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
