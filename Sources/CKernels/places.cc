// Elements at places that are given: by a position each, or by a mask.
//
// What decides is the work on memory, which is the same on every instruction set; so this is
// compiled once.
#include <string.h>

#include "dispatch.h"

namespace tessera {

extern "C" {

void tk_take(size_t bytes, void* out, const void* in, const int64_t* positions, size_t count) {
  const bool is_word = WithWord(bytes, [&](auto zero) {
    using T = decltype(zero);
    T* const to = static_cast<T*>(out);
    const T* const from = static_cast<const T*>(in);
    for (size_t i = 0; i < count; ++i) to[i] = from[positions[i]];
  });
  if (is_word) return;
  uint8_t* const to = static_cast<uint8_t*>(out);
  const uint8_t* const from = static_cast<const uint8_t*>(in);
  const int64_t size = static_cast<int64_t>(bytes);
  for (size_t i = 0; i < count; ++i) memcpy(to + i * bytes, from + positions[i] * size, bytes);
}

void tk_put(size_t bytes, void* out, int64_t out_stride, const void* in, int64_t in_stride,
            const int64_t* positions, size_t count) {
  uint8_t* const to = static_cast<uint8_t*>(out);
  const uint8_t* from = static_cast<const uint8_t*>(in);
  const bool is_word = WithWord(bytes, [&](auto zero) {
    for (size_t i = 0; i < count; ++i, from += in_stride) {
      memcpy(to + positions[i] * out_stride, from, sizeof zero);
    }
  });
  if (is_word) return;
  for (size_t i = 0; i < count; ++i, from += in_stride) {
    memcpy(to + positions[i] * out_stride, from, bytes);
  }
}

size_t tk_count_true(const void* mask, size_t count) {
  const uint8_t* const bytes = static_cast<const uint8_t*>(mask);
  size_t sum = 0;
  TESSERA_VECTORIZE
  for (size_t i = 0; i < count; ++i) sum += bytes[i];
  return sum;
}

// Each element is written where the next true one belongs, which is cheaper than to ask; the last
// true one ends it, so that nothing is written behind the others.
void tk_take_true(size_t bytes, void* out, size_t found, const void* in, const void* mask) {
  const uint8_t* const is_true = static_cast<const uint8_t*>(mask);
  const bool is_word = WithWord(bytes, [&](auto zero) {
    using T = decltype(zero);
    T* const to = static_cast<T*>(out);
    const T* const from = static_cast<const T*>(in);
    for (size_t i = 0, n = 0; n < found; ++i) {
      to[n] = from[i];
      n += is_true[i];
    }
  });
  if (is_word) return;
  uint8_t* to = static_cast<uint8_t*>(out);
  const uint8_t* const from = static_cast<const uint8_t*>(in);
  for (size_t i = 0, n = 0; n < found; ++i) {
    if (is_true[i] == 0) continue;
    memcpy(to + n++ * bytes, from + i * bytes, bytes);
  }
}

void tk_true_positions(int64_t* out, size_t found, const void* mask, size_t start) {
  const uint8_t* const is_true = static_cast<const uint8_t*>(mask);
  for (size_t i = 0, n = 0; n < found; ++i) {
    out[n] = static_cast<int64_t>(start + i);
    n += is_true[i];
  }
}

}  // extern "C"
}  // namespace tessera
