// Runs that are written past the caches; once an instruction set.
#if defined(TESSERA_STREAM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_STREAM_INL_H
#undef TESSERA_STREAM_INL_H
#else
#define TESSERA_STREAM_INL_H
#endif

#include <string.h>

#include "dispatch.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Bytes between what is asked for and what is read: stores past the caches leave the hardware's
// own prefetching behind. Found by trying; what lies behind the end is asked for in vain.
constexpr size_t kAhead = 1024;

// Shorter runs are mostly heads and tails.
constexpr size_t kShortestStream = 512;

// Bytes from `out` to the next cache line.
HWY_INLINE size_t ToCacheLine(const void* out) {
  return static_cast<size_t>(-reinterpret_cast<uintptr_t>(out) & 63);
}

// Copies whole cache lines without reading them first; `kFetches` says that the source comes from
// memory, and `next` where it goes on afterwards. The caller ends with a FlushStream.
template <bool kFetches>
HWY_INLINE void StreamCopy(uint8_t* out, const uint8_t* in, size_t bytes,
                           const uint8_t* next = nullptr) {
  const hn::ScalableTag<uint8_t> d;
  constexpr size_t kWidth = hn::MaxLanes(d);
  constexpr size_t kStep = 4 * kWidth;
  const size_t head = ToCacheLine(out) < bytes ? ToCacheLine(out) : bytes;
  memcpy(out, in, head);
  size_t i = head;
  const auto copy_to = [&](size_t end, const uint8_t* ahead) HWY_ATTR {
    for (; i + kStep <= end; i += kStep) {
      if constexpr (kFetches) {
        for (size_t k = 0; k < kStep; k += 64) hwy::Prefetch(ahead + i + k);
      }
      const auto v0 = hn::LoadU(d, in + i);
      const auto v1 = hn::LoadU(d, in + i + kWidth);
      const auto v2 = hn::LoadU(d, in + i + 2 * kWidth);
      const auto v3 = hn::LoadU(d, in + i + 3 * kWidth);
      hn::Stream(v0, d, out + i);
      hn::Stream(v1, d, out + i + kWidth);
      hn::Stream(v2, d, out + i + 2 * kWidth);
      hn::Stream(v3, d, out + i + 3 * kWidth);
    }
  };
  if (kFetches && next != nullptr && bytes > kAhead) {
    copy_to(bytes - kAhead, in + kAhead);
    copy_to(bytes, next - (bytes - kAhead));
  } else {
    copy_to(bytes, in + kAhead);
  }
  memcpy(out + i, in + i, bytes - i);
}

// The same with one value.
template <class T>
HWY_INLINE void StreamFill(T* out, T value, size_t count) {
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  const auto values = hn::Set(d, value);
  const size_t to_line = ToCacheLine(out) / sizeof(T);
  const size_t head = to_line < count ? to_line : count;
  size_t i = 0;
  for (; i < head; ++i) out[i] = value;
  for (; i + lanes <= count; i += lanes) hn::Stream(values, d, out + i);
  for (; i < count; ++i) out[i] = value;
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_STREAM_INL_H
