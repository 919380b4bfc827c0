// Places of values in sorted runs, by halving.
//
// Values are searched some at a time, so that the memory is asked for what all of them look at next
// while none waits alone. No processor could guess which half is next, so that it is chosen without
// a branch.
//
// What decides is the work on memory, which is the same on every instruction set; so this is
// compiled once.
#include <string.h>

#include <algorithm>
#include <type_traits>

#include "dispatch.h"

namespace tessera {
namespace {

// How many values are searched at a time.
constexpr size_t kTogether = 16;

// Whether an element comes before the place of a number: smaller ones do, and on the right of equal
// ones these too. A NaN never does.
template <bool kRight, class T>
bool ComesBefore(T element, T number) {
  if constexpr (kRight) return element <= number;
  return element < number;
}

template <size_t kCount, bool kRight, class T>
void SearchTogether(int64_t* out, const T* sorted, size_t length, const T* values) {
  size_t first[kCount] = {};
  for (size_t rest = length; rest > 1;) {
    const size_t half = rest / 2;
    for (size_t i = 0; i < kCount; ++i) {
      const bool is_upper = ComesBefore<kRight>(sorted[first[i] + half - 1], values[i]);
      first[i] += __builtin_unpredictable(is_upper) ? half : 0;
    }
    rest -= half;
  }
  for (size_t i = 0; i < kCount; ++i) {
    out[i] = static_cast<int64_t>(first[i] + ComesBefore<kRight>(sorted[first[i]], values[i]));
  }
}

template <bool kRight, class T>
void Search(int64_t* out, const T* sorted, size_t length, const T* values, size_t count) {
  size_t i = 0;
  for (; i + kTogether <= count; i += kTogether) {
    SearchTogether<kTogether, kRight>(out + i, sorted, length, values + i);
  }
  for (; i < count; ++i) SearchTogether<1, kRight>(out + i, sorted, length, values + i);
  if constexpr (std::is_floating_point_v<T>) {
    // NaN, which are not equal to themselves, have one place: behind all numbers, or all elements.
    const T* const end = sorted + length;
    const T* const place =
        kRight ? end : std::partition_point(sorted, end, [](T x) { return x == x; });
    for (i = 0; i < count; ++i) {
      if (values[i] != values[i]) out[i] = place - sorted;
    }
  }
}

}  // namespace

extern "C" {

void tk_search(tk_type type, bool right, int64_t* out, const void* sorted, size_t length,
               const void* values, size_t count) {
  if (length == 0) {
    memset(out, 0, count * sizeof *out);
    return;
  }
  WithType(type, [&](auto zero) {
    using T = decltype(zero);
    const T* const run = static_cast<const T*>(sorted);
    const T* const wanted = static_cast<const T*>(values);
    if (right) {
      Search<true>(out, run, length, wanted, count);
    } else {
      Search<false>(out, run, length, wanted, count);
    }
  });
}

}  // extern "C"

}  // namespace tessera
