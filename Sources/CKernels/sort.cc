// Stable sorts of runs: by radix, a byte of the key a pass, from the lowest on.
//
// What decides is the work on memory, which is the same on every instruction set; so this is
// compiled once. A sort by comparisons and exchanges in vectors is as fast for values alone, but
// neither stable nor able to carry positions of any count along.
#include <string.h>

#include <type_traits>
#include <utility>

#include "dispatch.h"
#include "sort_key.h"

namespace tessera {
namespace {

// Fewer elements than this are inserted one by one, which costs less than counting bytes.
constexpr size_t kInserted = 48;

template <class T, class GetKey>
void Insert(T* run, size_t count, GetKey key) {
  for (size_t i = 1; i < count; i++) {
    const T value = run[i];
    const auto k = key(value);
    size_t place = i;
    for (; place > 0 && key(run[place - 1]) > k; place--) run[place] = run[place - 1];
    run[place] = value;
  }
}

// Sorts what is in `run`; returns where the result lies, which is `run` or `other`.
template <class Bits, class T, class GetKey>
T* Radix(T* run, T* other, size_t count, GetKey key) {
  size_t counts[sizeof(Bits)][256] = {};
  for (size_t i = 0; i < count; i++) {
    const Bits k = key(run[i]);
    for (size_t byte = 0; byte < sizeof(Bits); byte++) counts[byte][k >> (8 * byte) & 255]++;
  }
  for (size_t byte = 0; byte < sizeof(Bits); byte++) {
    size_t* places = counts[byte];
    // All have the same byte.
    if (places[key(run[0]) >> (8 * byte) & 255] == count) continue;
    size_t sum = 0;
    for (size_t digit = 0; digit < 256; digit++) sum += std::exchange(places[digit], sum);
    for (size_t i = 0; i < count; i++) {
      other[places[key(run[i]) >> (8 * byte) & 255]++] = run[i];
    }
    std::swap(run, other);
  }
  return run;
}

template <class Bits, class GetKey>
void Sort(GetKey key, void* out, const void* in, size_t count, void* scratch) {
  Bits* run = static_cast<Bits*>(out);
  memcpy(run, in, count * sizeof(Bits));
  if (count < kInserted) return Insert(run, count, key);
  const Bits* sorted = Radix<Bits>(run, static_cast<Bits*>(scratch), count, key);
  if (sorted != run) memcpy(run, sorted, count * sizeof(Bits));
}

template <class Bits, class Position, class GetKey>
void SortPositions(GetKey key, int64_t* positions, const Bits* in, size_t count, void* scratch) {
  using Item = Entry<Bits, Position>;
  Item* run = static_cast<Item*>(scratch);
  for (size_t i = 0; i < count; i++) run[i] = {key(in[i]), static_cast<Position>(i)};
  const auto key_of = [](const Item& item) { return item.key; };
  if (count < kInserted) {
    Insert(run, count, key_of);
  } else {
    run = Radix<Bits>(run, run + count, count, key_of);
  }
  for (size_t i = 0; i < count; i++) positions[i] = static_cast<int64_t>(run[i].position);
}

}  // namespace

extern "C" {

void tk_sort(tk_type type, bool descending, void* out, const void* in, size_t count,
             void* scratch) {
  if (count == 0) return;
  WithKey(type, descending, [&](auto key, auto bits) {
    Sort<decltype(bits)>(key, out, in, count, scratch);
  });
}

void tk_sort_positions(tk_type type, bool descending, int64_t* positions, const void* in,
                       size_t count, void* scratch) {
  WithKey(type, descending, [&](auto key, auto bits) {
    using Bits = decltype(bits);
    const Bits* values = static_cast<const Bits*>(in);
    if (IsShort(count)) {
      SortPositions<Bits, uint32_t>(key, positions, values, count, scratch);
    } else {
      SortPositions<Bits, uint64_t>(key, positions, values, count, scratch);
    }
  });
}

size_t tk_sort_scratch(tk_type type, bool positions, size_t count) {
  if (!positions) return count * SizeOf(type);
  // Two runs of entries, whose parts are as long as the longer one.
  const size_t part = !IsShort(count) || SizeOf(type) == 8 ? 8 : 4;
  return count * part * 4;
}

}  // extern "C"
}  // namespace tessera
