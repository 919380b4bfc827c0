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

// low + floor(word · span / 2^64) in place of each word, where a span of 0 stands for 2^64. For
// spans of up to 32 bits in two products of 64 bits, which have vectors.
void ScaleWords(uint64_t* words, size_t count, uint64_t low, uint64_t span) {
  if (span == 0) {
    for (size_t i = 0; i < count; ++i) words[i] += low;
  } else if (span <= uint64_t{1} << 32) {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < count; ++i) {
      const uint64_t upper = (words[i] >> 32) * span;
      const uint64_t lower = (words[i] & 0xFFFFFFFF) * span;
      words[i] = low + ((upper + (lower >> 32)) >> 32);
    }
  } else {
    for (size_t i = 0; i < count; ++i) {
      const unsigned __int128 product = static_cast<unsigned __int128>(words[i]) * span;
      words[i] = low + static_cast<uint64_t>(product >> 64);
    }
  }
}

void RandomIntegers(tk_type type, void* out, uint64_t key, uint64_t first, size_t count,
                    int64_t low, uint64_t span) {
  const bool is_word = type == TK_INT64 || type == TK_UINT64;
  alignas(64) uint64_t buffer[512];
  while (count > 0) {
    const size_t length = count < 512 ? count : 512;
    uint64_t* words = is_word ? static_cast<uint64_t*>(out) : buffer;
    Generate(WholeWords(), key, first, length, words, false);
    ScaleWords(words, length, static_cast<uint64_t>(low), span);
    if (!is_word) tk_convert(type, out, TK_INT64, words, length);
    out = static_cast<uint8_t*>(out) + length * SizeOf(type);
    first += length;
    count -= length;
  }
}

void Philox(uint64_t key, uint64_t counter, uint32_t* out) {
  Words words[1];
  MakeWords(RoundKeys(key), counter, words);
  for (size_t k = 0; k < 4; ++k) out[k] = static_cast<uint32_t>(hn::GetLane(words[0].word[k]));
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(Uniform);
HWY_EXPORT(Normal);
HWY_EXPORT(RandomIntegers);
HWY_EXPORT(Philox);

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

void tk_philox(uint64_t key, uint64_t counter, uint32_t words[4]) {
  HWY_DYNAMIC_DISPATCH(Philox)(key, counter, words);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
