// Filling and copying runs.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "move.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include <string.h>

#include "hwy/cache_control.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Bytes from `out` to the next cache line.
HWY_INLINE size_t ToCacheLine(const void* out) {
  return static_cast<size_t>(-reinterpret_cast<uintptr_t>(out) & 63);
}

// Whole cache lines with stores that do not read them first.
void CopyStreaming(uint8_t* out, const uint8_t* in, size_t bytes) {
  const hn::ScalableTag<uint8_t> d;
  constexpr size_t kWidth = hn::MaxLanes(d);
  const size_t head = ToCacheLine(out) < bytes ? ToCacheLine(out) : bytes;
  memcpy(out, in, head);
  size_t i = head;
  for (; i + 4 * kWidth <= bytes; i += 4 * kWidth) {
    const auto v0 = hn::LoadU(d, in + i);
    const auto v1 = hn::LoadU(d, in + i + kWidth);
    const auto v2 = hn::LoadU(d, in + i + 2 * kWidth);
    const auto v3 = hn::LoadU(d, in + i + 3 * kWidth);
    hn::Stream(v0, d, out + i);
    hn::Stream(v1, d, out + i + kWidth);
    hn::Stream(v2, d, out + i + 2 * kWidth);
    hn::Stream(v3, d, out + i + 3 * kWidth);
  }
  memcpy(out + i, in + i, bytes - i);
}

template <class T>
void FillRun(T* out, T value, size_t count) {
  size_t i = 0;
  if (count * sizeof(T) >= kStreamBytes) {
    const hn::ScalableTag<T> d;
    const size_t lanes = hn::Lanes(d);
    const auto values = hn::Set(d, value);
    const size_t head = ToCacheLine(out) / sizeof(T);
    for (; i < head; ++i) out[i] = value;
    for (; i + lanes <= count; i += lanes) hn::Stream(values, d, out + i);
    hwy::FlushStream();
  }
  TESSERA_VECTORIZE
  for (size_t k = i; k < count; ++k) out[k] = value;
}

void Fill(size_t size, void* out, const void* value, size_t count) {
  switch (size) {
    case 1: return FillRun(static_cast<uint8_t*>(out), *static_cast<const uint8_t*>(value), count);
    case 4:
      return FillRun(static_cast<uint32_t*>(out), *static_cast<const uint32_t*>(value), count);
    case 8:
      return FillRun(static_cast<uint64_t*>(out), *static_cast<const uint64_t*>(value), count);
    default:
      for (size_t i = 0; i < count; ++i) {
        memcpy(static_cast<uint8_t*>(out) + i * size, value, size);
      }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(CopyStreaming);
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
