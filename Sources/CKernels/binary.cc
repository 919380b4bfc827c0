// Arithmetic on two values; POWER, REMAINDER, ATAN2 and HYPOT of floating point are in power.cc.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "binary.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "arithmetic-inl.h"
#include "loops-inl.h"

#include <cstdint>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Division by zero gives 0 and the quotient of the smallest integer by -1 wraps. Types of up to 32
// bits divide in floating point, which has vectors: the quotient of 32-bit integers rounded to
// double, and of 16-bit ones to float, never reaches an integer that the exact one does not reach.
template <class T>
T DivideIntegers(T a, T b) {
  if (b == 0) return 0;
  if constexpr (std::is_signed_v<T>) {
    if (b == -1) return Subtract()(T(0), a);
  }
  if constexpr (sizeof(T) <= 2)
    return static_cast<T>(static_cast<float>(a) / static_cast<float>(b));
  else if constexpr (sizeof(T) == 4)
    return static_cast<T>(static_cast<double>(a) / static_cast<double>(b));
  else
    return a / b;
}

struct Divide {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_floating_point_v<T>)
      return a / b;
    else
      return DivideIntegers(a, b);
  }
};

// a - b * (a / b), with 0 for b = 0.
struct IntegerRemainder {
  template <class T>
  T operator()(T a, T b) const {
    const T rest = Subtract()(a, Multiply()(b, DivideIntegers(a, b)));
    return b == 0 ? T(0) : rest;
  }
};

struct IntegerPower {
  template <class T>
  T operator()(T base, T exponent) const {
    if constexpr (std::is_signed_v<T>) {
      if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
    }
    T result = 1;
    for (Wrapping<T> rest = exponent; rest != 0; rest >>= 1) {
      if (rest & 1) result = Multiply()(result, base);
      base = Multiply()(base, base);
    }
    return result;
  }
};

struct CopySign {
  template <class T>
  T operator()(T size, T sign) const {
    return __builtin_elementwise_copysign(size, sign);
  }
};

// Numbers of one sign are in the order of their bits. Without branches, so that there are vectors.
struct NextAfter {
  template <class T>
  T operator()(T from, T to) const {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    const Bits bits = __builtin_bit_cast(Bits, from);
    const Bits next_bits = (from < to) == (from > 0) ? bits + 1 : bits - 1;
    const T neighbour = __builtin_bit_cast(T, next_bits);
    const T least = __builtin_bit_cast(T, Bits(1));
    const T next = from == 0 ? __builtin_elementwise_copysign(least, to) : neighbour;
    const T result = from == to ? to : next;
    return from != from ? from : to != to ? to : result;
  }
};

struct BitwiseAnd {
  template <class T>
  T operator()(T a, T b) const {
    return a & b;
  }
};

struct BitwiseOr {
  template <class T>
  T operator()(T a, T b) const {
    return a | b;
  }
};

struct BitwiseXor {
  template <class T>
  T operator()(T a, T b) const {
    return a ^ b;
  }
};

// Shifts as Swift's << and >> have them: a negative distance goes the other way, and what is
// shifted out leaves zeros, or copies of the sign on the right.
template <class T>
T ShiftBits(T a, int64_t left) {
  constexpr int64_t kBits = 8 * sizeof(T);
  if (left >= kBits) return 0;
  if (left >= 0) return static_cast<T>(static_cast<Wrapping<T>>(a) << left);
  if (left <= -kBits) return a < 0 ? static_cast<T>(-1) : 0;
  return static_cast<T>(a >> -left);
}

// Distances beyond any width are alike, and can be negated.
template <class T>
int64_t Distance(T b) {
  if (b > T(64)) return 64;
  if constexpr (std::is_signed_v<T>) {
    if (b < T(-64)) return -64;
  }
  return b;
}

struct ShiftLeft {
  template <class T>
  T operator()(T a, T b) const {
    return ShiftBits(a, Distance(b));
  }
};

struct ShiftRight {
  template <class T>
  T operator()(T a, T b) const {
    return ShiftBits(a, -Distance(b));
  }
};

// 64-bit integers have no vector division.
template <class F, class T>
void ZipDivision(F f, T* out, const T* a, size_t a_step, const T* b, size_t b_step, size_t count) {
  if constexpr (std::is_integral_v<T> && sizeof(T) == 8)
    ZipOneByOne(f, out, a, a_step, b, b_step, count);
  else
    Zip(f, out, a, a_step, b, b_step, count);
}

