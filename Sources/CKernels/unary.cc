// Functions of one value that are exactly rounded; the others are in exponential.cc and
// trigonometric.cc.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unary.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "arithmetic-inl.h"

#include <cmath>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

template <class T>
constexpr bool kFloating = std::is_floating_point_v<T>;

struct Negate {
  template <class T>
  T operator()(T x) const {
    if constexpr (kFloating<T>)
      return -x;
    else
      return Subtract()(T(0), x);
  }
};

struct Abs {
  template <class T>
  T operator()(T x) const {
    if constexpr (kFloating<T>)
      return __builtin_elementwise_abs(x);
    else
      return x < 0 ? Negate()(x) : x;
  }
};

// NaN has itself for sign; both zeros have +0.
struct Sign {
  template <class T>
  T operator()(T x) const {
    const T sign = static_cast<T>(static_cast<int>(x > 0) - static_cast<int>(x < 0));
    return x == x ? sign : x;
  }
};

struct Square {
  template <class T>
  T operator()(T x) const {
    return Multiply()(x, x);
  }
};

struct Relu {
  template <class T>
  T operator()(T x) const {
    return (x > 0 || x != x) ? x : T(0);
  }
};

struct Reciprocal {
  template <class T>
  T operator()(T x) const {
    return T(1) / x;
  }
};

// Clang's elementwise builtins set no errno, which std::sqrt does and which keeps loops scalar.
struct SquareRoot {
  template <class T>
  T operator()(T x) const {
    return __builtin_elementwise_sqrt(x);
  }
};

struct ReciprocalSquareRoot {
  template <class T>
  T operator()(T x) const {
    return T(1) / __builtin_elementwise_sqrt(x);
  }
};

struct Floor {
  template <class T>
  T operator()(T x) const {
    return __builtin_elementwise_floor(x);
  }
};

struct Ceil {
  template <class T>
  T operator()(T x) const {
    return __builtin_elementwise_ceil(x);
  }
};

// Half to even.
struct Round {
  template <class T>
  T operator()(T x) const {
    return __builtin_elementwise_roundeven(x);
  }
};

struct Trunc {
  template <class T>
  T operator()(T x) const {
    return __builtin_elementwise_trunc(x);
  }
};

struct BitwiseNot {
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(~x);
  }
};

struct LogicalNot {
  template <class T>
  T operator()(T x) const {
    return static_cast<T>(x == 0);
  }
};

template <class F, class T>
void Map(F f, T* out, const T* in, size_t count) {
  TESSERA_VECTORIZE
  for (size_t i = 0; i < count; ++i) out[i] = f(in[i]);
}

template <class T>
void FloatingUnary(tk_unary_op op, T* out, const T* in, size_t count) {
  switch (op) {
    case TK_NEGATE: return Map(Negate(), out, in, count);
    case TK_ABS: return Map(Abs(), out, in, count);
    case TK_SIGN: return Map(Sign(), out, in, count);
    case TK_SQUARE: return Map(Square(), out, in, count);
    case TK_RECIPROCAL: return Map(Reciprocal(), out, in, count);
    case TK_SQRT: return Map(SquareRoot(), out, in, count);
    case TK_RSQRT: return Map(ReciprocalSquareRoot(), out, in, count);
    case TK_FLOOR: return Map(Floor(), out, in, count);
    case TK_CEIL: return Map(Ceil(), out, in, count);
    case TK_ROUND: return Map(Round(), out, in, count);
    case TK_TRUNC: return Map(Trunc(), out, in, count);
    case TK_RELU: return Map(Relu(), out, in, count);
    default: return;
  }
}

template <class T>
void SignedUnary(tk_unary_op op, T* out, const T* in, size_t count) {
  switch (op) {
    case TK_ABS: return Map(Abs(), out, in, count);
    case TK_SIGN: return Map(Sign(), out, in, count);
    case TK_RELU: return Map(Relu(), out, in, count);
    default: return;
  }
}

// What integers of a width do alike with a sign and without, and what they do without.
template <class T>
void UnsignedUnary(tk_unary_op op, T* out, const T* in, size_t count) {
  switch (op) {
    case TK_NEGATE: return Map(Negate(), out, in, count);
    case TK_SQUARE: return Map(Square(), out, in, count);
    case TK_NOT: return Map(BitwiseNot(), out, in, count);
    case TK_SIGN: return Map(Sign(), out, in, count);
    default: return tk_copy(out, in, count * sizeof(T));
  }
}

