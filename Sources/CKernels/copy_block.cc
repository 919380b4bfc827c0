// Copying a block from one layout to another.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "copy_block.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "stream-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Runs of fewer bytes are copied by a loop: a call of memcpy would take longer.
constexpr int64_t kShortRow = 64;

// A square of so many elements a side stays in the first-level cache, whichever way it is walked.
constexpr int64_t kCopyTile = 16;

// The two innermost axes: `rows` rows of `length` elements.
struct Pair {
  int64_t rows, length;
  int64_t out_row, out_step;
  int64_t in_row, in_step;
};

template <class T>
HWY_INLINE void CopyRow(T* out, const T* in, int64_t length, bool streams, const T* next) {
  const int64_t bytes = length * static_cast<int64_t>(sizeof(T));
  if (bytes < kShortRow) {
    for (int64_t i = 0; i < length; ++i) out[i] = in[i];
  } else if (streams && bytes >= static_cast<int64_t>(kShortestStream)) {
    StreamCopy<true>(reinterpret_cast<uint8_t*>(out), reinterpret_cast<const uint8_t*>(in),
                     static_cast<size_t>(bytes), reinterpret_cast<const uint8_t*>(next));
  } else {
    memcpy(out, in, static_cast<size_t>(bytes));
  }
}

template <class T>
HWY_INLINE void FillRow(T* out, T value, int64_t length, bool streams) {
  if (streams && length * static_cast<int64_t>(sizeof(T)) >= static_cast<int64_t>(kShortestStream))
    return StreamFill(out, value, static_cast<size_t>(length));
  for (int64_t i = 0; i < length; ++i) out[i] = value;
}

template <class T>
void CopyTiles(T* out, const T* in, const Pair& pair) {
  for (int64_t r = 0; r < pair.rows; r += kCopyTile) {
    const int64_t row_end = pair.rows - r < kCopyTile ? pair.rows : r + kCopyTile;
    for (int64_t i = 0; i < pair.length; i += kCopyTile) {
      const int64_t end = pair.length - i < kCopyTile ? pair.length : i + kCopyTile;
      for (int64_t row = r; row < row_end; ++row) {
        T* to = out + row * pair.out_row;
        const T* from = in + row * pair.in_row;
        for (int64_t k = i; k < end; ++k) to[k * pair.out_step] = from[k * pair.in_step];
      }
    }
  }
}

template <class T>
void CopyPair(T* out, const T* in, const Pair& pair, bool streams) {
  if (pair.out_step == 1 && pair.in_row == 1 && pair.in_step != 1 && pair.in_step != 0) {
    return tk_transpose(sizeof(T), out, pair.out_row, in, pair.in_step, pair.length, pair.rows,
                        streams);
  }
  const bool is_run = pair.out_step == 1 && pair.in_step >= -1 && pair.in_step <= 1;
  if (!is_run) return CopyTiles(out, in, pair);
  for (int64_t row = 0; row < pair.rows; ++row, out += pair.out_row, in += pair.in_row) {
    if (pair.in_step == 1) {
      CopyRow(out, in, pair.length, streams, in + pair.in_row);
    } else if (pair.in_step == 0) {
      FillRow(out, *in, pair.length, streams);
    } else {
      for (int64_t i = 0; i < pair.length; ++i) out[i] = in[-i];
    }
  }
}

template <class T>
void CopyBlockOf(size_t axes, const int64_t* extents, T* out, const int64_t* out_strides,
                 const T* in, const int64_t* in_strides, bool streams) {
  Pair pair = {1, 1, 0, 1, 0, 1};
  if (axes > 0) {
    pair.length = extents[axes - 1];
    pair.out_step = out_strides[axes - 1];
    pair.in_step = in_strides[axes - 1];
  }
  if (axes > 1) {
    pair.rows = extents[axes - 2];
    pair.out_row = out_strides[axes - 2];
    pair.in_row = in_strides[axes - 2];
  }
  const size_t outer = axes > 2 ? axes - 2 : 0;
  int64_t position[kMaximumAxes] = {};
  for (;;) {
    CopyPair(out, in, pair, streams);
    size_t axis = outer;
    for (; axis-- > 0;) {
      out += out_strides[axis];
      in += in_strides[axis];
      if (++position[axis] < extents[axis]) break;
      out -= extents[axis] * out_strides[axis];
      in -= extents[axis] * in_strides[axis];
      position[axis] = 0;
    }
    if (axis == static_cast<size_t>(-1)) return;
  }
}

// Elements of any size are rows of bytes.
void CopyBytes(size_t size, size_t axes, const int64_t* extents, uint8_t* out,
               const int64_t* out_strides, const uint8_t* in, const int64_t* in_strides,
               bool streams) {
  int64_t all[kMaximumAxes], out_bytes[kMaximumAxes], in_bytes[kMaximumAxes];
  for (size_t axis = 0; axis < axes; ++axis) {
    all[axis] = extents[axis];
    out_bytes[axis] = out_strides[axis] * static_cast<int64_t>(size);
    in_bytes[axis] = in_strides[axis] * static_cast<int64_t>(size);
  }
  all[axes] = static_cast<int64_t>(size);
  out_bytes[axes] = in_bytes[axes] = 1;
  CopyBlockOf(axes + 1, all, out, out_bytes, in, in_bytes, streams);
}

void CopyBlock(size_t size, size_t axes, const int64_t* extents, void* out,
               const int64_t* out_strides, const void* in, const int64_t* in_strides,
               bool streams) {
  const bool is_word = WithWord(size, [&](auto zero) {
    using T = decltype(zero);
    CopyBlockOf(axes, extents, static_cast<T*>(out), out_strides, static_cast<const T*>(in),
                in_strides, streams);
  });
  if (!is_word) {
    CopyBytes(size, axes, extents, static_cast<uint8_t*>(out), out_strides,
              static_cast<const uint8_t*>(in), in_strides, streams);
  }
  if (streams) hwy::FlushStream();
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(CopyBlock);

extern "C" void tk_copy_block(size_t size, size_t axes, const int64_t* extents, void* out,
                              const int64_t* out_strides, const void* in,
                              const int64_t* in_strides, bool streams) {
  if (axes >= kMaximumAxes) return;
  for (size_t axis = 0; axis < axes; ++axis) {
    if (extents[axis] <= 0) return;
  }
  HWY_DYNAMIC_DISPATCH(CopyBlock)
  (size, axes, extents, out, out_strides, in, in_strides, streams);
}

}  // namespace tessera
#endif  // HWY_ONCE
