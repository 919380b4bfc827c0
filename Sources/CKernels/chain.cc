// Chains of functions whose values stay in registers.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "chain.cc"
#include "hwy/cache_control.h"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "activations-inl.h"
#include "fetch-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// What a step does to the values. Functions that have no code of their own pass through memory.
enum class Code : uint8_t {
  kLoad, kStore, kStream, kAdd, kSubtract, kSubtractFrom, kMultiply, kDivide, kDivideInto,
  kNegate, kAbs, kSquare, kReciprocal, kSquareRoot, kReciprocalSquareRoot, kRelu, kExp, kSigmoid,
  kTanh, kUnary, kBinary, kBinaryReversed, kSecond, kFma, kTernary,
};

// A link made ready: of its operand or target, element i of the run lies at place[i * stride]; a
// tile that is the same for all of the run has stride 0.
template <class T>
struct Step {
  Code code;
  uint32_t op;
  T* place;
  size_t stride;
};

HWY_INLINE Code CodeOfUnary(uint32_t op) {
  switch (op) {
    case TK_NEGATE: return Code::kNegate;
    case TK_ABS: return Code::kAbs;
    case TK_SQUARE: return Code::kSquare;
    case TK_RECIPROCAL: return Code::kReciprocal;
    case TK_SQRT: return Code::kSquareRoot;
    case TK_RSQRT: return Code::kReciprocalSquareRoot;
    case TK_RELU: return Code::kRelu;
    case TK_EXP: return kHasVectors ? Code::kExp : Code::kUnary;
    case TK_SIGMOID: return kHasVectors ? Code::kSigmoid : Code::kUnary;
    case TK_TANH: return kHasVectors ? Code::kTanh : Code::kUnary;
    default: return Code::kUnary;
  }
}

HWY_INLINE Code CodeOfBinary(uint32_t op, bool is_reversed) {
  switch (op) {
    case TK_ADD: return Code::kAdd;
    case TK_SUBTRACT: return is_reversed ? Code::kSubtractFrom : Code::kSubtract;
    case TK_MULTIPLY: return Code::kMultiply;
    case TK_DIVIDE: return is_reversed ? Code::kDivideInto : Code::kDivide;
    default: return is_reversed ? Code::kBinaryReversed : Code::kBinary;
  }
}

HWY_INLINE Code CodeOfTernary(uint32_t op) {
  return op == TK_FMA && HWY_NATIVE_FMA ? Code::kFma : Code::kTernary;
}

template <class T>
class Chain {
 public:
  Chain(const tk_link* links, size_t link_count, size_t count) : end_(steps_) {
    size_t values = 0;
    for (size_t k = 0; k < link_count; ++k) {
      const tk_link& link = links[k];
      T* place = static_cast<T*>(link.place);
      size_t stride = 1;
      if (link.kind == TK_KEEP || link.source == TK_SLOT) {
        place = slots_[link.slot];
        stride = 0;
      } else if (link.source == TK_VALUE) {
        const T value = *place;
        place = values_[values++];
        stride = 0;
        for (size_t i = 0; i < kTile; ++i) place[i] = value;
      }
      *end_++ = {CodeOf(link, count), link.op, place, stride};
      if (stride != 0 && Reads(link)) ReadsFrom(place);
    }
  }

  void Run(size_t count) {
    size_t i = 0;
    for (; i + kTile <= count; i += kTile) RunTile(i);
    if (i < count) RunRest(i, count - i);
  }

 private:
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  static constexpr size_t kLanes = hn::MaxLanes(D());
  // Independent vectors hide each other's latencies.
  static constexpr size_t kVectors = 4;
  static constexpr size_t kTile = kVectors * kLanes;
  // Bytes between what is asked for and what is read; found by trying.
  static constexpr size_t kAhead = 1024;
  // Operands that are asked for: programs that wait have no more.
  static constexpr size_t kStreams = 8;
  static constexpr tk_type kType = sizeof(T) == 4 ? TK_FLOAT32 : TK_FLOAT64;

