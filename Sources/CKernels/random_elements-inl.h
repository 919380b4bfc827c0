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