// Whether integers of a width do it alike, with a sign or without.
bool IgnoresSign(tk_binary_op op) {
  return op == TK_ADD || op == TK_SUBTRACT || op == TK_MULTIPLY || op == TK_AND || op == TK_OR ||
         op == TK_XOR;
}

template <class T>
void BinaryOf(tk_binary_op op, T* out, const T* a, size_t a_step, const T* b, size_t b_step,
              size_t count) {
  if constexpr (std::is_floating_point_v<T> || std::is_unsigned_v<T>) {
    switch (op) {
      case TK_ADD: return Zip(Add(), out, a, a_step, b, b_step, count);
      case TK_SUBTRACT: return Zip(Subtract(), out, a, a_step, b, b_step, count);
      case TK_MULTIPLY: return Zip(Multiply(), out, a, a_step, b, b_step, count);
      default: break;
    }
  }
  if constexpr (std::is_floating_point_v<T>) {
    switch (op) {
      case TK_COPY_SIGN: return Zip(CopySign(), out, a, a_step, b, b_step, count);
      case TK_NEXT_AFTER: return Zip(NextAfter(), out, a, a_step, b, b_step, count);
      default: break;
    }
  }
  if constexpr (std::is_unsigned_v<T>) {
    switch (op) {
      case TK_AND: return Zip(BitwiseAnd(), out, a, a_step, b, b_step, count);
      case TK_OR: return Zip(BitwiseOr(), out, a, a_step, b, b_step, count);
      case TK_XOR: return Zip(BitwiseXor(), out, a, a_step, b, b_step, count);
      default: break;
    }
  }
  switch (op) {
    case TK_DIVIDE: return ZipDivision(Divide(), out, a, a_step, b, b_step, count);
    case TK_MINIMUM: return Zip(Minimum(), out, a, a_step, b, b_step, count);
    case TK_MAXIMUM: return Zip(Maximum(), out, a, a_step, b, b_step, count);
    default: break;
  }
  if constexpr (std::is_integral_v<T>) {
    switch (op) {
      case TK_REMAINDER: return ZipDivision(IntegerRemainder(), out, a, a_step, b, b_step, count);
      case TK_POWER: return ZipOneByOne(IntegerPower(), out, a, a_step, b, b_step, count);
      case TK_SHIFT_LEFT: return ZipOneByOne(ShiftLeft(), out, a, a_step, b, b_step, count);
      case TK_SHIFT_RIGHT: return ZipOneByOne(ShiftRight(), out, a, a_step, b, b_step, count);
      default: break;
    }
  }
}

void Binary(tk_binary_op op, tk_type type, void* out, const void* a, size_t a_step, const void* b,
            size_t b_step, size_t count) {
  // Of bytes that are 0 or 1, the bitwise functions are the logical ones.
  WithType(IgnoresSign(op) ? Unsigned(type) : type, [&](auto zero) {
    using T = decltype(zero);
    BinaryOf(op, static_cast<T*>(out), static_cast<const T*>(a), a_step, static_cast<const T*>(b),
             b_step, count);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Binary);

extern "C" {

bool tk_has_binary(tk_binary_op op, tk_type type) {
  if (op < TK_ADD || op > TK_SHIFT_RIGHT) return false;
  const bool is_logical = op == TK_AND || op == TK_OR || op == TK_XOR;
  const bool is_shift = op == TK_SHIFT_LEFT || op == TK_SHIFT_RIGHT;
  if (IsFloating(type)) return !is_logical && !is_shift;
  if (IsInteger(type)) return op < TK_ATAN2 || op > TK_NEXT_AFTER;
  return type == TK_BOOL && (is_logical || op == TK_MINIMUM || op == TK_MAXIMUM);
}

void tk_binary(tk_binary_op op, tk_type type, void* out, const void* a, size_t a_step,
               const void* b, size_t b_step, size_t count) {
  if (!tk_has_binary(op, type)) return;
  const bool is_in_power = op == TK_POWER || op == TK_REMAINDER || op == TK_ATAN2 || op == TK_HYPOT;
  if (is_in_power && IsFloating(type)) {
    return PowerBinary(op, type, out, a, a_step, b, b_step, count);
  }
  HWY_DYNAMIC_DISPATCH(Binary)(op, type, out, a, a_step, b, b_step, count);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
