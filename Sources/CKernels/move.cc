// Filling and copying runs.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "move.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "stream-inl.h"

#include <string.h>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

void CopyStreaming(uint8_t* out, const uint8_t* in, size_t bytes) {
  StreamCopy<true>(out, in, bytes);
}

// Of a piece that is in the caches.
void CopyPiece(uint8_t* out, const uint8_t* in, size_t bytes) {
  StreamCopy<false>(out, in, bytes);
}

template <class T>
void FillRun(T* out, T value, size_t count) {
  if (count * sizeof(T) >= kStreamBytes) {
    StreamFill(out, value, count);
    hwy::FlushStream();
  } else {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < count; ++i) out[i] = value;
  }
}

void Fill(size_t size, void* out, const void* value, size_t count) {
  const bool is_word = WithWord(size, [&](auto zero) {
    using T = decltype(zero);
    FillRun(static_cast<T*>(out), *static_cast<const T*>(value), count);
  });
  if (is_word) return;
  for (size_t i = 0; i < count; ++i) memcpy(static_cast<uint8_t*>(out) + i * size, value, size);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(CopyStreaming);
HWY_EXPORT(CopyPiece);
HWY_EXPORT(Fill);

extern "C" {

void tk_fill(size_t size, void* out, const void* value, size_t count) {
  if (count == 0) return;
  HWY_DYNAMIC_DISPATCH(Fill)(size, out, value, count);
}

void tk_copy(void* out, const void* in, size_t bytes) {
  if (bytes == 0 || out == in) return;
  if (bytes < kStreamBytes) {
    memcpy(out, in, bytes);
  } else {
    HWY_DYNAMIC_DISPATCH(CopyStreaming)
    (static_cast<uint8_t*>(out), static_cast<const uint8_t*>(in), bytes);
    hwy::FlushStream();
  }
}

void tk_stream(void* out, const void* in, size_t bytes) {
  if (bytes == 0 || out == in) return;
  HWY_DYNAMIC_DISPATCH(CopyPiece)
  (static_cast<uint8_t*>(out), static_cast<const uint8_t*>(in), bytes);
}

void tk_stream_from_memory(void* out, const void* in, size_t bytes) {
  if (bytes == 0 || out == in) return;
  HWY_DYNAMIC_DISPATCH(CopyStreaming)
  (static_cast<uint8_t*>(out), static_cast<const uint8_t*>(in), bytes);
}

void tk_finish_streaming() { hwy::FlushStream(); }

void tk_prefetch(const void* in, size_t bytes) {
  const auto* from = static_cast<const char*>(in);
  for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch(from + i, 0, 2);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
