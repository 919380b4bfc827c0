// Philox 4x32-10 in vectors; once an instruction set.
#if defined(TESSERA_PHILOX_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef TESSERA_PHILOX_INL_H
#undef TESSERA_PHILOX_INL_H
#else
#define TESSERA_PHILOX_INL_H
#endif

#include "dispatch.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Words64 = hn::ScalableTag<uint64_t>;
using Words32 = hn::ScalableTag<uint32_t>;
using V64 = hn::Vec<Words64>;
using V32 = hn::Vec<Words32>;

// Blocks made at a time: one a lane of 64 bits. Lanes 2b and 2b + 1 hold blocks b and
// kBlocks / 2 + b, so that interleaving two vectors puts blocks in order.
constexpr size_t kBlocks = hn::MaxLanes(Words64());

constexpr int kRounds = 10;

struct RoundKeys {
  V64 first[kRounds], second[kRounds];

  explicit HWY_INLINE RoundKeys(uint64_t key) {
    uint32_t key0 = static_cast<uint32_t>(key);
    uint32_t key1 = static_cast<uint32_t>(key >> 32);
    for (int round = 0; round < kRounds; ++round) {
      first[round] = hn::Set(Words64(), uint64_t{key0});
      second[round] = hn::Set(Words64(), uint64_t{key1});
      key0 += 0x9E3779B9;
      key1 += 0xBB67AE85;
    }
  }
};

// The words of kBlocks blocks, each in the lower half of its lane; the upper halves mean nothing.
struct Words {
  V64 word[4];
};

// What is to be added to a counter in each lane.
HWY_INLINE V64 BlockNumbers() {
  alignas(64) uint64_t numbers[kBlocks];
  for (size_t lane = 0; lane < kBlocks; ++lane) {
    numbers[lane] = lane / 2 + lane % 2 * (kBlocks / 2);
  }
  return hn::Load(Words64(), numbers);
}

// The blocks counter ..< counter + kBatches · kBlocks (modulo 2^64) of what is TK_DRAWN. Batches
// are made side by side, since a round waits for the one before it.
template <size_t kBatches>
HWY_INLINE void MakeWords(const RoundKeys& keys, uint64_t counter, Words (&batches)[kBatches]) {
  const Words64 d;
  const Words32 halves;
  const V32 multiplier0 = hn::Set(halves, 0xD2511F53u);
  const V32 multiplier1 = hn::Set(halves, 0xCD9E8D57u);
  V64 x[kBatches][4];
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kBatches; ++i) {
    x[i][0] = hn::Add(hn::Set(d, counter + i * kBlocks), BlockNumbers());
    x[i][1] = hn::ShiftRight<32>(x[i][0]);
    x[i][2] = hn::Set(d, uint64_t{TK_DRAWN});
    x[i][3] = hn::Zero(d);
  }
#pragma clang loop unroll(full)
  for (int round = 0; round < kRounds; ++round) {
#pragma clang loop unroll(full)
    for (size_t i = 0; i < kBatches; ++i) {
      // Of even lanes of 32 bits: the lower halves.
      const V64 product0 = hn::MulEven(hn::BitCast(halves, x[i][0]), multiplier0);
      const V64 product1 = hn::MulEven(hn::BitCast(halves, x[i][2]), multiplier1);
      x[i][0] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), x[i][1]), keys.first[round]);
      x[i][2] = hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), x[i][3]), keys.second[round]);
      x[i][1] = product1;
      x[i][3] = product0;
    }
  }
#pragma clang loop unroll(full)
  for (size_t i = 0; i < kBatches; ++i) {
#pragma clang loop unroll(full)
    for (size_t k = 0; k < 4; ++k) batches[i].word[k] = x[i][k];
  }
}

// The lower halves of two vectors, one beside the other: that of `low` comes first.
HWY_INLINE V32 Paired(V64 low, V64 high) {
  const Words32 d;
  return hn::OddEven(hn::Shuffle2301(hn::BitCast(d, high)), hn::BitCast(d, low));
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#endif  // TESSERA_PHILOX_INL_H
