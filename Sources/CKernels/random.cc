// Counter-based random numbers.
//
// All of it is plain arithmetic without fused operations, so that the numbers are the same bits on
// every instruction set: the normal ones have their own logarithm, sine and cosine.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "random.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include <string.h>

#include "convert_one-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

// Philox blocks made at a time.
constexpr size_t kBatch = 64;

struct Words {
  alignas(64) uint32_t word[4][kBatch];
};

// The blocks counter ..< counter + kBatch (modulo 2^64).
HWY_INLINE void MakeWords(Words& words, uint64_t key, uint64_t counter) {
  TESSERA_VECTORIZE
  for (size_t i = 0; i < kBatch; ++i) {
    const uint64_t position = counter + i;
    uint32_t x0 = static_cast<uint32_t>(position);
    uint32_t x1 = static_cast<uint32_t>(position >> 32);
    uint32_t x2 = 0;
    uint32_t x3 = 0;
    uint32_t key0 = static_cast<uint32_t>(key);
    uint32_t key1 = static_cast<uint32_t>(key >> 32);
#pragma clang loop unroll(full)
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
    words.word[0][i] = x0;
    words.word[1][i] = x1;
    words.word[2][i] = x2;
    words.word[3][i] = x3;
  }
}

// Words `pair` and `pair + 1` of block i as one number.
HWY_INLINE uint64_t Word64(const Words& words, size_t pair, size_t i) {
  return words.word[pair][i] | uint64_t{words.word[pair + 1][i]} << 32;
}

// The natural logarithm of a normal number, after fdlibm's log: x = 2^k · m with m around 1, s =
// (m-1)/(m+1), log m = f - (f²/2 - s · (f²/2 + R(s²))) for f = m - 1.
HWY_INLINE float Logarithm(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits += 0x3F800000 - 0x3F3504F3;
  const float k = static_cast<float>(static_cast<int32_t>(bits >> 23) - 127);
  bits = (bits & 0x007FFFFF) + 0x3F3504F3;
  float m;
  memcpy(&m, &bits, sizeof m);
  const float f = m - 1;
  const float s = f / (2 + f);
  const float z = s * s;
  const float w = z * z;
  const float r =
      z * (0.66666662693f + w * 0.28498786688f) + w * (0.40000972152f + w * 0.24279078841f);
  const float half_square = 0.5f * f * f;
  return k * 0.69313812256f - ((half_square - (s * (half_square + r) + k * 9.0580006145e-6f)) - f);
}

HWY_INLINE double Logarithm(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits += 0x3FF0000000000000 - 0x3FE6A09E00000000;
  const double k = static_cast<double>(static_cast<int32_t>(bits >> 52) - 1023);
  bits = (bits & 0x000FFFFFFFFFFFFF) + 0x3FE6A09E00000000;
  double m;
  memcpy(&m, &bits, sizeof m);
  const double f = m - 1;
  const double s = f / (2 + f);
  const double z = s * s;
  const double w = z * z;
  const double even =
      w * (0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332));
  const double odd =
      z * (0.6666666666666735130 +
           w * (0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591)));
  const double half_square = 0.5 * f * f;
  return k * 6.93147180369123816490e-01 -
         ((half_square - (s * (half_square + even + odd) + k * 1.90821492927058770002e-10)) - f);
}

// Sine and cosine of a, |a| <= π/4, after Cephes.
HWY_INLINE float SinePart(float a) {
  const float z = a * a;
  return ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * a + a;
}

HWY_INLINE float CosinePart(float a) {
  const float z = a * a;
  return ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z -
         0.5f * z + 1;
}

HWY_INLINE double SinePart(double a) {
  const double z = a * a;
  const double p = ((((1.58962301576546568060e-10 * z - 2.50507477628578072866e-8) * z +
                      2.75573136213857245213e-6) *
                         z -
                     1.98412698295895385996e-4) *
                        z +
                    8.33333333332211858878e-3) *
                       z -
                   1.66666666666666307295e-1;
  return a + a * z * p;
}

HWY_INLINE double CosinePart(double a) {
  const double z = a * a;
  const double p = ((((-1.13585365213876817300e-11 * z + 2.08757008419747316778e-9) * z -
                      2.75573141792967388112e-7) *
                         z +
                     2.48015872888517045348e-5) *
                        z -
                    1.38888888888730564116e-3) *
                       z +
                   4.16666666666665929218e-2;
  return 1 - 0.5 * z + z * z * p;
}

