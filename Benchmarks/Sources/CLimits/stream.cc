// Passes over memory: nothing but loads and stores, four vectors at a time.
#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "stream.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "hwy/cache_control.h"
#include "threads.h"

HWY_BEFORE_NAMESPACE();
namespace benchmarks {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vector = hn::Vec<Floats>;

// Bytes between what is asked for and what is read: found by trying.
constexpr size_t kAhead = 1024;

// out[i] = value(i), in whole vectors from the start, which is on a cache line, then element(i) one
// by one. `sources` calls its argument with each pointer that is read from.
template <limit_way kWay, class Value, class Element, class Sources>
HWY_INLINE void Fill(float *out, size_t count, Value value, Element element, Sources sources) {
  const Floats d;
  const size_t lanes = hn::Lanes(d);
  const auto put = [&](Vector v, size_t i) {
    if (kWay == LIMIT_CACHED) {
      hn::Store(v, d, out + i);
    } else {
      hn::Stream(v, d, out + i);
    }
  };
  size_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    if (kWay == LIMIT_PREFETCHED) {
      for (size_t k = 0; k < 4 * lanes; k += 64 / sizeof(float)) {
        sources([&](const float *source) {
          hwy::Prefetch(reinterpret_cast<const char *>(source + i + k) + kAhead);
        });
      }
    }
    const Vector v0 = value(i);
    const Vector v1 = value(i + lanes);
    const Vector v2 = value(i + 2 * lanes);
    const Vector v3 = value(i + 3 * lanes);
    put(v0, i);
    put(v1, i + lanes);
    put(v2, i + 2 * lanes);
    put(v3, i + 3 * lanes);
  }
  for (; i < count; ++i) out[i] = element(i);
  if (kWay != LIMIT_CACHED) hwy::FlushStream();
}

template <limit_way kWay>
void Pass(limit_pass pass, float *out, const float *a, const float *b, size_t count, size_t terms,
          size_t distance) {
  const Floats d;
  switch (pass) {
    case LIMIT_READ: break;
    case LIMIT_WRITE: {
      const Vector one = hn::Set(d, 1.0f);
      Fill<kWay>(out, count, [&](size_t) { return one; }, [](size_t) { return 1.0f; },
                 [](auto) {});
      break;
    }
    case LIMIT_COPY:
      Fill<kWay>(out, count, [&](size_t i) { return hn::Load(d, a + i); },
                 [&](size_t i) { return a[i]; }, [&](auto read) { read(a); });
      break;
    case LIMIT_ADD:
      Fill<kWay>(out, count,
                 [&](size_t i) { return hn::Add(hn::Load(d, a + i), hn::Load(d, b + i)); },
                 [&](size_t i) { return a[i] + b[i]; },
                 [&](auto read) {
                   read(a);
                   read(b);
                 });
      break;
    case LIMIT_UPDATE:
      Fill<kWay>(out, count,
                 [&](size_t i) { return hn::Add(hn::Load(d, out + i), hn::Load(d, a + i)); },
                 [&](size_t i) { return out[i] + a[i]; },
                 [&](auto read) {
                   read(out);
                   read(a);
                 });
      break;
    case LIMIT_JOIN:
      Fill<kWay>(
          out, count,
          [&](size_t i) {
            Vector sum = hn::LoadU(d, a + i);
            for (size_t term = 1; term < terms; ++term) {
              sum = hn::Add(sum, hn::LoadU(d, a + term * distance + i));
            }
            return sum;
          },
          [&](size_t i) {
            float sum = a[i];
            for (size_t term = 1; term < terms; ++term) sum += a[term * distance + i];
            return sum;
          },
          [&](auto read) {
            for (size_t term = 0; term < terms; ++term) read(a + term * distance);
          });
      break;
  }
}

void Stream(limit_pass pass, limit_way way, float *out, const float *a, const float *b,
            size_t count, size_t terms, size_t distance) {
  switch (way) {
    case LIMIT_CACHED: return Pass<LIMIT_CACHED>(pass, out, a, b, count, terms, distance);
    case LIMIT_STREAMED: return Pass<LIMIT_STREAMED>(pass, out, a, b, count, terms, distance);
    case LIMIT_PREFETCHED: return Pass<LIMIT_PREFETCHED>(pass, out, a, b, count, terms, distance);
  }
}

// The sum, so that the loads are of use.
float Read(const float *a, size_t count) {
  const Floats d;
  const size_t lanes = hn::Lanes(d);
  Vector s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  size_t i = 0;
  for (; i + 8 * lanes <= count; i += 8 * lanes) {
    s0 = hn::Add(s0, hn::Load(d, a + i));
    s1 = hn::Add(s1, hn::Load(d, a + i + lanes));
    s2 = hn::Add(s2, hn::Load(d, a + i + 2 * lanes));
    s3 = hn::Add(s3, hn::Load(d, a + i + 3 * lanes));
    s4 = hn::Add(s4, hn::Load(d, a + i + 4 * lanes));
    s5 = hn::Add(s5, hn::Load(d, a + i + 5 * lanes));
    s6 = hn::Add(s6, hn::Load(d, a + i + 6 * lanes));
    s7 = hn::Add(s7, hn::Load(d, a + i + 7 * lanes));
  }
  const Vector sum =
      hn::Add(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), hn::Add(hn::Add(s4, s5), hn::Add(s6, s7)));
  float total = hn::GetLane(hn::SumOfLanes(d, sum));
  for (; i < count; ++i) total += a[i];
  return total;
}

}  // namespace HWY_NAMESPACE
}  // namespace benchmarks
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace benchmarks {

HWY_EXPORT(Stream);
HWY_EXPORT(Read);

extern "C" double limit_stream(limit_threads *threads, limit_pass pass, limit_way way, float *out,
                               const float *a, const float *b, size_t count, size_t terms,
                               size_t passes) {
  std::atomic<float> use{0};
  return threads->Run([&](size_t thread) {
    size_t first, length;
    threads->Part(count, thread, &first, &length);
    const auto at = [first](auto *memory) { return memory == nullptr ? memory : memory + first; };
    for (size_t done = 0; done < passes; ++done) {
      if (pass == LIMIT_READ) {
        use.store(HWY_DYNAMIC_DISPATCH(Read)(at(a), length), std::memory_order_relaxed);
      } else {
        HWY_DYNAMIC_DISPATCH(Stream)
        (pass, way, at(out), at(a), at(b), length, terms, count);
      }
    }
  });
}

}  // namespace benchmarks
#endif  // HWY_ONCE
