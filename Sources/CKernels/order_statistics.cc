// Order statistics: the elements that would come to some places of a sorted run, in time linear in
// the run.
//
// A sample tells two values between which they lie, but for rare bad luck; one pass in vectors
// counts what comes before these and keeps what lies between, and only that is put in order (Floyd
// and Rivest, Expected time bounds for selection, 1975).
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "order_statistics.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include <string.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "sort_key.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
T ValueOf(uint64_t bits) {
  T value;
  memcpy(&value, &bits, sizeof value);  // of the bytes that are first in memory
  return value;
}

// Appends the elements between the bounds, NaN too, with their positions from `start` on.
template <class T, class Bits, class Position, class GetKey>
size_t SiftOf(const tk_order_bounds& bounds, bool descending, GetKey key,
              Entry<Bits, Position>* entries, const T* in, size_t start, size_t count,
              size_t* below) {
  size_t found = 0;
  size_t before = 0;
  const auto keep = [&](size_t i) {
    Bits bits;
    memcpy(&bits, in + i, sizeof bits);
    entries[found++] = {key(bits), static_cast<Position>(start + i)};
  };
  if (!bounds.has_low && !bounds.has_high) {
    for (size_t i = 0; i < count; ++i) keep(i);
    *below = 0;
    return found;
  }
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  const auto low = hn::Set(d, ValueOf<T>(bounds.low));
  const auto high = hn::Set(d, ValueOf<T>(bounds.high));
  const auto none = hn::Lt(hn::Zero(d), hn::Zero(d));
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const auto value = hn::LoadU(d, in + i);
    auto first = none;
    auto last = none;
    if (bounds.has_low) first = descending ? hn::Lt(low, value) : hn::Lt(value, low);
    if (bounds.has_high) last = descending ? hn::Lt(value, high) : hn::Lt(high, value);
    if (bounds.has_low) before += hn::CountTrue(d, first);
    const auto outside = hn::Or(first, last);
    if (hn::AllTrue(d, outside)) continue;
    uint8_t bytes[8] = {};
    hn::StoreMaskBits(d, hn::Not(outside), bytes);
    uint64_t bits;
    memcpy(&bits, bytes, sizeof bits);
    if (lanes < 64) bits &= (uint64_t{1} << lanes) - 1;
    for (; bits != 0; bits &= bits - 1) keep(i + static_cast<size_t>(__builtin_ctzll(bits)));
  }
  const T low_value = ValueOf<T>(bounds.low);
  const T high_value = ValueOf<T>(bounds.high);
  for (; i < count; ++i) {
    const bool first = bounds.has_low && (descending ? low_value < in[i] : in[i] < low_value);
    const bool last = bounds.has_high && (descending ? in[i] < high_value : high_value < in[i]);
    if (first) before++;
    if (!first && !last) keep(i);
  }
  *below = before;
  return found;
}

size_t Sift(tk_type type, bool descending, const tk_order_bounds* bounds, void* entries,
            const void* in, size_t start, size_t count, size_t length, size_t* below) {
  size_t found = 0;
  WithKey(type, descending, [&](auto key, auto bits) {
    using Bits = decltype(bits);
    using GetKey = decltype(key);
    using Number = std::conditional_t<sizeof(Bits) == 4, float, double>;
    using Integer = std::conditional_t<GetKey::kHasSign, std::make_signed_t<Bits>, Bits>;
    using T = std::conditional_t<GetKey::kIsFloating, Number, Integer>;
    const T* run = static_cast<const T*>(in);
    if (IsShort(length)) {
      found = SiftOf(*bounds, descending, key, static_cast<Entry<Bits, uint32_t>*>(entries), run,
                     start, count, below);
    } else {
      found = SiftOf(*bounds, descending, key, static_cast<Entry<Bits, uint64_t>*>(entries), run,
                     start, count, below);
    }
  });
  return found;
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Sift);