// Box and Muller: sqrt(-2 log u) · (cos, sin)(2 π turn) for u in (0, 1] and turn in [0, 1). The
// angle is a multiple of a quarter turn and a rest of at most an eighth, both exact.
template <class T>
HWY_INLINE void BoxMuller(T u, T turn, T& first, T& second) {
  const T radius = __builtin_elementwise_sqrt(T(-2) * Logarithm(u));
  const T quarters = static_cast<T>(static_cast<int32_t>(turn * 4 + T(0.5)));
  const int32_t quadrant = static_cast<int32_t>(quarters) & 3;
  const T angle = (turn * 4 - quarters) * T(1.57079632679489661923);
  const T s = SinePart(angle);
  const T c = CosinePart(angle);
  const T sine = (quadrant & 1) != 0 ? c : s;
  const T cosine = (quadrant & 1) != 0 ? s : c;
  first = radius * ((quadrant == 1 || quadrant == 2) ? -cosine : cosine);
  second = radius * ((quadrant & 2) != 0 ? -sine : sine);
}

// What a batch becomes: `kPerBlock` elements of type `T` a block of words.
struct UniformFloats {
  using T = float;
  static constexpr size_t kPerBlock = 4;
  HWY_INLINE void Make(T* out, const Words& words) const {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < kBatch; ++i) {
      for (size_t k = 0; k < 4; ++k) {
        out[4 * i + k] = static_cast<float>(static_cast<int32_t>(words.word[k][i] >> 8)) * 0x1p-24f;
      }
    }
  }
};

struct UniformDoubles {
  using T = double;
  static constexpr size_t kPerBlock = 2;
  HWY_INLINE void Make(T* out, const Words& words) const {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < kBatch; ++i) {
      out[2 * i] = static_cast<double>(static_cast<int64_t>(Word64(words, 0, i) >> 11)) * 0x1p-53;
      out[2 * i + 1] =
          static_cast<double>(static_cast<int64_t>(Word64(words, 2, i) >> 11)) * 0x1p-53;
    }
  }
};

struct NormalFloats {
  using T = float;
  static constexpr size_t kPerBlock = 4;
  // All 32 bits of a word, plus one half, so that small values are finely spaced and zero does not
  // occur.
  static HWY_INLINE float Uniform(uint32_t word) {
    return (static_cast<float>(word) + 0.5f) * 0x1p-32f;
  }
  static HWY_INLINE float Turn(uint32_t word) {
    return static_cast<float>(static_cast<int32_t>(word >> 8)) * 0x1p-24f;
  }
  HWY_INLINE void Make(T* out, const Words& words) const {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < kBatch; ++i) {
      BoxMuller(Uniform(words.word[0][i]), Turn(words.word[1][i]), out[4 * i], out[4 * i + 1]);
      BoxMuller(Uniform(words.word[2][i]), Turn(words.word[3][i]), out[4 * i + 2], out[4 * i + 3]);
    }
  }
};

struct NormalDoubles {
  using T = double;
  static constexpr size_t kPerBlock = 2;
  HWY_INLINE void Make(T* out, const Words& words) const {
    TESSERA_VECTORIZE
    for (size_t i = 0; i < kBatch; ++i) {
      const int64_t radius_bits = static_cast<int64_t>(Word64(words, 0, i) >> 11);
      const int64_t turn_bits = static_cast<int64_t>(Word64(words, 2, i) >> 11);
      const double u = (static_cast<double>(radius_bits) + 0.5) * 0x1p-53;
      BoxMuller(u, static_cast<double>(turn_bits) * 0x1p-53, out[2 * i], out[2 * i + 1]);
    }
  }
};

// low + floor(word · span / 2^64). For spans of up to 32 bits in two products of 64 bits, which
// have vectors.
struct Integers {
  using T = int64_t;
  static constexpr size_t kPerBlock = 2;
  int64_t low;
  uint64_t span;

  HWY_INLINE int64_t Narrow(uint64_t word) const {
    const uint64_t upper = (word >> 32) * span;
    const uint64_t lower = (word & 0xFFFFFFFF) * span;
    return static_cast<int64_t>(static_cast<uint64_t>(low) + ((upper + (lower >> 32)) >> 32));
  }

  HWY_INLINE int64_t Wide(uint64_t word) const {
    const unsigned __int128 product = static_cast<unsigned __int128>(word) * span;
    return static_cast<int64_t>(static_cast<uint64_t>(low) + static_cast<uint64_t>(product >> 64));
  }

