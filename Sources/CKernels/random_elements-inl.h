// What words become: elements of each type and distribution; once an instruction set.
#if defined(TESSERA_RANDOM_ELEMENTS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_RANDOM_ELEMENTS_INL_H
#undef TESSERA_RANDOM_ELEMENTS_INL_H
#else
#define TESSERA_RANDOM_ELEMENTS_INL_H
#endif

#include "dispatch.h"
#include "hwy/highway.h"
#include "normal-inl.h"
#include "philox-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// What the words of a batch become: elements of type `T`, `kPerBlock` a block, in two vectors of
// which the first holds the first half of the blocks.
template <class Element, size_t kCount>
struct Maker {
  using T = Element;
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  static constexpr size_t kPerBlock = kCount;
};

struct UniformFloats : Maker<float, 4> {
  static HWY_INLINE V Scaled(V64 words) {
    const V32 bits = hn::ShiftRight<8>(hn::BitCast(Words32(), words));
    const hn::RebindToSigned<Words32> integers;
    return hn::Mul(hn::ConvertTo(D(), hn::BitCast(integers, bits)), hn::Set(D(), 0x1p-24f));
  }
  HWY_INLINE void Make(const Words& words, V& first, V& second) const {
    const Words64 d;
    const V64 low = hn::BitCast(d, Paired(words.word[0], words.word[1]));
    const V64 high = hn::BitCast(d, Paired(words.word[2], words.word[3]));
    first = Scaled(hn::InterleaveLower(d, low, high));
    second = Scaled(hn::InterleaveUpper(d, low, high));
  }
};

// Two words as one number.
struct WholeWords : Maker<uint64_t, 2> {
  HWY_INLINE void Make(const Words& words, V& first, V& second) const {
    const Words64 d;
    const V64 low = hn::BitCast(d, Paired(words.word[0], words.word[1]));
    const V64 high = hn::BitCast(d, Paired(words.word[2], words.word[3]));
    first = hn::InterleaveLower(d, low, high);
    second = hn::InterleaveUpper(d, low, high);
  }
};

// low + floor(words · span / 2^64) for a span of at most 32 bits, in two products of 64 bits.
// Remembers whether the lower half of a product may be below the span: one in 2^32 is.
class SmallIntegers : public Maker<uint64_t, 2> {
 public:
  HWY_INLINE SmallIntegers(uint64_t low, uint64_t span) {
    low_ = hn::Set(D(), low);
    span_ = hn::BitCast(Words32(), hn::Set(D(), span));
    close_ = hn::Zero(D());
  }
  HWY_INLINE void Make(const Words& words, V& first, V& second) const {
    V low, high;
    WholeWords().Make(words, low, high);
    first = Scaled(low);
    second = Scaled(high);
  }
  HWY_INLINE bool IsClose() const {
    const V sign = hn::ShiftRight<63>(close_);
    return !hn::AllTrue(D(), hn::Eq(sign, hn::Zero(D())));
  }

 private:
  HWY_INLINE V Scaled(V64 word) const {
    const V upper = hn::MulEven(hn::BitCast(Words32(), hn::ShiftRight<32>(word)), span_);
    const V lower = hn::MulEven(hn::BitCast(Words32(), word), span_);
    const V middle = hn::Add(upper, hn::ShiftRight<32>(lower));
    // A borrow where the upper half of the lower half is zero.
    const V rest = hn::And(middle, hn::Set(D(), uint64_t{0xFFFFFFFF}));
    close_ = hn::Or(close_, hn::Sub(rest, hn::Set(D(), uint64_t{1})));
    return hn::Add(low_, hn::ShiftRight<32>(middle));
  }

  V low_;
  V32 span_;
  mutable V close_;
};

struct UniformDoubles : Maker<double, 2> {
  static HWY_INLINE V Scaled(V64 word) {
    return hn::Mul(Reals<double>::FromAny(hn::ShiftRight<11>(word)), hn::Set(D(), 0x1p-53));
  }
  HWY_INLINE void Make(const Words& words, V& first, V& second) const {
    V64 low, high;
    WholeWords().Make(words, low, high);
    first = Scaled(low);
    second = Scaled(high);
  }
};

struct NormalFloats : Maker<float, 4> {
  HWY_INLINE void Make(const Words& words, V& first, V& second) const {
    V cosines, sines;
    Reals<float>::BoxMuller(Paired(words.word[0], words.word[2]),
                            Paired(words.word[1], words.word[3]), cosines, sines);
    first = hn::InterleaveLower(D(), cosines, sines);
    second = hn::InterleaveUpper(D(), cosines, sines);
  }
};

struct NormalDoubles : Maker<double, 2> {
  HWY_INLINE void Make(const Words& words, V& first, V& second) const {
    const Words64 d;
    V cosines, sines;
    Reals<double>::BoxMuller(hn::BitCast(d, Paired(words.word[0], words.word[1])),
                             hn::BitCast(d, Paired(words.word[2], words.word[3])), cosines, sines);
    first = hn::InterleaveLower(D(), cosines, sines);
    second = hn::InterleaveUpper(D(), cosines, sines);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_RANDOM_ELEMENTS_INL_H