namespace {

template <class Bits>
Bits ValueOfBits(uint64_t bits) {
  Bits value;
  memcpy(&value, &bits, sizeof value);  // of the bytes that are first in memory
  return value;
}

// Shorter runs are put in order as they are.
constexpr size_t kShort = 1024;
constexpr size_t kSample = 4096;

// Places of a sample that do not follow a period of the run; with some steps of a counter this
// visits all parts of it (Steele, Lea and Flood, Fast splittable pseudorandom number generators,
// 2014).
size_t SamplePlace(uint64_t number, size_t count) {
  uint64_t mixed = number * UINT64_C(0x9E3779B97F4A7C15);
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
  mixed ^= mixed >> 31;
  return static_cast<size_t>((static_cast<unsigned __int128>(mixed) * count) >> 64);
}

// Where in a sample in order a place of the run lies, moved by four standard deviations and two.
double SampledPlace(double place, size_t count, size_t sample, double sign) {
  const double share = place / static_cast<double>(count);
  const double size = static_cast<double>(sample);
  return share * size + sign * (4 * std::sqrt(share * (1 - share) * size) + 2);
}

// How many elements of a run are looked at for bounds; none of a short one.
size_t SampleSize(size_t count, size_t wanted) {
  return count < kShort || wanted > count / 8 ? 0 : std::min(kSample, count / 16);
}

template <class Bits>
void TakeSample(Bits* sample, size_t size, const Bits* in, size_t count) {
  for (size_t i = 0; i < size; ++i) sample[i] = in[SamplePlace(i + 1, count)];
}

template <class Bits, class GetKey>
tk_order_bounds BoundsOf(GetKey key, Bits* sample, size_t size, size_t count, size_t first,
                         size_t wanted) {
  tk_order_bounds bounds = {};
  constexpr Bits last = static_cast<Bits>(~Bits{0});
  const auto set = [&](double place, uint64_t* value) {
    if (place < 0 || place >= static_cast<double>(size)) return false;
    Bits* const chosen = sample + static_cast<size_t>(place);
    std::nth_element(sample, chosen, sample + size,
                     [&](Bits a, Bits b) { return key(a) < key(b); });
    const Bits bits = *chosen;
    // What is compared with a NaN is not told apart.
    if (GetKey::kIsFloating && key(bits) == last) return false;
    memcpy(value, &bits, sizeof bits);
    return true;
  };
  const double begin = static_cast<double>(first);
  const double end = static_cast<double>(first + wanted);
  bounds.has_low = set(SampledPlace(begin, count, size, -1), &bounds.low);
  bounds.has_high = set(SampledPlace(end, count, size, 1), &bounds.high);
  return bounds;
}

constexpr size_t kBuckets = 1024;

// Below this many entries a search of all of them takes less than another pass that counts.
constexpr size_t kFew = 2048;

// The bits that numbers up to a span are moved by, so that kBuckets numbers are left.
unsigned BucketShift(uint64_t span) {
  unsigned shift = 0;
  while ((span >> shift) >= kBuckets) ++shift;
  return shift;
}

// Leaves those entries that may come to the wanted places, which are counted from the first entry,
// and gives how many they are. How many come before them is taken off `first`.
template <class Item>
size_t Narrow(Item* entries, size_t found, size_t* first, size_t wanted) {
  size_t counts[kBuckets];
  while (found > kFew && wanted > 0) {
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    for (size_t i = 0; i < found; ++i) {
      low = std::min<uint64_t>(low, entries[i].key);
      high = std::max<uint64_t>(high, entries[i].key);
    }
    if (low == high) break;
    const unsigned shift = BucketShift(high - low);
    std::fill(counts, counts + kBuckets, size_t{0});
    for (size_t i = 0; i < found; ++i) ++counts[(entries[i].key - low) >> shift];
    size_t before = 0;
    size_t begin = 0;
    while (before + counts[begin] <= *first) before += counts[begin++];
    size_t end = begin;
    for (size_t all = before; all < *first + wanted; ++end) all += counts[end];
    size_t kept = 0;
    for (size_t i = 0; i < found; ++i) {
      const size_t bucket = static_cast<size_t>((entries[i].key - low) >> shift);
      if (bucket >= begin && bucket < end) entries[kept++] = entries[i];
    }
    *first -= before;
    // Where a NaN is far from all others, the next pass has one bucket less to look at.
    if (kept == found) break;
    found = kept;
  }
  return found;
}

template <class Item>
bool Finish(int64_t* positions, Item* entries, size_t found, size_t below, size_t first,
            size_t wanted) {
  if (first < below || first + wanted > below + found) return false;
  const auto is_before = [](const Item& a, const Item& b) {
    return a.key < b.key || (a.key == b.key && a.position < b.position);
  };
  size_t place = first - below;
  Item* const all = entries + Narrow(entries, found, &place, wanted);
  Item* const begin = entries + place;
  Item* const end = begin + wanted;
  if (begin != entries && begin != all) std::nth_element(entries, begin, all, is_before);
  if (end != all) std::nth_element(begin, end, all, is_before);
  std::sort(begin, end, is_before);
  for (size_t i = 0; i < wanted; ++i) positions[i] = static_cast<int64_t>(begin[i].position);
  return true;
}

// Calls f with each entry of a type, told by a null pointer, that lies in a range.
template <class Item, class F>
void ForEachWithin(Item*, const tk_order_range& range, const void* from, size_t found, const F& f) {
  const Item* const entries = static_cast<const Item*>(from);
  for (size_t i = 0; i < found; ++i) {
    const uint64_t key = entries[i].key;
    const uint64_t position = entries[i].position;
    if (key >= range.low_key && key <= range.high_key && position >= range.low_position &&
        position <= range.high_position) {
      f(key, position);
    }
  }
}

// Calls f with a null pointer to the entries of a run.
template <class F>
void WithEntries(tk_type type, size_t length, const F& f) {
  WithKey(type, false, [&](auto, auto bits) {
    using Bits = decltype(bits);
    if (IsShort(length)) {
      f(static_cast<Entry<Bits, uint32_t>*>(nullptr));
    } else {
      f(static_cast<Entry<Bits, uint64_t>*>(nullptr));
    }
  });
}

}  // namespace