  HWY_INLINE void Make(T* out, const Words& words) const {
    if (span <= uint64_t{1} << 32) {
      TESSERA_VECTORIZE
      for (size_t i = 0; i < kBatch; ++i) {
        out[2 * i] = Narrow(Word64(words, 0, i));
        out[2 * i + 1] = Narrow(Word64(words, 2, i));
      }
    } else {
      for (size_t i = 0; i < kBatch; ++i) {
        out[2 * i] = Wide(Word64(words, 0, i));
        out[2 * i + 1] = Wide(Word64(words, 2, i));
      }
    }
  }
};

// Elements first ..< first + count, in batches that begin at `first`'s block; take(values, count)
// gets them in order.
template <class Maker, class Take>
HWY_INLINE void Generate(const Maker& maker, uint64_t key, uint64_t first, size_t count,
                         Take take) {
  constexpr size_t kPerBlock = Maker::kPerBlock;
  Words words;
  alignas(64) typename Maker::T values[kBatch * kPerBlock];
  uint64_t block = first / kPerBlock;
  size_t skip = first % kPerBlock;
  while (count > 0) {
    MakeWords(words, key, block);
    maker.Make(values, words);
    const size_t made = kBatch * kPerBlock - skip;
    const size_t length = count < made ? count : made;
    take.Accept(values + skip, length);
    count -= length;
    block += kBatch;
    skip = 0;
  }
}

template <class T>
struct CopyOut {
  T* out;
  HWY_INLINE void Accept(const T* values, size_t count) {
    memcpy(out, values, count * sizeof(T));
    out += count;
  }
};

template <class To, class Stored>
struct ConvertOut {
  Stored* out;
  HWY_INLINE void Accept(const int64_t* values, size_t count) {
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<Stored>(ConvertOne<To>(values[i]));
    out += count;
  }
};

void Uniform(tk_type type, void* out, uint64_t key, uint64_t first, size_t count) {
  if (type == TK_FLOAT32) {
    Generate(UniformFloats(), key, first, count, CopyOut<float>{static_cast<float*>(out)});
  } else if (type == TK_FLOAT64) {
    Generate(UniformDoubles(), key, first, count, CopyOut<double>{static_cast<double*>(out)});
  }
}

void Normal(tk_type type, void* out, uint64_t key, uint64_t first, size_t count) {
  if (type == TK_FLOAT32) {
    Generate(NormalFloats(), key, first, count, CopyOut<float>{static_cast<float*>(out)});
  } else if (type == TK_FLOAT64) {
    Generate(NormalDoubles(), key, first, count, CopyOut<double>{static_cast<double*>(out)});
  }
}

template <class To, class Stored>
HWY_INLINE void IntegersAs(void* out, uint64_t key, uint64_t first, size_t count, Integers maker) {
  Generate(maker, key, first, count, ConvertOut<To, Stored>{static_cast<Stored*>(out)});
}

void RandomIntegers(tk_type type, void* out, uint64_t key, uint64_t first, size_t count,
                    int64_t low, uint64_t span) {
  const Integers maker{low, span};
  switch (type) {
    case TK_FLOAT32: return IntegersAs<float, float>(out, key, first, count, maker);
    case TK_FLOAT64: return IntegersAs<double, double>(out, key, first, count, maker);
    case TK_INT32: return IntegersAs<int32_t, int32_t>(out, key, first, count, maker);
    case TK_INT64: return IntegersAs<int64_t, int64_t>(out, key, first, count, maker);
    case TK_UINT8: return IntegersAs<uint8_t, uint8_t>(out, key, first, count, maker);
    case TK_BOOL: return IntegersAs<bool, uint8_t>(out, key, first, count, maker);
  }
}

void Philox(uint64_t key, uint64_t counter, uint32_t* out) {
  Words words;
  MakeWords(words, key, counter);
  for (size_t k = 0; k < 4; ++k) out[k] = words.word[k][0];
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

void tk_random_uniform(tk_type type, void* out, uint64_t key, uint64_t first, size_t count) {
  HWY_DYNAMIC_DISPATCH(Uniform)(type, out, key, first, count);
}

void tk_random_normal(tk_type type, void* out, uint64_t key, uint64_t first, size_t count) {
  HWY_DYNAMIC_DISPATCH(Normal)(type, out, key, first, count);
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
