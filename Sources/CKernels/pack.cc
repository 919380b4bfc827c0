// Strided blocks to contiguous runs and back.
//
// These loops are bound by memory, and the same on every instruction set; the parts that gain from
// vectors (copies, fills, transposed pairs of axes) go through tk_copy, tk_fill and tk_transpose.
#include <string.h>

#include "dispatch.h"

namespace tessera {
namespace {

// Runs of fewer elements are copied by a loop: a call of memcpy would take longer.
constexpr int64_t kShortRun = 16;

// Fewer rows than this are not worth tiles.
constexpr int64_t kFewRows = 8;

// A strided block without axes of extent 1, neighbours merged where one stride carries on from the
// other, innermost axis first. There is at least one axis.
struct Block {
  size_t axes = 0;
  int64_t extents[kMaximumAxes];
  int64_t strides[kMaximumAxes];
};

Block Collapse(size_t axes, const int64_t* extents, const int64_t* strides) {
  Block block;
  for (size_t axis = axes; axis-- > 0;) {
    if (extents[axis] == 1) continue;
    const size_t last = block.axes - 1;
    if (block.axes > 0 && strides[axis] == block.strides[last] * block.extents[last]) {
      block.extents[last] *= extents[axis];
    } else {
      block.extents[block.axes] = extents[axis];
      block.strides[block.axes] = strides[axis];
      ++block.axes;
    }
  }
  if (block.axes == 0) {
    block.extents[0] = 1;
    block.strides[0] = 1;
    block.axes = 1;
  }
  return block;
}

// Elements of a fixed size, so that a copy of one is a load and a store.
template <class T>
struct Packer {
  T* run;
  const T* strided;

  void Inner(int64_t at, int64_t offset, int64_t stride, int64_t length) const {
    T* to = run + at;
    const T* from = strided + offset;
    if (stride == 1) {
      if (length >= kShortRun) return tk_copy(to, from, static_cast<size_t>(length) * sizeof(T));
      for (int64_t i = 0; i < length; ++i) to[i] = from[i];
    } else if (stride == 0) {
      if (length >= kShortRun) return tk_fill(sizeof(T), to, from, static_cast<size_t>(length));
      for (int64_t i = 0; i < length; ++i) to[i] = *from;
    } else {
      for (int64_t i = 0; i < length; ++i) to[i] = from[i * stride];
    }
  }

  // `rows` rows of `length` elements, where a step along a row is `stride` and one between rows
  // is 1.
  void Transposed(int64_t at, int64_t offset, int64_t stride, int64_t length, int64_t rows) const {
    tk_transpose(sizeof(T), run + at, length, strided + offset, stride, length, rows, false);
  }
};

template <class T>
struct Unpacker {
  const T* run;
  T* strided;

  void Inner(int64_t at, int64_t offset, int64_t stride, int64_t length) const {
    const T* from = run + at;
    T* to = strided + offset;
    if (stride == 1 && length >= kShortRun) {
      return tk_copy(to, from, static_cast<size_t>(length) * sizeof(T));
    }
    for (int64_t i = 0; i < length; ++i) to[i * stride] = from[i];
  }

  void Transposed(int64_t at, int64_t offset, int64_t stride, int64_t length, int64_t rows) const {
    tk_transpose(sizeof(T), strided + offset, stride, run + at, length, rows, length,
                 false);
  }
};

// Elements of any size.
struct BytePacker {
  size_t size;
  uint8_t* run;
  const uint8_t* strided;

  void Inner(int64_t at, int64_t offset, int64_t stride, int64_t length) const {
    const int64_t bytes = static_cast<int64_t>(size);
    for (int64_t i = 0; i < length; ++i) {
      memcpy(run + (at + i) * bytes, strided + (offset + i * stride) * bytes, size);
    }
  }

  void Transposed(int64_t at, int64_t offset, int64_t stride, int64_t length, int64_t rows) const {
    for (int64_t row = 0; row < rows; ++row) Inner(at + row * length, offset + row, stride, length);
  }
};

struct ByteUnpacker {
  size_t size;
  const uint8_t* run;
  uint8_t* strided;

