// Which instruction set the kernels dispatch to.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "instruction_set.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

int64_t CurrentTarget() {
  return HWY_TARGET;
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <string.h>

namespace tessera {

HWY_EXPORT(CurrentTarget);

namespace {

// Where Highway has a name of its own, the one that everybody else has.
constexpr struct {
  const char* of_highway;
  const char* usual;
} kNames[] = {
    {"AVX3", "AVX-512"},
    {"AVX3_DL", "AVX-512-DL"},
    {"AVX3_ZEN4", "AVX-512-ZEN4"},
    {"AVX3_SPR", "AVX-512-SPR"},
};

// What Highway emulates in plain C++ is compiled for the baseline, which on x86-64 is SSE2.
const char* Name(int64_t target) {
  if (target == HWY_EMU128 || target == HWY_SCALAR) return HWY_ARCH_X86 ? "SSE2" : "BASELINE";
  const char* name = hwy::TargetName(target);
  for (const auto& pair : kNames) {
    if (strcmp(name, pair.of_highway) == 0) return pair.usual;
  }
  return name;
}

// The targets compiled in that this CPU supports; the static one always is. Better ones have lower
// bits.
int64_t Available() {
  // Asked once: SupportedTargets undoes what was chosen.
  static const int64_t available = (hwy::SupportedTargets() & HWY_TARGETS) | HWY_STATIC_TARGET;
  return available;
}

}  // namespace
extern "C" {

const char* tk_instruction_set(void) {
  return Name(HWY_DYNAMIC_DISPATCH(CurrentTarget)());
}

size_t tk_instruction_sets(const char** names, size_t limit) {
  size_t found = 0;
  for (int64_t rest = Available(); rest != 0 && found < limit; rest &= rest - 1) {
    names[found++] = Name(rest & -rest);
  }
  return found;
}

bool tk_use_instruction_set(const char* name) {
  if (name == nullptr) {
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    return true;
  }
  for (int64_t rest = Available(); rest != 0; rest &= rest - 1) {
    const int64_t target = rest & -rest;
    if (strcmp(name, Name(target)) == 0 || strcmp(name, hwy::TargetName(target)) == 0) {
      hwy::GetChosenTarget().Update(rest & -rest);
      return true;
    }
  }
  return false;
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
