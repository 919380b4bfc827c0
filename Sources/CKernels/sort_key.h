// The order of values as that of unsigned numbers, for sorts and for the search of places in order.
#ifndef TESSERA_SORT_KEY_H
#define TESSERA_SORT_KEY_H

#include "dispatch.h"

namespace tessera {

// An unsigned number for each value, in the same order; `flip` turns the order around.
template <class Bits, bool kSigned, bool kFloating>
struct Key {
  static constexpr bool kHasSign = kSigned;
  static constexpr bool kIsFloating = kFloating;

  Bits flip;

  explicit Key(bool descending) : flip(descending ? static_cast<Bits>(~Bits{0}) : Bits{0}) {}

  Bits operator()(Bits bits) const {
    constexpr Bits sign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
    if constexpr (kFloating) {
      constexpr Bits infinity = sizeof(Bits) == 4 ? static_cast<Bits>(0x7F800000)
                                                  : static_cast<Bits>(UINT64_C(0x7FF0000000000000));
      const Bits magnitude = bits & static_cast<Bits>(~sign);
      if (magnitude > infinity) return static_cast<Bits>(~Bits{0});
      const Bits whole = magnitude == 0 ? Bits{0} : bits;
      return flip ^ (whole & sign ? static_cast<Bits>(~whole) : static_cast<Bits>(whole | sign));
    }
    return static_cast<Bits>(flip ^ (kSigned ? bits ^ sign : bits));
  }
};

// A key with the position of its value.
template <class Bits, class Position>
struct Entry {
  Bits key;
  Position position;
};

// Calls a generic function with the key of a type.
template <class F>
void WithKey(tk_type type, bool descending, F function) {
  switch (type) {
    case TK_FLOAT32: return function(Key<uint32_t, true, true>(descending), uint32_t{});
    case TK_FLOAT64: return function(Key<uint64_t, true, true>(descending), uint64_t{});
    case TK_INT8: return function(Key<uint8_t, true, false>(descending), uint8_t{});
    case TK_INT16: return function(Key<uint16_t, true, false>(descending), uint16_t{});
    case TK_INT32: return function(Key<uint32_t, true, false>(descending), uint32_t{});
    case TK_INT64: return function(Key<uint64_t, true, false>(descending), uint64_t{});
    case TK_UINT16: return function(Key<uint16_t, false, false>(descending), uint16_t{});
    case TK_UINT32: return function(Key<uint32_t, false, false>(descending), uint32_t{});
    case TK_UINT64: return function(Key<uint64_t, false, false>(descending), uint64_t{});
    case TK_UINT8:
    case TK_BOOL: return function(Key<uint8_t, false, false>(descending), uint8_t{});
  }
}

// Keys without positions give their elements back, but for which NaN one was; zeros of both signs
// have keys of their own.
struct KeysFound {
  uint64_t low, high;
  bool has_negative_zeros;
};
KeysFound LoadKeys(tk_type type, bool descending, void* keys, const void* in, size_t count);
void StoreKeys(tk_type type, bool descending, void* out, const void* keys, size_t count);

// The bounds of keys of so many bytes.
void FindKeys(size_t size, const void* keys, size_t count, uint64_t* low, uint64_t* high);

// Sorts keys of 2, 4 or 8 bytes in vectors, and says whether it did: not where vectors are narrow.
bool SortInVectors(size_t size, void* keys, size_t count);
bool SortsInVectors();

// As tk_sort_count_parts and tk_sort_split, of keys of so many bytes.
void CountParts(size_t size, const void* keys, size_t count, const uint64_t* splitters,
                size_t parts, uint64_t* counts);
void Split(size_t size, void* to, const void* keys, size_t count, const uint64_t* splitters,
           size_t parts, uint64_t* places);

// Whether 32 bits hold the positions.
inline bool IsShort(size_t count) {
  return count <= UINT32_MAX;
}

}  // namespace tessera

#endif  // TESSERA_SORT_KEY_H
