// Reductions of the differences of all pairs of vectors, such as distances between two sets of
// points: results stay in registers until they are whole.
//
// Vectors are packed in the order in which elements are added, so that the kernel runs straight
// through them. It is the order of reduce-inl.h for a run of a vector's length, bit by bit: lanes
// that a short run leaves empty are not there, and an element that is missing in the last turn of
// the others is a difference of 0, which changes no sum or maximum of magnitudes.
#include "dispatch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "differences.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

#include <string.h>

#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace tessera {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

struct Squares {
  template <class D, class V>
  HWY_INLINE V Of(D, size_t, V difference) const {
    return hn::Mul(difference, difference);
  }
  template <class D, class V>
  static HWY_INLINE V Join(D, V a, V b) {
    return hn::Add(a, b);
  }
};

// Of differences that are divided by a scale for each result.
template <class V>
struct ScaledSquares : Squares {
  const V* scales;
  explicit ScaledSquares(const V* own) : scales(own) {}
  template <class D>
  HWY_INLINE V Of(D d, size_t row, V difference) const {
    return Squares::Of(d, row, hn::Div(difference, scales[row]));
  }
};

struct Magnitudes {
  template <class D, class V>
  HWY_INLINE V Of(D, size_t, V difference) const {
    return hn::Abs(difference);
  }
  template <class D, class V>
  static HWY_INLINE V Join(D, V a, V b) {
    return hn::Add(a, b);
  }
};

struct LargestMagnitude {
  template <class D, class V>
  HWY_INLINE V Of(D, size_t, V difference) const {
    return hn::Abs(difference);
  }
  template <class D, class V>
  static HWY_INLINE V Join(D, V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
  }
};

// Rows whose results are under way at a time: as many as registers hold beside the results of
// branches of the tree. AVX-512 has twice as many.
constexpr size_t kRows = hn::MaxLanes(hn::ScalableTag<uint8_t>()) >= 64 ? 4 : 2;
// Levels of the tree that are unrolled; a run that is reduced in lanes has no fewer.
constexpr size_t kLevels = 4;
// Levels whose results may wait: there are 64 lanes at most.
constexpr size_t kPendingLevels = 7;

template <class Op, class T>
class Tile {
 public:
  using D = hn::CappedTag<T, TK_PANEL_BYTES / sizeof(T)>;
  using V = hn::Vec<D>;
  static constexpr size_t kPanel = TK_PANEL_BYTES / sizeof(T);
  static constexpr size_t kWidth = hn::MaxLanes(D());

  Tile(const T* const (&rows)[kRows], const T* panel, size_t run, Op op = Op())
      : op_(op), panel_(panel), run_(run) {
    for (size_t r = 0; r < kRows; ++r) rows_[r] = rows[r];
  }

  HWY_INLINE void Reduce(size_t leaves, V (&results)[kRows]) {
    if (run_ == 1 && leaves > 1) return Branches<kLevels>(leaves >> kLevels, results);
    Branches<0>(leaves, results);
  }

  // The same with less code.
  HWY_INLINE void ReduceSlowly(size_t leaves, V (&results)[kRows]) { Branches<0>(leaves, results); }

 private:
  // Joined like the digits of a counter.
  template <size_t kLevel>
  HWY_INLINE void Branches(size_t count, V (&results)[kRows]) {
    const D d;
    V pending[kPendingLevels][kRows];
    for (size_t number = 0;; ++number) {
      if constexpr (kLevel == 0) {
        Lane(results);
      } else {
        Branch<kLevel>(results);
      }
      size_t level = 0;
      for (; (number >> level & 1) != 0; ++level) {
        for (size_t r = 0; r < kRows; ++r) results[r] = Op::Join(d, pending[level][r], results[r]);
      }
      if (number + 1 == count) return;
      for (size_t r = 0; r < kRows; ++r) pending[level][r] = results[r];
    }
  }

