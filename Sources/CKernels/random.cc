// Counter-based random numbers: the same bits on every instruction set.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "random.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "philox-inl.h"
#include "random_elements-inl.h"
#include "stream-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Batches that are made in one go. (Found by trying: with fewer, or more, some wait.)
constexpr size_t kSideBySide = 4;

// kBatches batches from the block on.
template <size_t kBatches, bool kStreams, class Maker, class T>
HWY_INLINE void MakeBatches(const Maker& maker, const RoundKeys& keys, uint64_t block, T* out) {
  const hn::ScalableTag<T> d;
  const size_t lanes = hn::Lanes(d);
  Words batches[kBatches];
  MakeWords(keys, block, batches);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kBatches; ++i, out += 2 * lanes) {
    typename Maker::V first, second;
    maker.Make(batches[i], first, second);
    if constexpr (kStreams) {
      hn::Stream(first, d, out);
      hn::Stream(second, d, out + lanes);
    } else {
      hn::StoreU(first, d, out);
      hn::StoreU(second, d, out + lanes);
    }
  }
}

// Whole batches, many at a time.
template <bool kStreams, class Maker, class T>
void MakeMany(const Maker& maker, const RoundKeys& keys, uint64_t block, T* out, size_t batches) {
  constexpr size_t kBatch = Maker::kPerBlock * kBlocks;
  size_t done = 0;
  for (; done + kSideBySide <= batches; done += kSideBySide) {
    MakeBatches<kSideBySide, kStreams>(maker, keys, block + done * kBlocks, out + done * kBatch);
  }
  for (; done < batches; ++done) {
    MakeBatches<1, kStreams>(maker, keys, block + done * kBlocks, out + done * kBatch);
  }
}

// Elements first ..< first + count. Past the caches where a block begins on a cache line.
template <class Maker, class T = typename Maker::T>
void Generate(const Maker& maker, uint64_t key, uint64_t first, size_t count, T* out,
              bool streams) {
  constexpr size_t kPerBlock = Maker::kPerBlock;
  constexpr size_t kBatch = kPerBlock * kBlocks;
  const RoundKeys keys(key);
  uint64_t block = first / kPerBlock;
  const auto make_part = [&](size_t skip, size_t length) {
    alignas(64) T values[kBatch];
    while (length > 0) {
      MakeBatches<1, false>(maker, keys, block, values);
      const size_t part = length < kBatch - skip ? length : kBatch - skip;
      memcpy(out, values + skip, part * sizeof(T));
      block += (skip + part) / kPerBlock;
      out += part;
      length -= part;
      count -= part;
      skip = 0;
    }
  };
  const size_t skip = first % kPerBlock;
  size_t head = skip == 0 ? 0 : kPerBlock - skip;
  const size_t to_line = ToCacheLine(out + head);
  streams = streams && to_line % (kPerBlock * sizeof(T)) == 0;
  if (streams) head += to_line / sizeof(T);
  make_part(skip, head < count ? head : count);
  const size_t batches = count / kBatch;
  if (streams) {
    MakeMany<true>(maker, keys, block, out, batches);
    hwy::FlushStream();
  } else {
    MakeMany<false>(maker, keys, block, out, batches);
  }
  block += batches * kBlocks;
  out += batches * kBatch;
  count -= batches * kBatch;
  make_part(0, count);
}

void Uniform(tk_type type, void* out, uint64_t key, uint64_t first, size_t count, bool streams) {
  if (type == TK_FLOAT32) {
    Generate(UniformFloats(), key, first, count, static_cast<float*>(out), streams);
  } else if (type == TK_FLOAT64) {
    Generate(UniformDoubles(), key, first, count, static_cast<double*>(out), streams);
  }
}

void Normal(tk_type type, void* out, uint64_t key, uint64_t first, size_t count, bool streams) {
  if (type == TK_FLOAT32) {
    Generate(NormalFloats(), key, first, count, static_cast<float*>(out), streams);
  } else if (type == TK_FLOAT64) {
    Generate(NormalDoubles(), key, first, count, static_cast<double*>(out), streams);
  }
}

// The first word of an element that leaves every number alike (Lemire, Fast random integer
// generation in an interval, 2019): of its product with the span, the lower half must not be below
// `excess`, 2^64 mod span. `word` is the element's own; the next ones are those of its place in
// other streams.
uint64_t Unbiased(uint64_t word, uint64_t key, uint64_t position, uint64_t span, uint64_t excess) {
  for (uint32_t attempt = 1; word * span < excess; ++attempt) {
    uint32_t words[4];
    tk_philox(key, TK_REDRAWN, attempt, position / 2, words);
    const uint32_t* pair = words + position % 2 * 2;
    word = pair[0] | uint64_t{pair[1]} << 32;
  }
  return word;
}

