// Asking for memory before it is read; once an instruction set.
#if defined(TESSERA_FETCH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_FETCH_INL_H
#undef TESSERA_FETCH_INL_H
#else
#define TESSERA_FETCH_INL_H
#endif

#include "dispatch.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Asks for lines that will be read, `bytes` of them; past the end they are only not used.
HWY_INLINE void Fetch(const void* in, size_t bytes) {
  constexpr size_t kLine = 64;
  const char* const first = static_cast<const char*>(in);
  for (size_t byte = 0; byte < bytes; byte += kLine) hwy::Prefetch(first + byte);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_FETCH_INL_H
