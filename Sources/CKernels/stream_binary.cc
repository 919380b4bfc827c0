// Arithmetic on two values whose results go past the caches.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stream_binary.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "stream-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

struct StreamedSum {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Add(a, b);
  }
};

struct StreamedDifference {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Sub(a, b);
  }
};

struct StreamedProduct {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Mul(a, b);
  }
};

struct StreamedQuotient {
  template <class V>
  HWY_INLINE V operator()(V a, V b) const {
    return hn::Div(a, b);
  }
};

// A cache line at a time; the caller sees to whole lines. A step of 0 repeats the first value.
template <bool kStepsA, bool kStepsB, class F, class T>
void ZipLines(F f, T* out, const T* a, const T* b, size_t count) {
  const hn::ScalableTag<T> d;
  constexpr size_t kLanes = hn::MaxLanes(d);
  constexpr size_t kLine = 64 / sizeof(T);
  const auto a0 = hn::Set(d, *a);
  const auto b0 = hn::Set(d, *b);
  for (size_t i = 0; i < count; i += kLine) {
    if (kStepsA) hwy::Prefetch(reinterpret_cast<const uint8_t*>(a + i) + kAhead);
    if (kStepsB) hwy::Prefetch(reinterpret_cast<const uint8_t*>(b + i) + kAhead);
    for (size_t k = i; k < i + kLine; k += kLanes) {
      hn::Stream(f(kStepsA ? hn::LoadU(d, a + k) : a0, kStepsB ? hn::LoadU(d, b + k) : b0), d,
                 out + k);
    }
  }
}

template <class F, class T>
void ZipStreamed(F f, T* out, const T* a, size_t a_step, const T* b, size_t b_step, size_t count) {
  if (a_step != 0 && b_step != 0)
    ZipLines<true, true>(f, out, a, b, count);
  else if (a_step != 0)
    ZipLines<true, false>(f, out, a, b, count);
  else
    ZipLines<false, true>(f, out, a, b, count);
}

template <class T>
bool StreamBinaryOf(tk_binary_op op, void* out_bytes, const void* a_bytes, size_t a_step,
                    const void* b_bytes, size_t b_step, size_t count) {
  T* out = static_cast<T*>(out_bytes);
  const T* a = static_cast<const T*>(a_bytes);
  const T* b = static_cast<const T*>(b_bytes);
  switch (op) {
    case TK_ADD: ZipStreamed(StreamedSum(), out, a, a_step, b, b_step, count); return true;
    case TK_SUBTRACT:
      ZipStreamed(StreamedDifference(), out, a, a_step, b, b_step, count);
      return true;
    case TK_MULTIPLY: ZipStreamed(StreamedProduct(), out, a, a_step, b, b_step, count); return true;
    case TK_DIVIDE: ZipStreamed(StreamedQuotient(), out, a, a_step, b, b_step, count); return true;
    default: return false;
  }
}

bool StreamBinary(tk_binary_op op, tk_type type, void* out, const void* a, size_t a_step,
                  const void* b, size_t b_step, size_t count) {
  if (type == TK_FLOAT32)
    return StreamBinaryOf<float>(op, out, a, a_step, b, b_step, count);
  return StreamBinaryOf<double>(op, out, a, a_step, b, b_step, count);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(StreamBinary);

extern "C" bool tk_stream_binary(tk_binary_op op, tk_type type, void* out, const void* a,
                                 size_t a_step, const void* b, size_t b_step, size_t count) {
  if (!IsFloating(type) || (a_step == 0 && b_step == 0) || !IsWholeLines(out, count * (type == TK_FLOAT32 ? 4 : 8)))
    return false;
  return HWY_DYNAMIC_DISPATCH(StreamBinary)(op, type, out, a, a_step, b, b_step, count);
}

}  // namespace tessera
#endif  // HWY_ONCE