  // Lanes of one element each.
  template <size_t kLevel>
  HWY_INLINE void Branch(V (&results)[kRows]) {
    if constexpr (kLevel == 0) {
      Next(results);
    } else {
      Branch<kLevel - 1>(results);
      V others[kRows];
      Branch<kLevel - 1>(others);
      const D d;
      for (size_t r = 0; r < kRows; ++r) results[r] = Op::Join(d, results[r], others[r]);
    }
  }

  // One lane, whose elements are joined one after the other.
  HWY_INLINE void Lane(V (&results)[kRows]) {
    const D d;
    Next(results);
#pragma clang loop unroll_count(2)
    for (size_t i = 1; i < run_; ++i) {
      V others[kRows];
      Next(others);
      for (size_t r = 0; r < kRows; ++r) results[r] = Op::Join(d, results[r], others[r]);
    }
  }

  // One element of each.
  HWY_INLINE void Next(V (&values)[kRows]) {
    const D d;
    const V other = hn::LoadU(d, panel_);
    for (size_t r = 0; r < kRows; ++r) {
      values[r] = op_.Of(d, r, hn::Sub(hn::Set(d, *rows_[r]), other));
      ++rows_[r];
    }
    panel_ += kPanel;
  }

  const Op op_;
  const T* rows_[kRows];
  const T* panel_;
  const size_t run_;
};

// Roots of sums of squares, some of which are extreme: these anew, of differences divided by the
// largest of them. Of nothing but zeros, and beside infinities, they are divided by 1.
template <class T, class Mask, class V>
HWY_NOINLINE void ScaledRoots(const tk_differences& work, const T* const (&rows)[kRows],
                              const T* panel, const Mask* is_extreme, V (&results)[kRows]) {
  const typename Tile<Squares, T>::D d;
  V scales[kRows], sums[kRows];
  Tile<LargestMagnitude, T>(rows, panel, work.run).ReduceSlowly(work.leaves, scales);
  for (size_t r = 0; r < kRows; ++r) {
    const auto is_usable = hn::And(hn::Gt(scales[r], hn::Zero(d)), hn::IsFinite(scales[r]));
    scales[r] = hn::IfThenElse(is_usable, scales[r], hn::Set(d, T(1)));
  }
  using Op = ScaledSquares<V>;
  Tile<Op, T>(rows, panel, work.run, Op(scales)).ReduceSlowly(work.leaves, sums);
  for (size_t r = 0; r < kRows; ++r) {
    const V own = hn::Mul(hn::Sqrt(sums[r]), scales[r]);
    results[r] = hn::IfThenElse(is_extreme[r], own, hn::Sqrt(results[r]));
  }
}

template <class T, class V>
HWY_INLINE void Roots(const tk_differences& work, const T* const (&rows)[kRows], const T* panel,
                      V (&results)[kRows]) {
  const typename Tile<Squares, T>::D d;
  const V least = hn::Set(d, static_cast<T>(work.least));
  const V largest = hn::Set(d, std::numeric_limits<T>::max());
  using Mask = decltype(hn::Lt(least, largest));
  Mask is_extreme[kRows];
  bool is_any = false;
  for (size_t r = 0; r < kRows; ++r) {
    is_extreme[r] = hn::Or(hn::Lt(results[r], least), hn::Gt(results[r], largest));
    is_any |= !hn::AllFalse(d, is_extreme[r]);
  }
  if (HWY_UNLIKELY(is_any)) return ScaledRoots(work, rows, panel, is_extreme, results);
  for (size_t r = 0; r < kRows; ++r) results[r] = hn::Sqrt(results[r]);
}

