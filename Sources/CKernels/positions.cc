// Positions along an axis before rows are taken or put there.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "positions.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

tk_positions_found CheckPositions(const int64_t* positions, size_t count, size_t extent) {
  // Without sign, so that far ones may wrap: the highest bit tells.
  uint64_t negative = 0, outside = 0;
  const uint64_t end = extent;
  TESSERA_VECTORIZE
  for (size_t i = 0; i < count; ++i) {
    const uint64_t position = static_cast<uint64_t>(positions[i]);
    negative |= position;
    outside |= (position + end) | (end - 1 - position);
  }
  return {negative >> 63 != 0, outside >> 63 != 0};
}

void WrapPositions(int64_t* out, const int64_t* positions, size_t count, size_t extent) {
  const int64_t end = static_cast<int64_t>(extent);
  TESSERA_VECTORIZE
  for (size_t i = 0; i < count; ++i) out[i] = positions[i] + (positions[i] < 0 ? end : 0);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(CheckPositions);
HWY_EXPORT(WrapPositions);

extern "C" {

tk_positions_found tk_check_positions(const int64_t* positions, size_t count, size_t extent) {
  return HWY_DYNAMIC_DISPATCH(CheckPositions)(positions, count, extent);
}

void tk_wrap_positions(int64_t* out, const int64_t* positions, size_t count, size_t extent) {
  HWY_DYNAMIC_DISPATCH(WrapPositions)(out, positions, count, extent);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