  static Code CodeOf(const tk_link& link, size_t count) {
    switch (link.kind) {
      case TK_LOAD: return Code::kLoad;
      case TK_APPLY: return CodeOfUnary(link.op);
      case TK_JOIN: return CodeOfBinary(link.op, false);
      case TK_JOIN_REVERSED: return CodeOfBinary(link.op, true);
      case TK_SECOND: return Code::kSecond;
      case TK_JOIN_BOTH: return CodeOfTernary(link.op);
      case TK_STREAM:
        return IsWholeLines(link.place, count * sizeof(T)) ? Code::kStream : Code::kStore;
      default: return Code::kStore;
    }
  }

  static bool Reads(const tk_link& link) {
    return link.kind == TK_LOAD || link.kind == TK_JOIN || link.kind == TK_JOIN_REVERSED ||
           link.kind == TK_SECOND || link.kind == TK_JOIN_BOTH;
  }

  void ReadsFrom(const T* place) {
    for (const T* const* known = read_; known != read_end_; ++known) {
      if (*known == place) return;
    }
    if (read_end_ != read_ + kStreams) *read_end_++ = place;
  }

  // Asks for what a later tile reads. Processors know streams by the instructions that load them,
  // and all operands of a chain are loaded by the same few: whether they follow them depends on
  // where these happen to lie.
  HWY_INLINE void FetchAhead(size_t first) const {
    for (const T* const* place = read_; place != read_end_; ++place) {
      Fetch(*place + first + kAhead / sizeof(T), kTile * sizeof(T));
    }
  }

  // One switch in one function: the vectors are local variables, and stay in registers.
  void RunTile(size_t first) {
    const D d;
    FetchAhead(first);
    V v[kVectors];
    for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Zero(d);
    const T* second = nullptr;
    for (const Step<T>* step = steps_; step != end_; ++step) {
      T* p = step->place + first * step->stride;
      switch (step->code) {
        case Code::kLoad:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::LoadU(d, p + k * kLanes);
          break;
        case Code::kStore:
          for (size_t k = 0; k < kVectors; ++k) hn::StoreU(v[k], d, p + k * kLanes);
          break;
        case Code::kStream:
          for (size_t k = 0; k < kVectors; ++k) hn::Stream(v[k], d, p + k * kLanes);
          break;
        case Code::kAdd:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Add(v[k], hn::LoadU(d, p + k * kLanes));
          break;
        case Code::kSubtract:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Sub(v[k], hn::LoadU(d, p + k * kLanes));
          break;
        case Code::kSubtractFrom:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Sub(hn::LoadU(d, p + k * kLanes), v[k]);
          break;
        case Code::kMultiply:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Mul(v[k], hn::LoadU(d, p + k * kLanes));
          break;
        case Code::kDivide:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Div(v[k], hn::LoadU(d, p + k * kLanes));
          break;
        case Code::kDivideInto:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Div(hn::LoadU(d, p + k * kLanes), v[k]);
          break;
        case Code::kNegate:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Neg(v[k]);
          break;
        case Code::kAbs:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Abs(v[k]);
          break;
        case Code::kSquare:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Mul(v[k], v[k]);
          break;
        case Code::kReciprocal:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Div(hn::Set(d, T(1)), v[k]);
          break;
        case Code::kSquareRoot:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Sqrt(v[k]);
          break;
        case Code::kReciprocalSquareRoot:
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Div(hn::Set(d, T(1)), hn::Sqrt(v[k]));
          break;
        // A NaN is not at most 0.
        case Code::kRelu:
          for (size_t k = 0; k < kVectors; ++k) {
            v[k] = hn::IfThenZeroElse(hn::Le(v[k], hn::Zero(d)), v[k]);
          }
          break;
        case Code::kExp:
          for (size_t k = 0; k < kVectors; ++k) v[k] = Mathematical<Exp>(d, v[k]);
          break;
        case Code::kSigmoid:
          for (size_t k = 0; k < kVectors; ++k) v[k] = Mathematical<Sigmoid>(d, v[k]);
          break;
        case Code::kTanh:
          for (size_t k = 0; k < kVectors; ++k) v[k] = Mathematical<Tanh>(d, v[k]);
          break;
        case Code::kSecond: second = p; break;
        case Code::kFma:
          for (size_t k = 0; k < kVectors; ++k) {
            const size_t i = k * kLanes;
            v[k] = hn::MulAdd(v[k], hn::LoadU(d, second + i), hn::LoadU(d, p + i));
          }
          break;
        case Code::kUnary:
        case Code::kBinary:
        case Code::kBinaryReversed:
        case Code::kTernary:
          for (size_t k = 0; k < kVectors; ++k) hn::Store(v[k], d, tile_ + k * kLanes);
          InMemory(*step, second, p, kTile);
          for (size_t k = 0; k < kVectors; ++k) v[k] = hn::Load(d, tile_ + k * kLanes);
          break;
      }
    }
  }