template <class Op, class T>
void ReduceAll(const tk_differences& work) {
  using Tile = Tile<Op, T>;
  using V = typename Tile::V;
  const typename Tile::D d;
  const size_t length = work.leaves * work.run;
  const T* const a = static_cast<const T*>(work.a);
  T* const out = static_cast<T*>(work.out);
  for (size_t row = 0; row < work.rows; row += kRows) {
    // Where rows are missing the last one is computed again.
    const T* rows[kRows];
    T* places[kRows];
    for (size_t r = 0; r < kRows; ++r) {
      const size_t own = row + r < work.rows ? row + r : work.rows - 1;
      rows[r] = a + own * length;
      places[r] = out + static_cast<int64_t>(own) * work.out_stride;
    }
    const T* panel = static_cast<const T*>(work.b);
    for (size_t column = 0; column < work.columns; column += Tile::kPanel) {
      const size_t count =
          work.columns - column < Tile::kPanel ? work.columns - column : Tile::kPanel;
      for (size_t first = 0; first < count; first += Tile::kWidth) {
        V results[kRows];
        Tile(rows, panel + first, work.run).Reduce(work.leaves, results);
        if constexpr (std::is_same_v<Op, Squares>) {
          if (work.takes_roots) Roots(work, rows, panel + first, results);
        }
        const size_t own = count - first < Tile::kWidth ? count - first : Tile::kWidth;
        for (size_t r = 0; r < kRows; ++r) {
          T* const place = places[r] + column + first;
          if (HWY_LIKELY(own == Tile::kWidth)) {
            hn::StoreU(results[r], d, place);
            continue;
          }
          T rest[Tile::kWidth];
          hn::StoreU(results[r], d, rest);
          memcpy(place, rest, own * sizeof(T));
        }
      }
      panel += length * Tile::kPanel;
    }
  }
}

void ReduceDifferences(const tk_differences* work) {
  const auto reduce = [&](auto zero) {
    using T = decltype(zero);
    switch (work->reduction) {
      case TK_SUM_OF_SQUARES: return ReduceAll<Squares, T>(*work);
      case TK_SUM_OF_MAGNITUDES: return ReduceAll<Magnitudes, T>(*work);
      default: return ReduceAll<LargestMagnitude, T>(*work);
    }
  };
  if (work->type == TK_FLOAT32) reduce(0.0f);
  if (work->type == TK_FLOAT64) reduce(0.0);
}

}  // namespace HWY_NAMESPACE
}  // namespace tessera
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace tessera {

HWY_EXPORT(ReduceDifferences);

namespace {

template <class T>
void Pack(T* packed, tk_vectors in, size_t panel, size_t leaves, size_t run) {
  for (size_t first = 0; first < in.count; first += panel) {
    const size_t own = in.count - first < panel ? in.count - first : panel;
    const T* const vectors = static_cast<const T*>(in.elements) +
                             static_cast<int64_t>(first) * in.vector_stride;
    for (size_t leaf = 0; leaf < leaves; ++leaf) {
      // Lanes in the order in which a tree of halves comes to them.
      size_t lane = 0;
      for (size_t bit = 1; bit < leaves; bit <<= 1) lane = lane << 1 | ((leaf & bit) != 0);
      for (size_t place = lane; place < lane + run * leaves; place += leaves, packed += panel) {
        if (place >= in.length) {
          memset(packed, 0, panel * sizeof(T));
          continue;
        }
        const T* const elements = vectors + static_cast<int64_t>(place) * in.element_stride;
        for (size_t k = 0; k < own; ++k) {
          packed[k] = elements[static_cast<int64_t>(k) * in.vector_stride];
        }
        for (size_t k = own; k < panel; ++k) packed[k] = packed[own - 1];
      }
    }
  }
}

}  // namespace

extern "C" {

void tk_pack_vectors(tk_type type, void* packed, tk_vectors in, size_t panel, size_t leaves,
                     size_t run) {
  if (type == TK_FLOAT32) Pack(static_cast<float*>(packed), in, panel, leaves, run);
  if (type == TK_FLOAT64) Pack(static_cast<double*>(packed), in, panel, leaves, run);
}

void tk_reduce_differences(const tk_differences* work) {
  HWY_DYNAMIC_DISPATCH(ReduceDifferences)(work);
}

}  // extern "C"

}  // namespace tessera
#endif  // HWY_ONCE
