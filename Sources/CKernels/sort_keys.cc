// Runs of keys: made of elements, sorted in vectors, and made elements again.
//
// Keys without positions are all that there is of their elements, so that equal ones need not keep
// their order: Highway's quicksort takes them, which parts and joins whole vectors. It never sees a
// floating-point number, as it would not end on a NaN.
#include "dispatch.h"
#include "sort_key.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sort_keys.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "hwy/contrib/sort/traits-inl.h"
#include "hwy/contrib/sort/vqsort-inl.h"

#include <algorithm>
#include <type_traits>

// Vectors of 16 bytes have room for two keys of 8 bytes, which leaves little to gain over digits.
// The door of the quicksort would need another library and ask the system for a seed each time, so
// that the part behind it is called here: that of Highway 1.0.3 and 1.0.4.
#undef TESSERA_SORTS_IN_VECTORS
#define TESSERA_SORTS_IN_VECTORS                                                \
  (VQSORT_ENABLED && HWY_MAX_BYTES >= 32 && HWY_MAJOR == 1 && HWY_MINOR == 0 && \
   (HWY_PATCH == 3 || HWY_PATCH == 4))

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Zeros of both signs have two keys, as they have two bits, and all NaNs the last one.
template <class GetKey, class Bits>
KeysFound LoadKeysOf(GetKey key, Bits* keys, const Bits* in, size_t count) {
  using Signed = std::make_signed_t<Bits>;
  constexpr unsigned kShift = 8 * sizeof(Bits) - 1;
  constexpr Bits kSign = static_cast<Bits>(Bits{1} << kShift);
  constexpr Bits kLast = static_cast<Bits>(~Bits{0});
  constexpr Bits kInfinity = sizeof(Bits) == 4 ? static_cast<Bits>(0x7F800000)
                                               : static_cast<Bits>(UINT64_C(0x7FF0000000000000));
  const Bits flip = key.flip;
  Bits low = kLast, high = 0, negative_zeros = 0;
  TESSERA_VECTORIZE
  for (size_t i = 0; i < count; i++) {
    const Bits bits = in[i];
    Bits made = static_cast<Bits>(bits ^ flip);
    if constexpr (GetKey::kIsFloating) {
      const Bits is_below = static_cast<Bits>(static_cast<Signed>(bits) >> kShift);
      made ^= is_below | kSign;
      made = (bits & static_cast<Bits>(~kSign)) > kInfinity ? kLast : made;
      negative_zeros |= bits == kSign ? Bits{1} : Bits{0};
    } else if constexpr (GetKey::kHasSign) {
      made ^= kSign;
    }
    keys[i] = made;
    low = std::min(low, made);
    high = std::max(high, made);
  }
  return {low, high, negative_zeros != 0};
}

KeysFound LoadKeys(tk_type type, bool descending, void* keys, const void* in, size_t count) {
  KeysFound found = {};
  WithKey(type, descending, [&](auto key, auto bits) {
    using Bits = decltype(bits);
    found = LoadKeysOf(key, static_cast<Bits*>(keys), static_cast<const Bits*>(in), count);
  });
  return found;
}

template <class GetKey, class Bits>
void StoreKeysOf(GetKey key, Bits* out, const Bits* keys, size_t count) {
  using Signed = std::make_signed_t<Bits>;
  constexpr unsigned kShift = 8 * sizeof(Bits) - 1;
  constexpr Bits kSign = static_cast<Bits>(Bits{1} << kShift);
  constexpr Bits kLast = static_cast<Bits>(~Bits{0});
  constexpr Bits kNaN = sizeof(Bits) == 4 ? static_cast<Bits>(0x7FC00000)
                                          : static_cast<Bits>(UINT64_C(0x7FF8000000000000));
  const Bits flip = key.flip;
  TESSERA_VECTORIZE
  for (size_t i = 0; i < count; i++) {
    const Bits made = keys[i];
    Bits bits = static_cast<Bits>(made ^ flip);
    if constexpr (GetKey::kIsFloating) {
      const Bits is_below = static_cast<Bits>(static_cast<Signed>(~bits) >> kShift);
      bits ^= is_below | kSign;
      bits = made == kLast ? kNaN : bits;
    } else if constexpr (GetKey::kHasSign) {
      bits ^= kSign;
    }
    out[i] = bits;
  }
}

void StoreKeys(tk_type type, bool descending, void* out, const void* keys, size_t count) {
  WithKey(type, descending, [&](auto key, auto bits) {
    using Bits = decltype(bits);
    StoreKeysOf(key, static_cast<Bits*>(out), static_cast<const Bits*>(keys), count);
  });
}

void FindKeys(size_t size, const void* keys, size_t count, uint64_t* low, uint64_t* high) {
  WithWord(size, [&](auto bits) {
    using Bits = decltype(bits);
    const Bits* const run = static_cast<const Bits*>(keys);
    Bits least = run[0], most = run[0];
    TESSERA_VECTORIZE
    for (size_t i = 1; i < count; i++) {
      least = std::min(least, run[i]);
      most = std::max(most, run[i]);
    }
    *low = least;
    *high = most;
  });
}

// How many keys each part has. Those below a splitter are those of all parts before it.
template <class Bits>
void CountPartsOf(const Bits* keys, size_t count, const uint64_t* splitters, size_t parts,
                  uint64_t* counts) {
  uint64_t before = 0;
  for (size_t part = 0; part < parts; part++) {
    uint64_t below = count;
    if (part + 1 < parts) {
      const Bits splitter = static_cast<Bits>(splitters[part]);
      below = 0;
      TESSERA_VECTORIZE
      for (size_t i = 0; i < count; i++) below += keys[i] < splitter ? 1 : 0;
    }
    counts[part] = below - before;
    before = below;
  }
}