  template <class Op>
  static HWY_INLINE V Mathematical(D d, V x) {
    if constexpr (kHasVectors)
      return Apply<Op>(d, x);
    else
      return x;
  }

  // What is left over is no whole tile.
  void RunRest(size_t first, size_t count) {
    const T* second = nullptr;
    for (const Step<T>* step = steps_; step != end_; ++step) {
      T* p = step->place + first * step->stride;
      if (step->code == Code::kSecond)
        second = p;
      else
        InMemory(*step, second, p, count);
    }
  }

  // A step of values that lie in `tile_`.
  HWY_NOINLINE void InMemory(const Step<T>& step, const T* second, T* p, size_t count) {
    const auto binary = [&](tk_binary_op op, const T* a, const T* b) {
      tk_binary(op, kType, tile_, a, 1, b, 1, count);
    };
    const auto unary = [&](tk_unary_op op) { tk_unary(op, kType, tile_, tile_, count); };
    switch (step.code) {
      case Code::kLoad: memcpy(tile_, p, count * sizeof(T)); return;
      case Code::kStore:
      case Code::kStream: memcpy(p, tile_, count * sizeof(T)); return;
      case Code::kSubtractFrom:
      case Code::kDivideInto:
      case Code::kBinaryReversed: return binary(static_cast<tk_binary_op>(step.op), p, tile_);
      case Code::kAdd:
      case Code::kSubtract:
      case Code::kMultiply:
      case Code::kDivide:
      case Code::kBinary: return binary(static_cast<tk_binary_op>(step.op), tile_, p);
      case Code::kFma:
      case Code::kTernary:
        return tk_ternary(static_cast<tk_ternary_op>(step.op), kType, tile_, tile_, 1, second, 1, p,
                          1, count);
      default: return unary(static_cast<tk_unary_op>(step.op));
    }
  }

  const T* read_[kStreams];
  const T** read_end_ = read_;
  HWY_ALIGN T tile_[kTile];
  HWY_ALIGN T slots_[TK_CHAIN_SLOTS][kTile];
  HWY_ALIGN T values_[TK_CHAIN_LINKS][kTile];
  Step<T> steps_[TK_CHAIN_LINKS];
  Step<T>* end_;
};

void RunChain(tk_type type, const tk_link* links, size_t link_count, size_t count) {
  if (type == TK_FLOAT32)
    Chain<float>(links, link_count, count).Run(count);
  else
    Chain<double>(links, link_count, count).Run(count);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(RunChain);

extern "C" bool tk_chain(tk_type type, const tk_link* links, size_t link_count, size_t count) {
  if (!IsFloating(type) || link_count > TK_CHAIN_LINKS) return false;
  for (size_t k = 0; k < link_count; ++k) {
    if (links[k].slot >= TK_CHAIN_SLOTS) return false;
    if (links[k].kind == TK_JOIN_BOTH && (k == 0 || links[k - 1].kind != TK_SECOND)) return false;
  }
  HWY_DYNAMIC_DISPATCH(RunChain)(type, links, link_count, count);
  return true;
}

}  // namespace tessera
#endif  // HWY_ONCE