uint64_t UpperHalf(uint64_t word, uint64_t span) {
  return static_cast<uint64_t>(static_cast<unsigned __int128>(word) * span >> 64);
}

// low + floor(word · span / 2^64) in place of each word, for spans of more than 32 bits. Says
// whether the lower half of a product is below the span, so that it may be below the excess.
bool ScaleWords(uint64_t* words, size_t count, uint64_t low, uint64_t span) {
  uint64_t least = ~uint64_t{0};
  for (size_t i = 0; i < count; ++i) {
    const uint64_t rest = words[i] * span;
    least = rest < least ? rest : least;
    words[i] = low + UpperHalf(words[i], span);
  }
  return least < span;
}

// Numbers low ..< low + span, each alike, where a span of 0 stands for 2^64.
void MakeIntegers(uint64_t* words, uint64_t key, uint64_t first, size_t count, uint64_t low,
                  uint64_t span) {
  bool is_close;
  if ((span & (span - 1)) == 0) {
    // The upper bits of a word, of which powers of two leave none over.
    Generate(WholeWords(), key, first, count, words, false);
    const int dropped = span == 0 ? 0 : span == 1 ? 63 : __builtin_clzll(span) + 1;
    const uint64_t mask = span - 1;
    for (size_t i = 0; i < count; ++i) words[i] = low + ((words[i] >> dropped) & mask);
    return;
  } else if (span >> 32 == 0) {
    const SmallIntegers maker(low, span);
    Generate(maker, key, first, count, words, false);
    is_close = maker.IsClose();
  } else {
    Generate(WholeWords(), key, first, count, words, false);
    is_close = ScaleWords(words, count, low, span);
  }
  if (HWY_LIKELY(!is_close)) return;
  const uint64_t excess = (0 - span) % span;
  Generate(WholeWords(), key, first, count, words, false);
  for (size_t i = 0; i < count; ++i) {
    words[i] = low + UpperHalf(Unbiased(words[i], key, first + i, span, excess), span);
  }
}

void RandomIntegers(tk_type type, void* out, uint64_t key, uint64_t first, size_t count,
                    int64_t low, uint64_t span) {
  const bool is_word = type == TK_INT64 || type == TK_UINT64;
  alignas(64) uint64_t buffer[512];
  while (count > 0) {
    const size_t length = count < 512 ? count : 512;
    uint64_t* words = is_word ? static_cast<uint64_t*>(out) : buffer;
    MakeIntegers(words, key, first, length, static_cast<uint64_t>(low), span);
    if (!is_word) tk_convert(type, out, TK_INT64, words, length);
    out = static_cast<uint8_t*>(out) + length * SizeOf(type);
    first += length;
    count -= length;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Uniform);
HWY_EXPORT(Normal);
HWY_EXPORT(RandomIntegers);

extern "C" {

void tk_random_uniform(tk_type type, void* out, uint64_t key, uint64_t first, size_t count,
                       bool streams) {
  HWY_DYNAMIC_DISPATCH(Uniform)(type, out, key, first, count, streams);
}

void tk_random_normal(tk_type type, void* out, uint64_t key, uint64_t first, size_t count,
                      bool streams) {
  HWY_DYNAMIC_DISPATCH(Normal)(type, out, key, first, count, streams);
}

void tk_random_integers(tk_type type, void* out, uint64_t key, uint64_t first, size_t count,
                        int64_t low, uint64_t span) {
  HWY_DYNAMIC_DISPATCH(RandomIntegers)(type, out, key, first, count, low, span);
}

void tk_philox(uint64_t key, tk_random_use use, uint32_t number, uint64_t counter,
               uint32_t words[4]) {
  uint32_t x0 = static_cast<uint32_t>(counter), x1 = static_cast<uint32_t>(counter >> 32);
  uint32_t x2 = use, x3 = number;
  uint32_t key0 = static_cast<uint32_t>(key), key1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * x0;
    const uint64_t product1 = uint64_t{0xCD9E8D57} * x2;
    x0 = static_cast<uint32_t>(product1 >> 32) ^ x1 ^ key0;
    x2 = static_cast<uint32_t>(product0 >> 32) ^ x3 ^ key1;
    x1 = static_cast<uint32_t>(product1);
    x3 = static_cast<uint32_t>(product0);
    key0 += 0x9E3779B9;
    key1 += 0xBB67AE85;
  }
  words[0] = x0;
  words[1] = x1;
  words[2] = x2;
  words[3] = x3;
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
