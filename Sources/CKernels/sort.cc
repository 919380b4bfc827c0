// Stable sorts of runs, by the leading digits of their keys, by their counts, or in vectors.
//
// The keys of a run lie between two numbers. As many of the leading digits of their distances from
// the lower one are looked at as leave a few elements for each value of them; elements go to the
// others of their value, in their order, and each such part is sorted in the same way, in the
// caches. Short parts are inserted one by one. Keys alone, which are all that there is of their
// elements, are counted where they are few numbers, and else sorted in vectors where these are
// wide.
//
// What decides is the work on memory, which is the same on every instruction set; so this is
// compiled once.
#include <string.h>

#include <algorithm>
#include <type_traits>
#include <utility>

#include "dispatch.h"
#include "sort_key.h"

namespace tessera {
namespace {

// Fewer elements than this are inserted one by one, which costs less than counting digits.
constexpr size_t kInserted = 24;
// As many keys alone are worth a count, or a sort in vectors.
constexpr size_t kCounted = 16;
// As many keys of a run tell where it is to be split, within some hundredths of it.
constexpr size_t kSample = 1024;
constexpr unsigned kDigits = TK_SORT_DIGITS;
constexpr size_t kValues = size_t{1} << kDigits;

unsigned Width(uint64_t number) {
  return number == 0 ? 0 : 64 - static_cast<unsigned>(__builtin_clzll(number));
}

// Keys that are the elements themselves.
template <class Bits>
Bits KeyOf(const Bits& key) {
  return key;
}

template <class Bits, class Position>
Bits KeyOf(const Entry<Bits, Position>& entry) {
  return entry.key;
}

template <class Item>
void Insert(Item* run, size_t count) {
  for (size_t i = 1; i < count; i++) {
    const Item item = run[i];
    size_t place = i;
    for (; place > 0 && KeyOf(run[place - 1]) > KeyOf(item); place--) run[place] = run[place - 1];
    run[place] = item;
  }
}

template <class Item>
void FindBounds(const Item* run, size_t count, uint64_t* low, uint64_t* high) {
  auto least = KeyOf(run[0]), most = least;
  for (size_t i = 1; i < count; i++) {
    const auto key = KeyOf(run[i]);
    least = std::min(least, key);
    most = std::max(most, key);
  }
  *low = least;
  *high = most;
}

// How many leading digits leave some four elements for each value.
unsigned DigitsFor(size_t count) {
  return std::clamp(Width(count), 5u, kDigits + 2) - 2;
}

template <class Item>
void Count(const Item* run, size_t count, uint64_t low, unsigned shift, uint32_t* counts) {
  for (size_t i = 0; i < count; i++) {
    counts[(static_cast<uint64_t>(KeyOf(run[i])) - low) >> shift]++;
  }
}

template <class Item, class Place>
void Spread(Item* to, const Item* run, size_t count, uint64_t low, unsigned shift, Place* places) {
  for (size_t i = 0; i < count; i++) {
    to[places[(static_cast<uint64_t>(KeyOf(run[i])) - low) >> shift]++] = run[i];
  }
}

template <class Item>
void SortItems(Item* run, Item* other, size_t count, bool to_other);

// The same by so many leading digits, from a shift on. Short runs, of which many may be under way
// inside of one another, have a small table.
template <size_t kCapacity, class Item>
__attribute__((noinline)) void SortByDigits(Item* run, Item* other, size_t count, bool to_other,
                                            uint64_t low, unsigned digits, unsigned shift) {
  uint32_t places[kCapacity];
  const size_t values = size_t{1} << digits;
  std::fill(places, places + values, 0u);
  Count(run, count, low, shift, places);
  uint32_t sum = 0;
  for (size_t value = 0; value < values; value++) sum += std::exchange(places[value], sum);
  Spread(other, run, count, low, shift, places);
  if (shift == 0) {
    if (!to_other) std::copy(other, other + count, run);
    return;
  }
  // Now each place is that of the next part.
  uint32_t start = 0;
  for (size_t value = 0; value < values; value++) {
    const uint32_t end = places[value];
    if (end > start) SortItems(other + start, run + start, end - start, !to_other);
    start = end;
  }
}

// Sorts fewer than 2³² elements of `run`, which end there or, so wanted, in `other`.
template <class Item>
void SortItems(Item* run, Item* other, size_t count, bool to_other) {
  if (count < kInserted) {
    Insert(run, count);
    if (to_other) std::copy(run, run + count, other);
    return;
  }
  uint64_t low, high;
  FindBounds(run, count, &low, &high);
  const unsigned width = Width(high - low);
  if (width == 0) {
    if (to_other) std::copy(run, run + count, other);
    return;
  }
  const unsigned digits = std::min(width, DigitsFor(count));
  const unsigned shift = width - digits;
  if (digits <= 6) {
    SortByDigits<64>(run, other, count, to_other, low, digits, shift);
  } else {
    SortByDigits<kValues>(run, other, count, to_other, low, digits, shift);
  }
}

// Writes each number, from the lowest on, as often as it is there. Of up to 2¹⁶ numbers the counts
// are in `other`.
template <class Bits>
void SortByCounts(Bits* run, Bits* other, size_t count, uint64_t low, size_t values) {
  uint32_t few[256];
  uint32_t* const counts = values <= 256 ? few : reinterpret_cast<uint32_t*>(other);
  std::fill(counts, counts + values, 0u);
  Count(run, count, low, 0, counts);
  for (size_t value = 0; value < values; value++) {
    run = std::fill_n(run, counts[value], static_cast<Bits>(low + value));
  }
}

// Keys alone, which are all that there is of their elements. Says whether they are sorted.
template <class Bits>
bool SortKeys(Bits* run, Bits* other, size_t count) {
  if (count < kCounted) return false;
  uint64_t low, high;
  FindKeys(sizeof(Bits), run, count, &low, &high);
  const uint64_t distance = high - low;
  if (distance == 0) return true;
  // So few numbers that their counts, of four bytes, have room where keys of two bytes have.
  if (distance < count / 2 && distance < 1 << 16 && count <= UINT32_MAX) {
    SortByCounts(run, other, count, low, distance + 1);
    return true;
  }
  return sizeof(Bits) > 1 && SortInVectors(sizeof(Bits), run, count);
}

// Longer runs in parts of half the length, which are joined.
template <class Item>
void SortRun(Item* run, Item* other, size_t count) {
  if constexpr (std::is_integral_v<Item>) {
    if (SortKeys(run, other, count)) return;
  }
  if (count <= UINT32_MAX) return SortItems(run, other, count, false);
  const size_t half = count / 2;
  SortRun(run, other, half);
  SortRun(run + half, other + half, count - half);
  std::merge(run, run + half, run + half, run + count, other,
             [](const Item& a, const Item& b) { return KeyOf(a) < KeyOf(b); });
  std::copy(other, other + count, run);
}

// Zeros of a sorted run in the order in which they were.
template <class Bits>
void RestoreZeros(Bits* out, const Bits* in, size_t count, bool descending) {
  using T = std::conditional_t<sizeof(Bits) == 4, float, double>;
  constexpr Bits sign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  const auto is_before = [&](Bits bits) {
    T value;
    memcpy(&value, &bits, sizeof value);
    return descending ? value > 0 : value < 0;
  };
  Bits* zero = std::partition_point(out, out + count, is_before);
  for (size_t i = 0; i < count; i++) {
    if ((in[i] & static_cast<Bits>(~sign)) == 0) *zero++ = in[i];
  }
}

template <class GetKey, class Bits, class Position>
void LoadEntries(GetKey key, Entry<Bits, Position>* entries, const Bits* in, size_t start,
                 size_t count) {
  for (size_t i = 0; i < count; i++) {
    entries[i] = {key(in[i]), static_cast<Position>(start + i)};
  }
}

// Calls a generic function with the key, a zero of its bits and a null pointer to items.
template <class F>
void WithItems(const tk_sort_run& run, F function) {
  WithKey(run.type, run.descending, [&](auto key, auto bits) {
    using Bits = decltype(bits);
    if (!run.positions) return function(key, bits, static_cast<Bits*>(nullptr));
    if (IsShort(run.length)) {
      function(key, bits, static_cast<Entry<Bits, uint32_t>*>(nullptr));
    } else {
      function(key, bits, static_cast<Entry<Bits, uint64_t>*>(nullptr));
    }
  });
}

}  // namespace

extern "C" {

size_t tk_sort_item_size(const tk_sort_run* run) {
  size_t size = 0;
  WithItems(*run, [&](auto, auto, auto* none) { size = sizeof *none; });
  return size;
}

bool tk_sort_load(const tk_sort_run* run, void* items, const void* in, size_t start, size_t count,
                  uint64_t* low, uint64_t* high) {
  if (!run->positions) {
    const KeysFound found = LoadKeys(run->type, run->descending, items, in, count);
    *low = found.low;
    *high = found.high;
    return found.has_negative_zeros;
  }
  WithItems(*run, [&](auto key, auto bits, auto* none) {
    using Bits = decltype(bits);
    if constexpr (!std::is_same_v<decltype(none), Bits*>) {
      auto* const to = static_cast<decltype(none)>(items);
      LoadEntries(key, to, static_cast<const Bits*>(in), start, count);
      FindBounds(to, count, low, high);
    }
  });
  return false;
}

unsigned tk_sort_shift(uint64_t low, uint64_t high) {
  const unsigned width = Width(high - low);
  return width > kDigits ? width - kDigits : 0;
}

void tk_sort_count(const tk_sort_run* run, const void* items, size_t count, uint64_t low,
                   unsigned shift, uint32_t* counts) {
  WithItems(*run, [&](auto, auto, auto* none) {
    Count(static_cast<decltype(none)>(const_cast<void*>(items)), count, low, shift, counts);
  });
}

void tk_sort_spread(const tk_sort_run* run, void* to, const void* items, size_t count,
                    uint64_t low, unsigned shift, uint64_t* places) {
  WithItems(*run, [&](auto, auto, auto* none) {
    using Items = decltype(none);
    Spread(static_cast<Items>(to), static_cast<Items>(const_cast<void*>(items)), count, low, shift,
           places);
  });
}

bool tk_sort_is_split(const tk_sort_run* run) {
  return !run->positions && tk_sort_item_size(run) >= 4 && SortsInVectors();
}

void tk_sort_find_splitters(const tk_sort_run* run, const void* items, size_t count, size_t parts,
                            uint64_t* splitters) {
  WithItems(*run, [&](auto, auto, auto* none) {
    const auto* const from = static_cast<decltype(none)>(const_cast<void*>(items));
    uint64_t sample[kSample];
    // Multiples of the golden ratio are spread evenly, whatever number of them is taken.
    for (uint64_t i = 0; i < kSample; i++) {
      const uint64_t share = i * UINT64_C(0x9E3779B97F4A7C15);
      sample[i] = KeyOf(from[static_cast<unsigned __int128>(share) * count >> 64]);
    }
    std::sort(sample, sample + kSample);
    for (size_t part = 1; part < parts; part++) {
      splitters[part - 1] = sample[part * kSample / parts];
    }
  });
}

void tk_sort_count_parts(const tk_sort_run* run, const void* items, size_t count,
                         const uint64_t* splitters, size_t parts, uint64_t* counts) {
  CountParts(tk_sort_item_size(run), items, count, splitters, parts, counts);
}

void tk_sort_split(const tk_sort_run* run, void* to, const void* items, size_t count,
                   const uint64_t* splitters, size_t parts, uint64_t* places) {
  Split(tk_sort_item_size(run), to, items, count, splitters, parts, places);
}

void tk_sort_items(const tk_sort_run* run, void* items, void* scratch, size_t count) {
  WithItems(*run, [&](auto, auto, auto* none) {
    using Items = decltype(none);
    SortRun(static_cast<Items>(items), static_cast<Items>(scratch), count);
  });
}

void tk_sort_store(const tk_sort_run* run, void* out, const void* items, size_t count) {
  if (!run->positions) return StoreKeys(run->type, run->descending, out, items, count);
  WithItems(*run, [&](auto, auto bits, auto* none) {
    if constexpr (!std::is_same_v<decltype(none), decltype(bits)*>) {
      const auto* const from = static_cast<const std::remove_pointer_t<decltype(none)>*>(items);
      int64_t* const to = static_cast<int64_t*>(out);
      for (size_t i = 0; i < count; i++) to[i] = static_cast<int64_t>(from[i].position);
    }
  });
}

void tk_sort_restore_zeros(const tk_sort_run* run, void* out, const void* in, size_t count) {
  WithKey(run->type, false, [&](auto key, auto bits) {
    using Bits = decltype(bits);
    if constexpr (decltype(key)::kIsFloating) {
      RestoreZeros(static_cast<Bits*>(out), static_cast<const Bits*>(in), count, run->descending);
    }
  });
}

void tk_sort(tk_type type, bool descending, void* out, const void* in, size_t count,
             void* scratch) {
  if (count == 0) return;
  const tk_sort_run run = {type, descending, false, count};
  uint64_t low, high;
  const bool has_negative_zeros = tk_sort_load(&run, out, in, 0, count, &low, &high);
  tk_sort_items(&run, out, scratch, count);
  tk_sort_store(&run, out, out, count);
  if (has_negative_zeros) tk_sort_restore_zeros(&run, out, in, count);
}

void tk_sort_positions(tk_type type, bool descending, int64_t* positions, const void* in,
                       size_t count, void* scratch) {
  if (count == 0) return;
  const tk_sort_run run = {type, descending, true, count};
  uint64_t low, high;
  tk_sort_load(&run, scratch, in, 0, count, &low, &high);
  tk_sort_items(&run, scratch, static_cast<uint8_t*>(scratch) + count * tk_sort_item_size(&run),
                count);
  tk_sort_store(&run, positions, scratch, count);
}

size_t tk_sort_scratch(tk_type type, bool positions, size_t count) {
  const tk_sort_run run = {type, false, positions, count};
  return count * tk_sort_item_size(&run) * (positions ? 2 : 1);
}

}  // extern "C"
}  // namespace tessera
