// What CKernels asks of Highway's library, which Debian has not for other processors than the
// machine's own: which instruction sets there are, and which is chosen. Every 64-bit Arm processor
// has NEON.
#include "hwy/targets.h"

namespace hwy {

int64_t SupportedTargets() {
  return HWY_NEON;
}

ChosenTarget& GetChosenTarget() {
  static ChosenTarget target;
  return target;
}

}  // namespace hwy
