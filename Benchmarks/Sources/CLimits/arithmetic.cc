// The arithmetic peak: chains of fused multiplications and additions that never leave the
// registers, as many as hide the latency of two units.
#include "targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "arithmetic.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include "threads.h"

HWY_BEFORE_NAMESPACE();
namespace benchmarks {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

constexpr size_t kChains = 12;

template <class T>
T Multiply(size_t rounds) {
  const hn::ScalableTag<T> d;
  // The fixed point of v * x + y is 1: values stay ordinary numbers.
  const auto x = hn::Set(d, static_cast<T>(0.75));
  const auto y = hn::Set(d, static_cast<T>(0.25));
  auto v0 = hn::Iota(d, 0), v1 = hn::Iota(d, 1), v2 = hn::Iota(d, 2), v3 = hn::Iota(d, 3);
  auto v4 = hn::Iota(d, 4), v5 = hn::Iota(d, 5), v6 = hn::Iota(d, 6), v7 = hn::Iota(d, 7);
  auto v8 = hn::Iota(d, 8), v9 = hn::Iota(d, 9), v10 = hn::Iota(d, 10), v11 = hn::Iota(d, 11);
  for (size_t round = 0; round < rounds; ++round) {
    v0 = hn::MulAdd(v0, x, y);
    v1 = hn::MulAdd(v1, x, y);
    v2 = hn::MulAdd(v2, x, y);
    v3 = hn::MulAdd(v3, x, y);
    v4 = hn::MulAdd(v4, x, y);
    v5 = hn::MulAdd(v5, x, y);
    v6 = hn::MulAdd(v6, x, y);
    v7 = hn::MulAdd(v7, x, y);
    v8 = hn::MulAdd(v8, x, y);
    v9 = hn::MulAdd(v9, x, y);
    v10 = hn::MulAdd(v10, x, y);
    v11 = hn::MulAdd(v11, x, y);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(v0, v1), hn::Add(v2, v3)),
                           hn::Add(hn::Add(v4, v5), hn::Add(v6, v7)));
  return hn::GetLane(
      hn::SumOfLanes(d, hn::Add(sum, hn::Add(hn::Add(v8, v9), hn::Add(v10, v11)))));
}

double Arithmetic(bool is_double, size_t rounds) {
  return is_double ? Multiply<double>(rounds) : Multiply<float>(rounds);
}

double OperationsOfRound(bool is_double) {
  const size_t lanes =
      is_double ? hn::Lanes(hn::ScalableTag<double>()) : hn::Lanes(hn::ScalableTag<float>());
  return 2.0 * static_cast<double>(lanes * kChains);
}

int64_t Target() {
  return HWY_TARGET;
}

}  // namespace HWY_NAMESPACE
}  // namespace benchmarks
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace benchmarks {

HWY_EXPORT(Arithmetic);
HWY_EXPORT(OperationsOfRound);
HWY_EXPORT(Target);

namespace {

// Called through a pointer that the compiler cannot see through.
void AddFour(float *out, const float *a, const float *b) {
  for (int i = 0; i < 4; ++i) out[i] = a[i] + b[i];
}

}  // namespace

extern "C" {

double limit_arithmetic(limit_threads *threads, bool is_double, size_t rounds,
                        double *operations) {
  std::atomic<double> use{0};
  *operations = HWY_DYNAMIC_DISPATCH(OperationsOfRound)(is_double) *
                static_cast<double>(rounds * threads->count());
  return threads->Run([&](size_t) {
    use.store(HWY_DYNAMIC_DISPATCH(Arithmetic)(is_double, rounds), std::memory_order_relaxed);
  });
}

double limit_small_calls(size_t calls) {
  float out[4] = {}, a[4] = {1, 2, 3, 4}, b[4] = {5, 6, 7, 8};
  void (*volatile add)(float *, const float *, const float *) = AddFour;
  const double began = limit_now();
  for (size_t call = 0; call < calls; ++call) add(out, a, b);
  return limit_now() - began;
}

const char *limit_instruction_set(void) {
  return hwy::TargetName(HWY_DYNAMIC_DISPATCH(Target)());
}

}  // extern "C"

}  // namespace benchmarks
#endif  // HWY_ONCE
