// Scans: what comes of all elements up to each, block by block.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "scan.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "scan-inl.h"
#include "recurrence-inl.h"

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

constexpr size_t kBlock = TK_SCAN_BLOCK;

inline size_t BlockLength(size_t begin, size_t count) {
  return count - begin < kBlock ? count - begin : kBlock;
}

// Calls f with what a scan of a type carries along.
template <class F>
void WithScan(tk_scan scan, tk_type type, const F& f) {
  if (type == TK_BOOL || scan == TK_SCAN_RECURRENCE) return;
  if (scan == TK_SCAN_SUM && type == TK_FLOAT32) return f(FloatSum());
  if (scan == TK_SCAN_SUM && type == TK_FLOAT64) return f(DoubleSum());
  if (scan == TK_SCAN_PRODUCT && type == TK_FLOAT32) return f(ApartProduct<float>());
  if (scan == TK_SCAN_PRODUCT && type == TK_FLOAT64) return f(ApartProduct<double>());
  if (scan == TK_SCAN_SUM || scan == TK_SCAN_PRODUCT) {
    return WithType(Unsigned(type), [&](auto zero) {
      using T = decltype(zero);
      if constexpr (std::is_unsigned_v<T>) {
        if (scan == TK_SCAN_SUM) f(Grouped<T, WrappingSum<T>>());
        if (scan == TK_SCAN_PRODUCT) f(Grouped<T, WrappingProduct<T>>());
      }
    });
  }
  WithType(type, [&](auto zero) {
    using T = decltype(zero);
    if (scan == TK_SCAN_MIN) f(Grouped<T, RunningMinimum<T>>());
    if (scan == TK_SCAN_MAX) f(Grouped<T, RunningMaximum<T>>());
  });
}

// The same for recurrences.
template <class F>
void WithRecurrence(tk_type type, const F& f) {
  if (type == TK_BOOL) return;
  WithType(Unsigned(type), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T> || std::is_unsigned_v<T>) f(Recurrence<T>());
  });
}

void ScanBegin(tk_scan scan, tk_type type, tk_scan_state* state) {
  const auto begin = [&](auto algebra) { StoreState(*state, decltype(algebra)::Identity()); };
  if (scan == TK_SCAN_RECURRENCE) return WithRecurrence(type, begin);
  WithScan(scan, type, begin);
}

// Joins totals one after the other until one cannot be; leaves what comes before each.
size_t ScanCarry(tk_scan scan, tk_type type, tk_scan_state* carry, tk_scan_state* states,
                 size_t blocks) {
  size_t done = blocks;
  const auto pass = [&](auto algebra, auto join) {
    using S = typename decltype(algebra)::State;
    S left = LoadState<S>(*carry);
    for (size_t i = 0; i < blocks; ++i) {
      const S total = LoadState<S>(states[i]);
      StoreState(states[i], left);
      if (join(left, total)) continue;
      done = i;
      break;
    }
    StoreState(*carry, left);
  };
  if (scan == TK_SCAN_RECURRENCE) {
    WithRecurrence(type, [&](auto algebra) {
      pass(algebra, [](auto& left, const auto& total) {
        return decltype(algebra)::Join(left, total);
      });
    });
    return done;
  }
  WithScan(scan, type, [&](auto algebra) {
    pass(algebra, [](auto& left, const auto& total) {
      decltype(algebra)::Join(left, total);
      return true;
    });
  });
  return done;
}

void ScanSequence(tk_type type, tk_scan_state* carry, const void* in, const void* factors,
                  size_t count) {
  WithRecurrence(type, [&](auto algebra) {
    using A = decltype(algebra);
    using T = typename A::Element;
    auto state = LoadState<typename A::State>(*carry);
    state.value = A::End(static_cast<const T*>(in), static_cast<const T*>(factors), count,
                         state.value);
    StoreState(*carry, state);
  });
}

void ScanTotals(tk_scan scan, tk_type type, tk_scan_state* totals, const void* in,
                const void* factors, size_t count) {
  WithScan(scan, type, [&](auto algebra) {
    using A = decltype(algebra);
    const auto* const values = static_cast<const typename A::Element*>(in);
    for (size_t i = 0; i < count; i += kBlock) {
      StoreState(*totals++, A::Total(values + i, BlockLength(i, count)));
    }
  });
  if (scan != TK_SCAN_RECURRENCE) return;
  WithRecurrence(type, [&](auto algebra) {
    using A = decltype(algebra);
    using T = typename A::Element;
    A::Totals(totals, static_cast<const T*>(in), static_cast<const T*>(factors), count);
  });
}

template <bool kExclusive>
void Write(tk_scan scan, tk_type type, void* out, const void* in, const void* factors,
           const tk_scan_state* before, size_t count) {
  WithScan(scan, type, [&](auto algebra) {
    using A = decltype(algebra);
    using T = typename A::Element;
    auto* const results = static_cast<T*>(out);
    const auto* const values = static_cast<const T*>(in);
    for (size_t i = 0; i < count; i += kBlock) {
      A::template Write<kExclusive>(results + i, values + i, BlockLength(i, count),
                                    LoadState<typename A::State>(*before++));
    }
  });
  if (scan != TK_SCAN_RECURRENCE) return;
  WithRecurrence(type, [&](auto algebra) {
    using A = decltype(algebra);
    using T = typename A::Element;
    A::template Write<kExclusive>(static_cast<T*>(out), static_cast<const T*>(in),
                                  static_cast<const T*>(factors), before, count);
  });
}

void ScanWrite(tk_scan scan, tk_type type, bool exclusive, void* out, const void* in,
               const void* factors, const tk_scan_state* before, size_t count) {
  if (exclusive) return Write<true>(scan, type, out, in, factors, before, count);
  Write<false>(scan, type, out, in, factors, before, count);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(ScanBegin);
HWY_EXPORT(ScanTotals);
HWY_EXPORT(ScanCarry);
HWY_EXPORT(ScanSequence);
HWY_EXPORT(ScanWrite);

extern "C" {

void tk_scan_begin(tk_scan scan, tk_type type, tk_scan_state* state) {
  HWY_DYNAMIC_DISPATCH(ScanBegin)(scan, type, state);
}

bool tk_scan_join(tk_scan scan, tk_type type, tk_scan_state* state, const tk_scan_state* total) {
  tk_scan_state states = *total;
  return tk_scan_carry(scan, type, state, &states, 1) == 1;
}

void tk_scan_totals(tk_scan scan, tk_type type, tk_scan_state* totals, const void* in,
                    const void* factors, size_t count) {
  HWY_DYNAMIC_DISPATCH(ScanTotals)(scan, type, totals, in, factors, count);
}

size_t tk_scan_carry(tk_scan scan, tk_type type, tk_scan_state* carry, tk_scan_state* states,
                     size_t blocks) {
  return HWY_DYNAMIC_DISPATCH(ScanCarry)(scan, type, carry, states, blocks);
}

void tk_scan_sequence(tk_type type, tk_scan_state* carry, const void* in, const void* factors,
                      size_t count) {
  HWY_DYNAMIC_DISPATCH(ScanSequence)(type, carry, in, factors, count);
}

void tk_scan_write(tk_scan scan, tk_type type, bool exclusive, void* out, const void* in,
                   const void* factors, const tk_scan_state* before, size_t count) {
  HWY_DYNAMIC_DISPATCH(ScanWrite)(scan, type, exclusive, out, in, factors, before, count);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
