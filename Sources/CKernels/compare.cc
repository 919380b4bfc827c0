// Comparisons, and the choice between two values.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compare.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "loops-inl.h"

#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

struct Equal {
  template <class T>
  bool operator()(T a, T b) const {
    return a == b;
  }
};

struct NotEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a != b;
  }
};

struct Less {
  template <class T>
  bool operator()(T a, T b) const {
    return a < b;
  }
};

struct LessEqual {
  template <class T>
  bool operator()(T a, T b) const {
    return a <= b;
  }
};

template <class T>
void CompareOf(tk_compare_op op, uint8_t* out, const T* a, size_t a_step, const T* b,
               size_t b_step, size_t count) {
  if constexpr (std::is_floating_point_v<T> || std::is_unsigned_v<T>) {
    if (op == TK_EQUAL) return Zip(Equal(), out, a, a_step, b, b_step, count);
    if (op == TK_NOT_EQUAL) return Zip(NotEqual(), out, a, a_step, b, b_step, count);
  }
  switch (op) {
    case TK_LESS: return Zip(Less(), out, a, a_step, b, b_step, count);
    case TK_LESS_EQUAL: return Zip(LessEqual(), out, a, a_step, b, b_step, count);
    case TK_GREATER: return Zip(Less(), out, b, b_step, a, a_step, count);
    case TK_GREATER_EQUAL: return Zip(LessEqual(), out, b, b_step, a, a_step, count);
    default: return;
  }
}

void Compare(tk_compare_op op, tk_type type, uint8_t* out, const void* a, size_t a_step,
             const void* b, size_t b_step, size_t count) {
  const bool ignores_sign = op == TK_EQUAL || op == TK_NOT_EQUAL;
  WithType(ignores_sign ? Unsigned(type) : type, [&](auto zero) {
    using T = decltype(zero);
    CompareOf(op, out, static_cast<const T*>(a), a_step, static_cast<const T*>(b), b_step, count);
  });
}

// kA and kB: whether the operand is one value, repeated.
template <class T, bool kA, bool kB>
void SelectRun(T* out, const uint8_t* mask, const T* a, const T* b, size_t count) {
  const T a0 = *a;
  const T b0 = *b;
  TESSERA_VECTORIZE
  for (size_t i = 0; i < count; ++i) {
    // Read both, so that the loop has no branch.
    const T x = kA ? a0 : a[i];
    const T y = kB ? b0 : b[i];
    out[i] = mask[i] != 0 ? x : y;
  }
}

struct First {
  template <class T>
  T operator()(T a, T) const {
    return a;
  }
};

template <class T>
void SelectOf(T* out, const uint8_t* mask, size_t mask_step, const T* a, size_t a_step, const T* b,
              size_t b_step, size_t count) {
  if (count == 0) return;
  if (mask_step == 0) {
    if (*mask != 0) return Zip(First(), out, a, a_step, a, a_step, count);
    return Zip(First(), out, b, b_step, b, b_step, count);
  }
  if (a_step != 0 && b_step != 0) return SelectRun<T, false, false>(out, mask, a, b, count);
  if (a_step != 0) return SelectRun<T, false, true>(out, mask, a, b, count);
  if (b_step != 0) return SelectRun<T, true, false>(out, mask, a, b, count);
  return SelectRun<T, true, true>(out, mask, a, b, count);
}

void Select(tk_type type, void* out, const uint8_t* mask, size_t mask_step, const void* a,
            size_t a_step, const void* b, size_t b_step, size_t count) {
  WithWord(SizeOf(type), [&](auto zero) {
    using T = decltype(zero);
    SelectOf(static_cast<T*>(out), mask, mask_step, static_cast<const T*>(a), a_step,
             static_cast<const T*>(b), b_step, count);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Compare);
HWY_EXPORT(Select);

extern "C" {

void tk_compare(tk_compare_op op, tk_type type, uint8_t* out, const void* a, size_t a_step,
                const void* b, size_t b_step, size_t count) {
  HWY_DYNAMIC_DISPATCH(Compare)(op, type, out, a, a_step, b, b_step, count);
}

void tk_select(tk_type type, void* out, const uint8_t* mask, size_t mask_step, const void* a,
               size_t a_step, const void* b, size_t b_step, size_t count) {
  HWY_DYNAMIC_DISPATCH(Select)(type, out, mask, mask_step, a, a_step, b, b_step, count);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
