// Comparisons, and the choice between two values.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compare.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "loops-inl.h"

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
void CompareOf(tk_compare_op op, uint8_t* out, const void* a_bytes, size_t a_step,
               const void* b_bytes, size_t b_step, size_t count) {
  const T* a = static_cast<const T*>(a_bytes);
  const T* b = static_cast<const T*>(b_bytes);
  switch (op) {
    case TK_EQUAL: return Zip(Equal(), out, a, a_step, b, b_step, count);
    case TK_NOT_EQUAL: return Zip(NotEqual(), out, a, a_step, b, b_step, count);
    case TK_LESS: return Zip(Less(), out, a, a_step, b, b_step, count);
    case TK_LESS_EQUAL: return Zip(LessEqual(), out, a, a_step, b, b_step, count);
    case TK_GREATER: return Zip(Less(), out, b, b_step, a, a_step, count);
    case TK_GREATER_EQUAL: return Zip(LessEqual(), out, b, b_step, a, a_step, count);
  }
}

void Compare(tk_compare_op op, tk_type type, uint8_t* out, const void* a, size_t a_step,
             const void* b, size_t b_step, size_t count) {
  switch (type) {
    case TK_FLOAT32: return CompareOf<float>(op, out, a, a_step, b, b_step, count);
    case TK_FLOAT64: return CompareOf<double>(op, out, a, a_step, b, b_step, count);
    case TK_INT32: return CompareOf<int32_t>(op, out, a, a_step, b, b_step, count);
    case TK_INT64: return CompareOf<int64_t>(op, out, a, a_step, b, b_step, count);
    case TK_UINT8:
    case TK_BOOL: return CompareOf<uint8_t>(op, out, a, a_step, b, b_step, count);
  }
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
void SelectOf(void* out_bytes, const uint8_t* mask, size_t mask_step, const void* a_bytes,
              size_t a_step, const void* b_bytes, size_t b_step, size_t count) {
  if (count == 0) return;
  T* out = static_cast<T*>(out_bytes);
  const T* a = static_cast<const T*>(a_bytes);
  const T* b = static_cast<const T*>(b_bytes);
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
  switch (type) {
    case TK_FLOAT32:
    case TK_INT32: return SelectOf<uint32_t>(out, mask, mask_step, a, a_step, b, b_step, count);
    case TK_FLOAT64:
    case TK_INT64: return SelectOf<uint64_t>(out, mask, mask_step, a, a_step, b, b_step, count);
    case TK_UINT8:
    case TK_BOOL: return SelectOf<uint8_t>(out, mask, mask_step, a, a_step, b, b_step, count);
  }
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