template <class T>
void FloatingClassify(tk_classify_op op, uint8_t* out, const T* in, size_t count) {
  const T infinity = static_cast<T>(INFINITY);
  switch (op) {
    case TK_IS_NAN:
      TESSERA_VECTORIZE
      for (size_t i = 0; i < count; ++i) out[i] = in[i] != in[i];
      return;
    case TK_IS_FINITE:
      TESSERA_VECTORIZE
      for (size_t i = 0; i < count; ++i) out[i] = __builtin_elementwise_abs(in[i]) < infinity;
      return;
    case TK_IS_INFINITE:
      TESSERA_VECTORIZE
      for (size_t i = 0; i < count; ++i) out[i] = __builtin_elementwise_abs(in[i]) == infinity;
      return;
  }
}

void Unary(tk_unary_op op, tk_type type, void* out, const void* in, size_t count) {
  if (type == TK_BOOL) {
    return Map(LogicalNot(), static_cast<uint8_t*>(out), static_cast<const uint8_t*>(in), count);
  }
  const bool is_signed = op == TK_ABS || op == TK_SIGN || op == TK_RELU;
  WithType(is_signed ? type : Unsigned(type), [&](auto zero) {
    using T = decltype(zero);
    T* to = static_cast<T*>(out);
    const T* from = static_cast<const T*>(in);
    if constexpr (kFloating<T>)
      FloatingUnary(op, to, from, count);
    else if constexpr (std::is_signed_v<T>)
      SignedUnary(op, to, from, count);
    else
      UnsignedUnary(op, to, from, count);
  });
}

void Classify(tk_classify_op op, tk_type type, uint8_t* out, const void* in, size_t count) {
  if (type == TK_FLOAT32) return FloatingClassify(op, out, static_cast<const float*>(in), count);
  if (type == TK_FLOAT64) return FloatingClassify(op, out, static_cast<const double*>(in), count);
  // Integers and Booleans are finite.
  for (size_t i = 0; i < count; ++i) out[i] = op == TK_IS_FINITE;
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Unary);
HWY_EXPORT(Classify);

namespace {

// Whether `op` is a function that is more than arithmetic; if so, applies it.
bool Mathematical(tk_unary_op op, tk_type type, void* out, const void* in, size_t count,
                  bool streams) {
  switch (op) {
    case TK_EXP:
    case TK_EXPM1:
    case TK_LOG:
    case TK_LOG1P:
    case TK_LOG2:
    case TK_LOG10:
    case TK_CBRT:
    case TK_SIGMOID:
    case TK_ERF:
    case TK_GELU:
    case TK_SOFTPLUS: ExponentialUnary(op, type, out, in, count, streams); return true;
    case TK_SIN:
    case TK_COS:
    case TK_TAN:
    case TK_ASIN:
    case TK_ACOS:
    case TK_ATAN:
    case TK_SINH:
    case TK_COSH:
    case TK_TANH:
    case TK_ASINH:
    case TK_ACOSH:
    case TK_ATANH: TrigonometricUnary(op, type, out, in, count, streams); return true;
    default: return false;
  }
}

}  // namespace
extern "C" {

bool tk_has_unary(tk_unary_op op, tk_type type) {
  if (op < TK_NEGATE || op > TK_NOT) return false;
  if (IsFloating(type)) return op != TK_NOT;
  if (type == TK_BOOL) return op == TK_NOT;
  if (!IsInteger(type)) return false;
  switch (op) {
    case TK_NEGATE:
    case TK_ABS:
    case TK_SIGN:
    case TK_SQUARE:
    case TK_FLOOR:
    case TK_CEIL:
    case TK_ROUND:
    case TK_TRUNC:
    case TK_RELU:
    case TK_NOT: return true;
    default: return false;
  }
}

void tk_unary(tk_unary_op op, tk_type type, void* out, const void* in, size_t count) {
  if (!tk_has_unary(op, type)) return;
  if (IsFloating(type) && Mathematical(op, type, out, in, count, false)) return;
  HWY_DYNAMIC_DISPATCH(Unary)(op, type, out, in, count);
}

bool tk_stream_unary(tk_unary_op op, tk_type type, void* out, const void* in, size_t count) {
  if (!IsFloating(type) || !IsWholeLines(out, count * (type == TK_FLOAT32 ? 4 : 8))) return false;
  return Mathematical(op, type, out, in, count, true);
}

void tk_classify(tk_classify_op op, tk_type type, uint8_t* out, const void* in, size_t count) {
  HWY_DYNAMIC_DISPATCH(Classify)(op, type, out, in, count);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