extern "C" {

tk_order_bounds tk_order_find_bounds(tk_type type, bool descending, const void* in, size_t count,
                                     size_t first, size_t wanted, void* scratch) {
  tk_order_bounds bounds = {};
  WithKey(type, descending, [&](auto key, auto bits) {
    using Bits = decltype(bits);
    const size_t size = SampleSize(count, wanted);
    if (size == 0) return;
    Bits* const sample = static_cast<Bits*>(scratch);
    TakeSample(sample, size, static_cast<const Bits*>(in), count);
    bounds = BoundsOf(key, sample, size, count, first, wanted);
  });
  return bounds;
}

void tk_order_sample(tk_type type, void* sample, size_t size, const void* in, size_t count) {
  WithKey(type, false, [&](auto, auto bits) {
    using Bits = decltype(bits);
    TakeSample(static_cast<Bits*>(sample), size, static_cast<const Bits*>(in), count);
  });
}

tk_order_bounds tk_order_bounds_of_sample(tk_type type, bool descending, void* sample, size_t size,
                                          size_t count, size_t first, size_t wanted) {
  tk_order_bounds bounds = {};
  WithKey(type, descending, [&](auto key, auto bits) {
    bounds = BoundsOf(key, static_cast<decltype(bits)*>(sample), size, count, first, wanted);
  });
  return bounds;
}

tk_order_range tk_order_range_of_bounds(tk_type type, bool descending,
                                        const tk_order_bounds* bounds) {
  tk_order_range range = {0, UINT64_MAX, 0, UINT64_MAX};
  WithKey(type, descending, [&](auto key, auto bits) {
    using Bits = decltype(bits);
    if (bounds->has_low) range.low_key = key(ValueOfBits<Bits>(bounds->low));
    range.high_key = bounds->has_high ? key(ValueOfBits<Bits>(bounds->high))
                                      : static_cast<Bits>(~Bits{0});
  });
  return range;
}

void tk_order_count(tk_type type, const void* entries, size_t found, size_t length,
                    const tk_order_range* range, unsigned shift, int64_t* counts) {
  const bool by_position = range->low_key == range->high_key;
  WithEntries(type, length, [&](auto* none) {
    ForEachWithin(none, *range, entries, found, [&](uint64_t key, uint64_t position) {
      ++counts[(by_position ? position - range->low_position : key - range->low_key) >> shift];
    });
  });
}

size_t tk_order_pick(tk_type type, const void* entries, size_t found, size_t length,
                     const tk_order_range* range, uint64_t* keys, int64_t* positions) {
  size_t picked = 0;
  WithEntries(type, length, [&](auto* none) {
    ForEachWithin(none, *range, entries, found, [&](uint64_t key, uint64_t position) {
      keys[picked] = key;
      positions[picked++] = static_cast<int64_t>(position);
    });
  });
  return picked;
}

size_t tk_order_sift(tk_type type, bool descending, const tk_order_bounds* bounds, void* entries,
                     const void* in, size_t start, size_t count, size_t length, size_t* below) {
  return HWY_DYNAMIC_DISPATCH(Sift)(type, descending, bounds, entries, in, start, count, length,
                                    below);
}

bool tk_order_finish(tk_type type, int64_t* positions, void* entries, size_t found, size_t below,
                     size_t first, size_t wanted, size_t length) {
  bool is_found = false;
  WithEntries(type, length, [&](auto* none) {
    is_found = Finish(positions, static_cast<decltype(none)>(entries), found, below, first, wanted);
  });
  return is_found;
}

void tk_order_positions(tk_type type, bool descending, int64_t* positions, const void* in,
                        size_t count, size_t first, size_t wanted, void* scratch) {
  tk_order_bounds bounds =
      tk_order_find_bounds(type, descending, in, count, first, wanted, scratch);
  for (;;) {
    size_t below = 0;
    const size_t found =
        tk_order_sift(type, descending, &bounds, scratch, in, 0, count, count, &below);
    if (tk_order_finish(type, positions, scratch, found, below, first, wanted, count)) return;
    bounds = {};
  }
}

size_t tk_order_entry_size(tk_type type, size_t length) {
  size_t size = 0;
  WithEntries(type, length, [&](auto* none) { size = sizeof *none; });
  return size;
}

size_t tk_order_scratch(tk_type type, size_t count) {
  return std::max(count * tk_order_entry_size(type, count), kSample * SizeOf(type));
}

}  // extern "C"
}  // namespace tessera
#endif  // HWY_ONCE
