// Conversions between scalar types.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "convert.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include <string.h>

#include "convert_one-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

template <class To, class Stored, class From>
void ConvertRun(Stored* out, const From* in, size_t count) {
  TESSERA_VECTORIZE
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<Stored>(ConvertOne<To>(in[i]));
}

void Convert(tk_type to, void* out, tk_type from, const void* in, size_t count) {
  WithType(from, [&](auto from_zero) {
    const auto* values = static_cast<const decltype(from_zero)*>(in);
    if (to == TK_BOOL) return ConvertRun<bool>(static_cast<uint8_t*>(out), values, count);
    WithType(to, [&](auto to_zero) {
      using To = decltype(to_zero);
      ConvertRun<To>(static_cast<To*>(out), values, count);
    });
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Convert);

extern "C" {

void tk_convert(tk_type to, void* out, tk_type from, const void* in, size_t count) {
  const size_t to_size = SizeOf(to);
  const size_t from_size = SizeOf(from);
  if (to_size == 0 || from_size == 0) return;
  if (out != in || to_size <= from_size) {
    return HWY_DYNAMIC_DISPATCH(Convert)(to, out, from, in, count);
  }
  // In place into a wider type: from the end, so that no element is overwritten before it is read.
  alignas(64) uint8_t buffer[4096];
  const size_t block = sizeof buffer / from_size;
  size_t end = count;
  while (end > 0) {
    const size_t length = end < block ? end : block;
    const size_t begin = end - length;
    memcpy(buffer, static_cast<const uint8_t*>(in) + begin * from_size, length * from_size);
    HWY_DYNAMIC_DISPATCH(Convert)
    (to, static_cast<uint8_t*>(out) + begin * to_size, from, buffer, length);
    end = begin;
  }
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
