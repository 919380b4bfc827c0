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

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
constexpr bool kHasMaskedMemory = true;
#else
constexpr bool kHasMaskedMemory = false;
#endif

// What a step does to the values. Functions that have no code of their own pass through memory.
enum class Code : uint8_t {
  kLoad, kStore, kStream, kAdd, kSubtract, kSubtractFrom, kMultiply, kDivide, kDivideInto,
  kNegate, kAbs, kSquare, kReciprocal, kSquareRoot, kReciprocalSquareRoot, kRelu, kExp, kSigmoid,
  kTanh, kUnary, kBinary, kBinaryReversed, kSecond, kFma, kTernary,
};

// A link made ready: of its operand or target, element i of the run lies at place[i * stride]; a
// tile that is the same for all of the run has stride 0. In the next row it lies `distance`
// elements farther on.
template <class T>
struct Step {
  Code code;
  uint32_t op;
  T* place;
  size_t stride;
  int64_t distance;
};

// The first elements of a vector, nothing behind them is touched; the others are zeros.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadFirst(D d, const T* p, size_t count) {
  if (count >= hn::MaxLanes(d)) return hn::LoadU(d, p);
  // Where processors pass over lanes.
  if constexpr (kHasMaskedMemory) return hn::MaskedLoad(hn::FirstN(d, count), d, p);
  HWY_ALIGN T lanes[hn::MaxLanes(D())] = {};
  for (size_t i = 0; i < count; ++i) lanes[i] = p[i];
  return hn::Load(d, lanes);
}