void CountParts(size_t size, const void* keys, size_t count, const uint64_t* splitters,
                size_t parts, uint64_t* counts) {
  WithWord(size, [&](auto bits) {
    CountPartsOf(static_cast<const decltype(bits)*>(keys), count, splitters, parts, counts);
  });
}

#if TESSERA_SORTS_IN_VECTORS

// Appends the keys of as many vectors as there are to those of their parts, and says how many.
template <class Bits>
size_t SplitVectors(Bits* to, const Bits* keys, size_t count, const uint64_t* splitters,
                    size_t parts, uint64_t* places) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::ScalableTag<Bits> d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto v = hn::LoadU(d, keys + i);
    auto is_before = hn::FirstN(d, 0);
    for (size_t part = 0; part + 1 < parts; part++) {
      const auto is_below = hn::Lt(v, hn::Set(d, static_cast<Bits>(splitters[part])));
      const auto is_here = hn::AndNot(is_before, is_below);
      places[part] += hn::CompressBlendedStore(v, is_here, d, to + places[part]);
      is_before = is_below;
    }
    uint64_t& last = places[parts - 1];
    last += hn::CompressBlendedStore(v, hn::Not(is_before), d, to + last);
  }
  return i;
}

#endif

template <class Bits>
void SplitOf(Bits* to, const Bits* keys, size_t count, const uint64_t* splitters, size_t parts,
             uint64_t* places) {
  // Workers' places lie in common cache lines.
  uint64_t next[TK_SORT_PARTS];
  std::copy(places, places + parts, next);
  size_t i = 0;
#if TESSERA_SORTS_IN_VECTORS
  if constexpr (sizeof(Bits) >= 4) i = SplitVectors(to, keys, count, splitters, parts, next);
#endif
  for (; i < count; i++) {
    size_t part = 0;
    while (part + 1 < parts && keys[i] >= splitters[part]) part++;
    to[next[part]++] = keys[i];
  }
  std::copy(next, next + parts, places);
}

void Split(size_t size, void* to, const void* keys, size_t count, const uint64_t* splitters,
           size_t parts, uint64_t* places) {
  WithWord(size, [&](auto bits) {
    using Bits = decltype(bits);
    SplitOf(static_cast<Bits*>(to), static_cast<const Bits*>(keys), count, splitters, parts,
            places);
  });
}

#if TESSERA_SORTS_IN_VECTORS

template <class Bits>
void SortInVectorsOf(Bits* keys, size_t count) {
  namespace sort = hwy::HWY_NAMESPACE::detail;
  if (std::is_sorted(keys, keys + count)) return;
  if (std::is_sorted(keys, keys + count, [](Bits a, Bits b) { return a > b; })) {
    std::reverse(keys, keys + count);
    return;
  }
  const hwy::HWY_NAMESPACE::SortTag<Bits> d;
  const sort::SharedTraits<sort::TraitsLane<sort::OrderAscending<Bits>>> traits;
  HWY_ALIGN Bits buffer[hwy::SortConstants::BufNum<Bits>(HWY_LANES(Bits))] = {};
  // A seed that is always the same, for the places of samples: where they mislead again and again,
  // the quicksort goes on as a heapsort, after so many levels.
  sort::Generator generator(UINT64_C(0x9E3779B97F4A7C15));
  const size_t levels = 2 * hwy::CeilLog2(count) + 4;
  sort::Recurse(d, traits, keys, keys + count, count, buffer, generator, levels);
}

bool SortInVectors(size_t size, void* keys, size_t count) {
  if (size == 2) SortInVectorsOf(static_cast<uint16_t*>(keys), count);
  if (size == 4) SortInVectorsOf(static_cast<uint32_t*>(keys), count);
  if (size == 8) SortInVectorsOf(static_cast<uint64_t*>(keys), count);
  return true;
}

bool SortsInVectors() {
  return true;
}

#else

bool SortInVectors(size_t, void*, size_t) {
  return false;
}

bool SortsInVectors() {
  return false;
}

#endif  // TESSERA_SORTS_IN_VECTORS

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(LoadKeys);
HWY_EXPORT(StoreKeys);
HWY_EXPORT(FindKeys);
HWY_EXPORT(CountParts);
HWY_EXPORT(Split);
HWY_EXPORT(SortInVectors);
HWY_EXPORT(SortsInVectors);

KeysFound LoadKeys(tk_type type, bool descending, void* keys, const void* in, size_t count) {
  return HWY_DYNAMIC_DISPATCH(LoadKeys)(type, descending, keys, in, count);
}

void StoreKeys(tk_type type, bool descending, void* out, const void* keys, size_t count) {
  HWY_DYNAMIC_DISPATCH(StoreKeys)(type, descending, out, keys, count);
}

void FindKeys(size_t size, const void* keys, size_t count, uint64_t* low, uint64_t* high) {
  HWY_DYNAMIC_DISPATCH(FindKeys)(size, keys, count, low, high);
}

void CountParts(size_t size, const void* keys, size_t count, const uint64_t* splitters,
                size_t parts, uint64_t* counts) {
  HWY_DYNAMIC_DISPATCH(CountParts)(size, keys, count, splitters, parts, counts);
}

void Split(size_t size, void* to, const void* keys, size_t count, const uint64_t* splitters,
           size_t parts, uint64_t* places) {
  HWY_DYNAMIC_DISPATCH(Split)(size, to, keys, count, splitters, parts, places);
}

bool SortsInVectors() {
  return HWY_DYNAMIC_DISPATCH(SortsInVectors)();
}

bool SortInVectors(size_t size, void* keys, size_t count) {
  return HWY_DYNAMIC_DISPATCH(SortInVectors)(size, keys, count);
}

}  // namespace tessera
#endif  // HWY_ONCE