  void Inner(int64_t at, int64_t offset, int64_t stride, int64_t length) const {
    const int64_t bytes = static_cast<int64_t>(size);
    for (int64_t i = 0; i < length; ++i) {
      memcpy(strided + (offset + i * stride) * bytes, run + (at + i) * bytes, size);
    }
  }

  void Transposed(int64_t at, int64_t offset, int64_t stride, int64_t length, int64_t rows) const {
    for (int64_t row = 0; row < rows; ++row) Inner(at + row * length, offset + row, stride, length);
  }
};

// Walks over elements first ..< first + count in row-major order, an innermost run at a time, or
// many of them where the next axis is contiguous and the innermost is not.
template <class Mover>
void Walk(const Mover& mover, const Block& block, int64_t first, int64_t count) {
  int64_t position[kMaximumAxes];
  int64_t offset = 0;
  int64_t rest = first;
  for (size_t axis = 0; axis < block.axes; ++axis) {
    position[axis] = rest % block.extents[axis];
    rest /= block.extents[axis];
    offset += position[axis] * block.strides[axis];
  }
  const int64_t extent = block.extents[0];
  const int64_t stride = block.strides[0];
  const bool may_transpose = block.axes > 1 && block.strides[1] == 1 && stride != 0;
  int64_t at = 0;
  while (at < count) {
    size_t axis = 1;
    int64_t steps = 1;
    if (may_transpose && position[0] == 0) {
      const int64_t whole = (count - at) / extent;
      const int64_t left = block.extents[1] - position[1];
      steps = whole < left ? whole : left;
    }
    if (steps >= kFewRows) {
      mover.Transposed(at, offset, stride, extent, steps);
      at += steps * extent;
    } else {
      steps = 1;
      const int64_t left = extent - position[0];
      const int64_t length = left < count - at ? left : count - at;
      mover.Inner(at, offset, stride, length);
      at += length;
      // Back to the start of the row; the last row may end early, but then nothing follows.
      offset -= position[0] * stride;
      position[0] = 0;
    }
    // On by `steps` along axis 1, carrying into the outer axes.
    for (; axis < block.axes; ++axis, steps = 1) {
      position[axis] += steps;
      offset += steps * block.strides[axis];
      if (position[axis] < block.extents[axis]) break;
      offset -= position[axis] * block.strides[axis];
      position[axis] = 0;
    }
  }
}

}  // namespace
}  // namespace tessera

extern "C" {

void tk_pack(size_t size, void* out, const void* in, size_t axes, const int64_t* extents,
             const int64_t* strides, int64_t first, int64_t count) {
  if (count <= 0 || axes > tessera::kMaximumAxes) return;
  const tessera::Block block = tessera::Collapse(axes, extents, strides);
  const bool is_word = tessera::WithWord(size, [&](auto zero) {
    using T = decltype(zero);
    Walk(tessera::Packer<T>{static_cast<T*>(out), static_cast<const T*>(in)}, block, first, count);
  });
  if (is_word) return;
  Walk(tessera::BytePacker{size, static_cast<uint8_t*>(out), static_cast<const uint8_t*>(in)},
       block, first, count);
}

void tk_unpack(size_t size, void* out, size_t axes, const int64_t* extents, const int64_t* strides,
               int64_t first, int64_t count, const void* in) {
  if (count <= 0 || axes > tessera::kMaximumAxes) return;
  const tessera::Block block = tessera::Collapse(axes, extents, strides);
  const bool is_word = tessera::WithWord(size, [&](auto zero) {
    using T = decltype(zero);
    Walk(tessera::Unpacker<T>{static_cast<const T*>(in), static_cast<T*>(out)}, block, first,
         count);
  });
  if (is_word) return;
  Walk(tessera::ByteUnpacker{size, static_cast<const uint8_t*>(in), static_cast<uint8_t*>(out)},
       block, first, count);
}

}  // extern "C"