template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreFirst(hn::Vec<D> v, D d, T* p, size_t count) {
  if (count >= hn::MaxLanes(d)) return hn::StoreU(v, d, p);
  if constexpr (kHasMaskedMemory) return hn::BlendedStore(v, hn::FirstN(d, count), d, p);
  HWY_ALIGN T lanes[hn::MaxLanes(D())];
  hn::Store(v, d, lanes);
  for (size_t i = 0; i < count; ++i) p[i] = lanes[i];
}

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
  // - distances: of each link, elements from one row to the next; null where there is one.
  Chain(const tk_link* links, const int64_t* distances, size_t link_count, size_t count)
      : end_(steps_) {
    for (size_t k = 0; k < link_count; ++k) {
      const tk_link& link = links[k];
      T* place = static_cast<T*>(link.place);
      size_t stride = 1;
      int64_t distance = distances == nullptr ? 0 : distances[k];
      if (link.kind == TK_KEEP || link.source == TK_SLOT) {
        place = slots_[link.slot];
        stride = 0;
        distance = 0;
      } else if (link.source == TK_VALUE) {
        Value* value = values_ + value_count_++;
        *value = {place, distance};
        place = tiles_[value - values_];
        Repeat(*value, place);
        stride = 0;
        distance = 0;
      }
      *end_++ = {CodeOf(link, count), link.op, place, stride, distance};
      if (stride != 0 && Reads(link)) ReadsFrom(place);
    }
  }

  void Run(size_t count) {
    size_t i = 0;
    for (; i + kTile <= count; i += kTile) RunTile<kVectors, false>(i, kTile);
    // Short rows, and the ends of others, are often one vector or two.
    const size_t rest = count - i;
    if (rest > 2 * kLanes)
      RunTile<kVectors, true>(i, rest);
    else if (rest > kLanes)
      RunTile<2, true>(i, rest);
    else if (rest > 0)
      RunTile<1, true>(i, rest);
  }

  void RunRows(size_t rows, size_t count) {
    // What lies ahead is in other rows.
    if (rows > 1) read_end_ = read_;
    for (size_t row = 0; row < rows; ++row) {
      if (row > 0) Advance();
      Run(count);
    }
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

  // One value for all of a row.
  struct Value {
    const T* place;
    int64_t distance;
  };

  static HWY_INLINE void Repeat(const Value& value, T* tile) {
    const D d;
    const V v = hn::Set(d, *value.place);
    for (size_t k = 0; k < kVectors; ++k) hn::Store(v, d, tile + k * kLanes);
  }

  void Advance() {
    for (Step<T>* step = steps_; step != end_; ++step) step->place += step->distance;
    for (size_t k = 0; k < value_count_; ++k) {
      Value& value = values_[k];
      if (value.distance == 0) continue;
      value.place += value.distance;
      Repeat(value, tiles_[k]);
    }
  }

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

  // One switch in one function: the vectors are local variables, and stay in registers. What is
  // left over is no whole tile; lanes behind it compute something that nobody sees.
  template <size_t kCount, bool kIsPart>
  void RunTile(size_t first, size_t count) {
    const D d;
    FetchAhead(first);
    V v[kCount];
    for (size_t k = 0; k < kCount; ++k) v[k] = hn::Zero(d);
    const T* second = nullptr;
    const Step<T>* second_step = nullptr;
    // How many lanes of a vector are elements.
    const auto lanes = [&](size_t k) { return count - HWY_MIN(count, k * kLanes); };
    const auto load = [&](const Step<T>& step, const T* p, size_t k) {
      if (!kIsPart || step.stride == 0) return hn::LoadU(d, p + k * kLanes);
      return LoadFirst(d, p + k * kLanes, lanes(k));
    };
    for (const Step<T>* step = steps_; step != end_; ++step) {
      T* p = step->place + first * step->stride;
      switch (step->code) {
        case Code::kLoad:
          for (size_t k = 0; k < kCount; ++k) v[k] = load(*step, p, k);
          break;
        case Code::kStore:
          for (size_t k = 0; k < kCount; ++k) {
            if (!kIsPart || step->stride == 0)
              hn::StoreU(v[k], d, p + k * kLanes);
            else
              StoreFirst(v[k], d, p + k * kLanes, lanes(k));
          }
          break;
        case Code::kStream:
          for (size_t k = 0; k < kCount; ++k) {
            if (kIsPart)
              StoreFirst(v[k], d, p + k * kLanes, lanes(k));
            else
              hn::Stream(v[k], d, p + k * kLanes);
          }
          break;
        case Code::kAdd:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Add(v[k], load(*step, p, k));
          break;
        case Code::kSubtract:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Sub(v[k], load(*step, p, k));
          break;
        case Code::kSubtractFrom:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Sub(load(*step, p, k), v[k]);
          break;
        case Code::kMultiply:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Mul(v[k], load(*step, p, k));
          break;
        case Code::kDivide:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Div(v[k], load(*step, p, k));
          break;
        case Code::kDivideInto:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Div(load(*step, p, k), v[k]);
          break;
        case Code::kNegate:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Neg(v[k]);
          break;
        case Code::kAbs:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Abs(v[k]);
          break;
        case Code::kSquare:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Mul(v[k], v[k]);
          break;
        case Code::kReciprocal:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Div(hn::Set(d, T(1)), v[k]);
          break;
        case Code::kSquareRoot:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Sqrt(v[k]);
          break;
        case Code::kReciprocalSquareRoot:
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Div(hn::Set(d, T(1)), hn::Sqrt(v[k]));
          break;
        // A NaN is not at most 0.
        case Code::kRelu:
          for (size_t k = 0; k < kCount; ++k) {
            v[k] = hn::IfThenZeroElse(hn::Le(v[k], hn::Zero(d)), v[k]);
          }
          break;
        case Code::kSecond:
          second = p;
          second_step = step;
          break;
        case Code::kFma:
          for (size_t k = 0; k < kCount; ++k) {
            v[k] = hn::MulAdd(v[k], load(*second_step, second, k), load(*step, p, k));
          }
          break;
        // These would take the registers of all others.
        case Code::kExp:
        case Code::kSigmoid:
        case Code::kTanh:
        case Code::kUnary:
        case Code::kBinary:
        case Code::kBinaryReversed:
        case Code::kTernary:
          for (size_t k = 0; k < kCount; ++k) hn::Store(v[k], d, tile_ + k * kLanes);
          InMemory(*step, second, p, count);
          for (size_t k = 0; k < kCount; ++k) v[k] = hn::Load(d, tile_ + k * kLanes);
          break;
      }
    }
  }

  // A function of a tile, of which not all lanes need be elements.
  template <class Op>
  HWY_NOINLINE void Mathematical(size_t count) {
    const D d;
    if constexpr (kHasVectors) {
      for (size_t i = 0; i < count; i += kLanes)
        hn::Store(Apply<Op>(d, hn::Load(d, tile_ + i)), d, tile_ + i);
    }
  }

  // A function that passes through memory, of values that lie in `tile_`.
  HWY_NOINLINE void InMemory(const Step<T>& step, const T* second, T* p, size_t count) {
    const auto binary = [&](const T* a, const T* b) {
      tk_binary(static_cast<tk_binary_op>(step.op), kType, tile_, a, 1, b, 1, count);
    };
    switch (step.code) {
      case Code::kExp: return Mathematical<Exp>(count);
      case Code::kSigmoid: return Mathematical<Sigmoid>(count);
      case Code::kTanh: return Mathematical<Tanh>(count);
      case Code::kBinary: return binary(tile_, p);
      case Code::kBinaryReversed: return binary(p, tile_);
      case Code::kTernary:
        return tk_ternary(static_cast<tk_ternary_op>(step.op), kType, tile_, tile_, 1, second, 1, p,
                          1, count);
      default: return tk_unary(static_cast<tk_unary_op>(step.op), kType, tile_, tile_, count);
    }
  }

  const T* read_[kStreams];
  const T** read_end_ = read_;
  HWY_ALIGN T tile_[kTile];
  HWY_ALIGN T slots_[TK_CHAIN_SLOTS][kTile];
  HWY_ALIGN T tiles_[TK_CHAIN_LINKS][kTile];
  Value values_[TK_CHAIN_LINKS];
  size_t value_count_ = 0;
  Step<T> steps_[TK_CHAIN_LINKS];
  Step<T>* end_;
};

void RunChain(tk_type type, const tk_link* links, const int64_t* distances, size_t link_count,
              size_t rows, size_t count) {
  if (type == TK_FLOAT32)
    Chain<float>(links, distances, link_count, count).RunRows(rows, count);
  else
    Chain<double>(links, distances, link_count, count).RunRows(rows, count);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(RunChain);

extern "C" bool tk_chain(tk_type type, const tk_link* links, size_t link_count, size_t count) {
  return tk_chain_rows(type, links, nullptr, link_count, 1, count);
}

extern "C" bool tk_chain_rows(tk_type type, const tk_link* links, const int64_t* distances,
                              size_t link_count, size_t rows, size_t count) {
  if (!IsFloating(type) || link_count > TK_CHAIN_LINKS) return false;
  for (size_t k = 0; k < link_count; ++k) {
    if (links[k].slot >= TK_CHAIN_SLOTS) return false;
    if (links[k].kind == TK_JOIN_BOTH && (k == 0 || links[k - 1].kind != TK_SECOND)) return false;
  }
  if (rows > 0) HWY_DYNAMIC_DISPATCH(RunChain)(type, links, distances, link_count, rows, count);
  return true;
}

}  // namespace tessera
#endif  // HWY_ONCE
