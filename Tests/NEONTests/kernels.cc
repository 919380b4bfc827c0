// Every kernel of CKernels.h on operands of all kinds: `kernels keep FILE` writes what they give,
// `kernels compare FILE` compares what they give here with what another processor wrote.
#include <math.h>
#include <string.h>

#include <functional>
#include <initializer_list>
#include <utility>

#include "results.h"

namespace {

// Lengths around the widths of vectors and of unrolled loops, with a shift of the pointers.
struct Extent {
  size_t count, shift;
};
constexpr Extent kExtents[] = {{0, 0},  {1, 0},  {2, 1},  {3, 0},  {4, 1},  {5, 3},   {7, 0},   {8, 0},  {9, 1},
                               {15, 3}, {16, 0}, {17, 1}, {31, 0}, {33, 0}, {64, 0}, {65, 3}, {129, 1}, {300, 3}};

// The mathematical functions are within 4 ulp of the truth on each processor.
constexpr int64_t kMathematical = 8;

struct SplitMix {
  uint64_t state;
  uint64_t Next() {
    state += 0x9E3779B97F4A7C15;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
};

// A third each: special values, values about 1, and any bits.
template <class T, class Bits>
T Floating(SplitMix& random) {
  constexpr double special[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, 255.5, 256, 2147483648.0,
                                -2147483648.0, 9223372036854775808.0, 1e-45, 5e-324, 3e38, 1e308, 1e-39};
  const uint64_t word = random.Next();
  const size_t kind = word % 3;
  if (kind == 0) return static_cast<T>(special[word / 3 % (sizeof special / sizeof *special)]);
  if (kind == 1) return static_cast<T>(static_cast<double>(word >> 11) * 0x1p-50 - 4);
  const Bits bits = static_cast<Bits>(word >> 2);
  T value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

template <class T>
T Integer(SplitMix& random) {
  constexpr T low = std::numeric_limits<T>::min(), high = std::numeric_limits<T>::max();
  constexpr T special[] = {low, high, 0, 1, 2, 3, 7, T(-1), T(-2), T(-7), T(high - 1), T(low + 1), high / 2};
  const uint64_t word = random.Next();
  if (word % 2 == 0) return special[word / 2 % (sizeof special / sizeof *special)];
  return static_cast<T>(word >> (word / 2 % 60));
}

Run Values(tk_type type, size_t count, size_t shift, uint64_t seed) {
  Run run(SizeOf(type), count, shift);
  SplitMix random{seed * 1000 + type};
  const auto store = [&](size_t i, auto value) { memcpy(run.data() + i * sizeof value, &value, sizeof value); };
  for (size_t i = 0; i < count; i++) {
    switch (type) {
      case TK_FLOAT32: store(i, Floating<float, uint32_t>(random)); break;
      case TK_FLOAT64: store(i, Floating<double, uint64_t>(random)); break;
      case TK_INT8: store(i, Integer<int8_t>(random)); break;
      case TK_INT16: store(i, Integer<int16_t>(random)); break;
      case TK_INT32: store(i, Integer<int32_t>(random)); break;
      case TK_INT64: store(i, Integer<int64_t>(random)); break;
      case TK_UINT8: store(i, Integer<uint8_t>(random)); break;
      case TK_UINT16: store(i, Integer<uint16_t>(random)); break;
      case TK_UINT32: store(i, Integer<uint32_t>(random)); break;
      case TK_UINT64: store(i, Integer<uint64_t>(random)); break;
      case TK_BOOL: store(i, static_cast<uint8_t>(random.Next() & 1)); break;
    }
  }
  return run;
}

// Numbers about 1 where the type is floating point: sums of them lose nothing to infinities.
Run Terms(tk_type type, size_t count, uint64_t seed) {
  Run run = Values(type, count, 0, seed);
  SplitMix random{seed};
  for (size_t i = 0; i < count; i++) {
    const double value = static_cast<double>(random.Next() >> 11) * 0x1p-52 - 0.75;
    const float narrow = static_cast<float>(value);
    if (type == TK_FLOAT64) memcpy(run.data() + i * 8, &value, 8);
    if (type == TK_FLOAT32) memcpy(run.data() + i * 4, &narrow, 4);
  }
  return run;
}

void Elementwise(Results& results) {
  results.Begin("tk_unary");
  for (int op = TK_NEGATE; op <= TK_NOT; op++) {
    const bool isExact = op <= TK_RECIPROCAL || op == TK_SQRT || (op >= TK_FLOOR && op <= TK_TRUNC) || op == TK_RELU ||
                         op == TK_NOT;
    for (tk_type type : kTypes) {
      if (!tk_has_unary(tk_unary_op(op), type)) continue;
      for (auto [count, shift] : kExtents) {
        Run in = Values(type, count, shift, op), out(SizeOf(type), count, shift);
        if (op == TK_GELU && type == TK_FLOAT64) {
          // Its lower tail has fewer digits than others.
          for (size_t i = 0; i < count; i++) in.data()[i * 8 + 7] &= 0x7F;
        }
        tk_unary(tk_unary_op(op), type, out.data(), in.data(), count);
        results.Check(type, out, isExact ? 0 : kMathematical, "function %d of type %d", op, type);
      }
    }
  }
  results.Begin("tk_stream_unary");
  for (int op = TK_NEGATE; op <= TK_NOT; op++) {
    for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
      for (size_t count : {64, 65}) {
        Run in = Values(type, count, 1, op), out(SizeOf(type), count);
        if (op == TK_GELU && type == TK_FLOAT64) {
          for (size_t i = 0; i < count; i++) in.data()[i * 8 + 7] &= 0x7F;
        }
        tk_stream_unary(tk_unary_op(op), type, out.data(), in.data(), count);
        tk_finish_streaming();
        results.Check(type, out, kMathematical, "function %d of type %d", op, type);
      }
    }
  }
  results.Begin("tk_chain");
  for (int op : {TK_ADD, TK_SUBTRACT, TK_MULTIPLY, TK_DIVIDE, TK_MINIMUM, TK_MAXIMUM}) {
    for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
      for (auto [count, shift] : kExtents) {
        const Run a = Values(type, count + 1, shift, op), b = Values(type, count + 1, shift, op + 100);
        Run out(SizeOf(type), count, shift);
        const uint32_t function = static_cast<uint32_t>(op);
        void* const first = const_cast<uint8_t*>(a.data());
        void* const second = const_cast<uint8_t*>(b.data());
        const tk_link links[] = {{TK_LOAD, TK_RUN, 0, 0, first},
                                 {TK_JOIN, TK_RUN, function, 0, second},
                                 {TK_KEEP, TK_RUN, 0, 3, nullptr},
                                 {TK_JOIN_REVERSED, TK_VALUE, function, 0, second},
                                 {TK_APPLY, TK_RUN, TK_ABS, 0, nullptr},
                                 {TK_JOIN_REVERSED, TK_SLOT, function, 3, nullptr},
                                 {TK_APPLY, TK_RUN, TK_TANH, 0, nullptr},
                                 {TK_SECOND, TK_SLOT, 0, 3, nullptr},
                                 {TK_JOIN_BOTH, TK_RUN, TK_FMA, 0, first},
                                 {TK_STORE, TK_RUN, 0, 0, out.data()}};
        tk_chain(type, links, sizeof links / sizeof links[0], count);
        results.Check(type, out, kMathematical, "function %d of type %d", op, type);
      }
    }
  }
  results.Begin("tk_chain_rows");
  for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
    for (size_t count : {size_t{3}, size_t{16}, size_t{21}, size_t{70}}) {
      const size_t rows = 4, apart = count + 2;
      const Run a = Values(type, rows * apart, 1, 7), b = Values(type, count, 0, 8);
      const Run c = Values(type, rows, 0, 9);
      Run out(SizeOf(type), rows * apart, 1);
      memcpy(out.data(), a.data(), rows * apart * SizeOf(type));
      const int64_t distance = static_cast<int64_t>(apart);
      const tk_link links[] = {{TK_LOAD, TK_VALUE, 0, 0, const_cast<uint8_t*>(c.data())},
                               {TK_JOIN, TK_RUN, TK_MULTIPLY, 0, const_cast<uint8_t*>(b.data())},
                               {TK_JOIN_REVERSED, TK_RUN, TK_SUBTRACT, 0, out.data()},
                               {TK_STORE, TK_RUN, 0, 0, out.data()}};
      const int64_t distances[] = {1, 0, distance, distance};
      tk_chain_rows(type, links, distances, 4, rows, count);
      results.Check(type, out, kMathematical, "rows of %d of type %d", static_cast<int>(count),
                    type);
    }
  }
  results.Begin("tk_classify");
  for (int op = TK_IS_NAN; op <= TK_IS_INFINITE; op++) {
    for (tk_type type : kTypes) {
      for (auto [count, shift] : kExtents) {
        const Run in = Values(type, count, shift, 50 + op);
        Run out(1, count, shift);
        tk_classify(tk_classify_op(op), type, out.data(), in.data(), count);
        results.CheckBytes(out, "classification %d of type %d", op, type);
      }
    }
  }
  results.Begin("tk_convert");
  for (tk_type to : kTypes) {
    for (tk_type from : kTypes) {
      for (auto [count, shift] : kExtents) {
        const Run in = Values(from, count, shift, 60);
        Run out(SizeOf(to), count, shift);
        tk_convert(to, out.data(), from, in.data(), count);
        results.Check(to, out, 0, "type %d to %d", from, to);
      }
    }
  }
}

// Calls the function for steps of two operands, each of which may be one value, repeated.
template <class F>
void WithSteps(F function) {
  for (auto [count, shift] : kExtents) {
    for (size_t steps = 1; steps < 4; steps++) function(count, shift, steps & 1, steps >> 1);
  }
}

void OfTwo(Results& results) {
  results.Begin("tk_binary");
  for (int op = TK_ADD; op <= TK_SHIFT_RIGHT; op++) {
    for (tk_type type : kTypes) {
      if (!tk_has_binary(tk_binary_op(op), type)) continue;
      const bool isExact = type > TK_FLOAT64 || op < TK_POWER || op > TK_HYPOT;
      WithSteps([&](size_t count, size_t shift, size_t a_step, size_t b_step) {
        const Run a = Values(type, count + 1, shift, 100 + op), b = Values(type, count + 1, 0, 200 + op);
        Run out(SizeOf(type), count, shift);
        tk_binary(tk_binary_op(op), type, out.data(), a.data(), a_step, b.data(), b_step, count);
        results.Check(type, out, isExact ? 0 : kMathematical, "function %d of type %d", op, type);
      });
    }
  }
  results.Begin("tk_ternary");
  for (int op = TK_FMA; op <= TK_LERP; op++) {
    for (tk_type type : kTypes) {
      if (!tk_has_ternary(tk_ternary_op(op), type)) continue;
      WithSteps([&](size_t count, size_t shift, size_t a_step, size_t b_step) {
        for (size_t c_step : {0, 1}) {
          const Run a = Values(type, count + 1, shift, 100 + op),
                    b = Values(type, count + 1, 0, 200 + op),
                    c = Values(type, count + 1, shift, 300 + op);
          Run out(SizeOf(type), count, shift);
          tk_ternary(tk_ternary_op(op), type, out.data(), a.data(), a_step, b.data(), b_step,
                     c.data(), c_step, count);
          results.Check(type, out, 0, "function %d of type %d", op, type);
        }
      });
    }
  }
  results.Begin("tk_stream_binary");
  for (int op = TK_ADD; op <= TK_POWER; op++) {
    for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
      for (size_t steps = 0; steps < 4; steps++) {
        for (size_t count : {64, 65}) {
          const Run a = Values(type, count, 1, 100 + op), b = Values(type, count, 0, 200 + op);
          Run out(SizeOf(type), count);
          tk_stream_binary(tk_binary_op(op), type, out.data(), a.data(), steps & 1, b.data(), steps >> 1, count);
          tk_finish_streaming();
          results.Check(type, out, 0, "function %d of type %d", op, type);
        }
      }
    }
  }
  results.Begin("tk_compare");
  for (int op = TK_EQUAL; op <= TK_GREATER_EQUAL; op++) {
    for (tk_type type : kTypes) {
      WithSteps([&](size_t count, size_t shift, size_t a_step, size_t b_step) {
        const Run a = Values(type, count + 1, shift, 300 + op), b = Values(type, count + 1, 0, 310 + op);
        Run out(1, count, shift);
        tk_compare(tk_compare_op(op), type, out.data(), a.data(), a_step, b.data(), b_step, count);
        results.CheckBytes(out, "comparison %d of type %d", op, type);
      });
    }
  }
  results.Begin("tk_select");
  for (tk_type type : kTypes) {
    WithSteps([&](size_t count, size_t shift, size_t mask_step, size_t a_step) {
      const Run mask = Values(TK_BOOL, count + 1, 0, 320), a = Values(type, count + 1, shift, 321);
      const Run b = Values(type, count + 1, 0, 322);
      Run out(SizeOf(type), count, shift);
      tk_select(type, out.data(), mask.data(), mask_step, a.data(), a_step, b.data(), 1, count);
      results.Check(type, out, 0, "type %d", type);
    });
  }
}

void Reductions(Results& results) {
  constexpr size_t counts[] = {0, 1, 2, 3, 7, 8, 15, 16, 17, 63, 64, 65, 100, 129, 1000, 4097, 20000};
  results.Begin("tk_sum_products");
  for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
    for (size_t count : counts) {
      const Run a = Terms(type, count, 403);
      const Run b = Terms(type, count, 404);
      Run sum = Terms(type, 1, 405);
      tk_sum_products(type, sum.data(), a.data(), b.data(), count);
      results.Check(type, sum, 0, "sum of %zu products of type %d", count, type);
    }
  }
  for (bool reduces : {false, true}) {
    results.Begin(reduces ? "tk_reduce_differences" : "tk_pack_vectors");
    for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
      const size_t panel = TK_PANEL_BYTES / SizeOf(type), lanes = TK_REDUCTION_BYTES / SizeOf(type);
      constexpr size_t rows = 5, columns = 39, panels = 64;
      for (auto [length, leaves] : {std::pair<size_t, size_t>{3, 1}, {16, 16}, {30, 32}, {150, lanes}}) {
        const size_t run = (length + leaves - 1) / leaves;
        const Run a = Terms(type, rows * length, 406), b = Terms(type, columns * length, 407);
        Run left(SizeOf(type), rows * leaves * run), right(SizeOf(type), panels * leaves * run);
        const int64_t stride = int64_t(length);
        tk_pack_vectors(type, left.data(), {a.data(), rows, length, stride, 1}, 1, leaves, run);
        tk_pack_vectors(type, right.data(), {b.data(), columns, length, stride, 1}, panel, leaves, run);
        if (!reduces) {
          results.Check(type, left, 0, "rows of %zu of type %d", length, type);
          results.Check(type, right, 0, "columns of %zu of type %d", length, type);
          continue;
        }
        for (int op = TK_SUM_OF_SQUARES; op <= TK_LARGEST_MAGNITUDE; op++) {
          Run out(SizeOf(type), rows * columns);
          const tk_differences work = {tk_difference_reduction(op), type, leaves, run, left.data(), rows,
                                       right.data(), columns, out.data(), int64_t(columns), op == TK_SUM_OF_SQUARES, 0};
          tk_reduce_differences(&work);
          results.Check(type, out, 0, "reduction %d of %zu of type %d", op, length, type);
        }
      }
    }
  }
  for (const char* kernel : {"tk_reduce", "tk_reduce_rows", "tk_identity"}) {
    results.Begin(kernel);
    for (int op = TK_SUM; op <= TK_MAX; op++) {
      for (tk_type type : kTypes) {
        if (kernel[9] == '\0') {
          for (size_t count : counts) {
            for (int kind = 0; kind < 2; kind++) {
              const Run in = kind == 0 ? Terms(type, count, 400) : Values(type, count, 0, 401);
              Run accumulator = Terms(type, 1, 402);
              tk_reduce(tk_reduction(op), type, accumulator.data(), in.data(), count);
              results.Check(type, accumulator, 0, "reduction %d of %zu of type %d", op, count, type);
            }
          }
        } else if (kernel[3] == 'r') {
          for (auto [columns, rows] : kExtents) {
            Run accumulators = Terms(type, columns, 410);
            const Run in = Terms(type, 300 * 4, 411);
            tk_reduce_rows(tk_reduction(op), type, accumulators.data(), in.data(), int64_t(columns), rows, columns);
            results.Check(type, accumulators, 0, "reduction %d of %zu rows of type %d", op, rows, type);
          }
        } else {
          Run out(SizeOf(type), 1);
          tk_identity(tk_reduction(op), type, out.data());
          results.Check(type, out, 0, "reduction %d of type %d", op, type);
        }
      }
    }
  }
  results.Begin("tk_products_of");
  for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
    for (size_t count : counts) {
      for (int kind = 0; kind < 2; kind++) {
        const Run in = kind == 0 ? Terms(type, count, 404) : Values(type, count, 0, 405);
        Run product(8, 2), pieces(8, 2), value(SizeOf(type), 1);
        auto* const pair = reinterpret_cast<tk_product*>(product.data());
        tk_products_of(type, pair, in.data(), 1, count);
        results.Check(TK_FLOAT64, product, 0, "product of %zu of type %d", count, type);
        tk_product_state state;
        tk_product_begin(&state);
        for (size_t first = 0; first < count; first += 4 * TK_PRODUCT_LANES) {
          const size_t rest = count - first;
          tk_product_run(type, &state, in.data() + first * SizeOf(type),
                         rest < 4 * TK_PRODUCT_LANES ? rest : 4 * TK_PRODUCT_LANES);
        }
        *reinterpret_cast<tk_product*>(pieces.data()) = tk_product_end(&state);
        results.Check(TK_FLOAT64, pieces, 0, "pieces of %zu of type %d", count, type);
        tk_product_round(type, value.data(), pair, 1);
        results.Check(type, value, 0, "value of %zu of type %d", count, type);
        tk_product_join(pair, reinterpret_cast<tk_product*>(pieces.data()), 1, 1, 1);
        results.Check(TK_FLOAT64, product, 0, "joined product of %zu of type %d", count, type);
      }
    }
    for (auto [columns, rows] : kExtents) {
      Run significands(8, columns), exponents(8, columns);
      for (size_t c = 0; c < columns; c++) {
        reinterpret_cast<double*>(significands.data())[c] = 1;
        reinterpret_cast<int64_t*>(exponents.data())[c] = 0;
      }
      const Run in = Values(type, 300 * 4, 0, 406);
      tk_product_rows(type, reinterpret_cast<double*>(significands.data()),
                      reinterpret_cast<int64_t*>(exponents.data()), in.data(), int64_t(columns), rows, columns);
      // A significand under way may have any magnitude: only its product is told.
      Run columnProducts(8, 2 * columns);
      tk_products_of_columns(reinterpret_cast<tk_product*>(columnProducts.data()),
                             reinterpret_cast<const double*>(significands.data()),
                             reinterpret_cast<const int64_t*>(exponents.data()), columns);
      results.Check(TK_FLOAT64, columnProducts, 0, "products of columns of %zu rows of type %d", rows, type);
      Run rowProducts(8, 2 * rows);
      tk_products_of(type, reinterpret_cast<tk_product*>(rowProducts.data()), in.data(), rows, columns);
      results.Check(TK_FLOAT64, rowProducts, 0, "products of %zu rows of type %d", rows, type);
    }
  }
  results.Begin("tk_arg_reduce");
  for (tk_reduction op : {TK_MIN, TK_MAX}) {
    for (tk_type type : kTypes) {
      for (size_t count : counts) {
        for (int kind = 0; kind < 2; kind++) {
          const Run in = kind == 0 ? Terms(type, count, 420) : Values(type, count, 0, 421);
          Run best = Terms(type, 1, 422), index(8, 1);
          const int64_t none = -1;
          memcpy(index.data(), &none, 8);
          tk_arg_reduce(op, type, best.data(), reinterpret_cast<int64_t*>(index.data()), in.data(), count, 1000);
          results.Check(type, best, 0, "reduction %d of type %d", op, type);
          results.CheckBytes(index, "position of reduction %d of type %d", op, type);
        }
      }
    }
  }
  results.Begin("tk_arg_reduce_rows");
  for (tk_reduction op : {TK_MIN, TK_MAX}) {
    for (tk_type type : kTypes) {
      for (size_t length : {1, 7, 64, 65}) {
        const size_t rows = 9;
        const Run in = Values(type, rows * length, 0, 423);
        Run best = Terms(type, rows, 424), index(8, rows);
        tk_arg_reduce_rows(op, type, best.data(), reinterpret_cast<int64_t*>(index.data()), in.data(), rows, length);
        results.Check(type, best, 0, "reduction %d of rows of %zu of type %d", op, length, type);
        results.CheckBytes(index, "positions of reduction %d of rows of %zu of type %d", op, length, type);
      }
    }
  }
  for (tk_scan scan :
       {TK_SCAN_SUM, TK_SCAN_PRODUCT, TK_SCAN_MIN, TK_SCAN_MAX, TK_SCAN_RECURRENCE}) {
    results.Begin("tk_scan_begin tk_scan_totals tk_scan_carry tk_scan_write");
    for (tk_type type : kTypes) {
      if (type == TK_BOOL) continue;
      for (size_t count : counts) {
        const Run in = Terms(type, count, 430), factors = Terms(type, count, 431);
        const void* const a = scan == TK_SCAN_RECURRENCE ? factors.data() : nullptr;
        std::vector<tk_scan_state> states(count / TK_SCAN_BLOCK + 1);
        tk_scan_state carry;
        tk_scan_begin(scan, type, &carry);
        tk_scan_totals(scan, type, states.data(), in.data(), a, count);
        const size_t blocks = (count + TK_SCAN_BLOCK - 1) / TK_SCAN_BLOCK;
        for (size_t done = 0; done < blocks; ++done) {
          done += tk_scan_carry(scan, type, &carry, states.data() + done, blocks - done);
          if (done == blocks) break;
          const size_t first = done * TK_SCAN_BLOCK;
          const size_t length = count - first < TK_SCAN_BLOCK ? count - first : TK_SCAN_BLOCK;
          const size_t place = first * SizeOf(type);
          tk_scan_sequence(type, &carry, in.data() + place, factors.data() + place, length);
        }
        for (bool exclusive : {false, true}) {
          Run out(SizeOf(type), count);
          tk_scan_write(scan, type, exclusive, out.data(), in.data(), a, states.data(), count);
          results.Check(type, out, 0, "%zu of type %d, scan %d", count, type, scan);
        }
        // What comes after twice the run.
        tk_scan_state total = carry;
        tk_scan_join(scan, type, &total, &carry);
        Run out(SizeOf(type), 1);
        tk_scan_write(scan, type, true, out.data(), out.data(), out.data(), &total, 1);
        results.Check(type, out, 0, "%zu of type %d, joined in scan %d", count, type, scan);
      }
    }
  }
  results.Begin("tk_row_log_sum_exp");
  for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
    for (auto [columns, rows] : kExtents) {
      const Run in = Terms(type, rows * columns, 440);
      Run out(SizeOf(type), rows);
      tk_row_log_sum_exp(type, out.data(), in.data(), rows, columns);
      // Its logarithm is of a sum, which has an error of its own.
      results.Check(type, out, columns < 3 ? 1 << 20 : 32, "%zu columns of type %d", columns, type);
    }
  }
}

// Sums of floating point that are joined in trees, and what is carried wider than its type.
// Rows that go to places, straight and by bins of two parts.
void Scattered(Results& results, tk_reduction op, bool by_bins) {
  for (tk_type type : kTypes) {
    if (type == TK_BOOL) continue;
    for (size_t rows : {0, 1, 64, 500}) {
      for (size_t width : {1, 3, 65}) {
        const size_t extent = 11;
        const Run in = Terms(type, rows * width, 480);
        const Run before = Terms(type, extent * width, 481);
        std::vector<int64_t> positions(rows);
        for (size_t r = 0; r < rows; r++) positions[r] = r % 3 == 0 ? 5 : int64_t(r * 7 % extent);
        Run out = before;
        if (by_bins) {
          const size_t bytes = tk_bin_bytes(op, type) * extent * width;
          Run bins(8, bytes / 4 + 1);
          for (size_t part = 0; part < 2; part++) {
            const size_t start = part * rows / 2;
            tk_fill_bins(op, type, bins.data() + part * bytes, in.data() + start * width * SizeOf(type),
                         int64_t(width), positions.data() + start, (part + 1) * rows / 2 - start, extent, width);
          }
          tk_take_bins(op, type, out.data(), int64_t(width), bins.data(), 2, extent, 0, extent,
                       width);
        } else {
          std::vector<int32_t> slots(extent);
          const bool carries = op == TK_SUM && (type == TK_FLOAT32 || type == TK_FLOAT64);
          const size_t crowded = carries ? tk_crowded_positions(slots.data(), extent, positions.data(), rows) : 0;
          Run scratch(1, tk_scattered_scratch(type, crowded, width));
          tk_scatter(op, type, out.data(), int64_t(width), in.data(), int64_t(width), positions.data(), rows, width,
                     crowded == 0 ? nullptr : slots.data(), extent, scratch.data());
        }
        results.Check(type, out, 0, "%zu rows of %zu of type %d, reduction %d", rows, width, type, op);
      }
    }
  }
}

void Sums(Results& results) {
  results.Begin("tk_sum_columns");
  for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
    for (size_t rows : {0, 1, 63, 64, 65, 700, 1500}) {
      for (size_t columns : {1, 2, 3, 4, 17, 100}) {
        const Run in = Terms(type, rows * columns, 450);
        Run out(SizeOf(type), columns), scratch(1, tk_sum_columns_scratch(type, rows, columns));
        tk_sum_columns(type, out.data(), scratch.data(), in.data(), int64_t(columns), rows, columns);
        results.Check(type, out, 0, "%zu rows of %zu of type %d", rows, columns, type);
      }
    }
  }
  results.Begin("tk_moments");
  for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
    for (size_t count : {0, 1, 2, 15, 16, 17, 63, 64, 65, 129, 1000, 2048}) {
      for (size_t order : {2, 4}) {
        const Run in = Terms(type, count, 460);
        Run out(SizeOf(type), order + 1);
        tk_moments(type, order, out.data(), in.data(), count);
        results.Check(type, out, 0, "%zu of type %d to order %zu", count, type, order);
      }
    }
  }
  for (const char* kernel : {"tk_moments_of_columns", "tk_join_moments"}) {
    results.Begin(kernel);
    for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
      for (auto [columns, rows] : kExtents) {
        const size_t count = rows < 8 ? rows : 8 * rows + 5 > 64 ? 64 : 8 * rows + 5;
        const Run in = Terms(type, count * columns, 470), others = Terms(type, count * columns, 471);
        for (size_t order : {2, 4}) {
          const size_t planes = order + 1;
          Run left(SizeOf(type), planes * columns), right(SizeOf(type), planes * columns);
          tk_moments_of_columns(type, order, left.data(), columns, in.data(), int64_t(columns), count, columns);
          if (kernel[3] == 'j') {
            tk_moments_of_columns(
                type, order, right.data(), columns, others.data(), int64_t(columns), count, columns);
            tk_join_moments(
                type, order, left.data(), columns, double(count), right.data(), columns, double(count), columns);
          }
          results.Check(type, left, 0, "%zu rows of %zu of type %d to order %zu", count, columns, type, order);
        }
      }
    }
  }
  for (bool by_bins : {false, true}) {
    results.Begin(by_bins ? "tk_take_bins" : "tk_scatter");
    for (tk_reduction op : {TK_SUM, TK_PRODUCT, TK_MIN, TK_MAX}) Scattered(results, op, by_bins);
  }
}

void Order(Results& results) {
  for (bool positions : {false, true}) {
    results.Begin(positions ? "tk_sort_positions" : "tk_sort");
    for (tk_type type : kTypes) {
      for (size_t count : {0, 1, 2, 17, 47, 48, 1000, 70000}) {
        for (bool descending : {false, true}) {
          const Run in = Values(type, count, 0, 450);
          Run scratch(8, tk_sort_scratch(type, positions, count) / 8 + 1);
          Run out(positions ? 8 : SizeOf(type), count);
          if (positions) {
            tk_sort_positions(type, descending, reinterpret_cast<int64_t*>(out.data()), in.data(), count, scratch.data());
            results.Check(TK_INT64, out, 0, "%zu of type %d", count, type);
          } else {
            tk_sort(type, descending, out.data(), in.data(), count, scratch.data());
            results.Check(type, out, 0, "%zu of type %d", count, type);
          }
        }
      }
    }
  }
}

void Search(Results& results) {
  results.Begin("tk_search");
  for (tk_type type : kTypes) {
    for (size_t length : {0, 1, 2, 17, 1000}) {
      for (size_t count : {0, 1, 15, 16, 17, 300}) {
        for (bool right : {false, true}) {
          const Run in = Values(type, length, 0, 454), values = Values(type, count, 0, 455);
          Run scratch(8, tk_sort_scratch(type, false, length) / 8 + 1);
          Run sorted(SizeOf(type), length), out(8, count);
          tk_sort(type, false, sorted.data(), in.data(), length, scratch.data());
          tk_search(type, right, reinterpret_cast<int64_t*>(out.data()), sorted.data(), length, values.data(), count);
          results.Check(TK_INT64, out, 0, "%zu in %zu of type %d", count, length, type);
        }
      }
    }
  }
}

// The steps of a sort that several workers share.
void SortByParts(Results& results) {
  for (bool positions : {false, true}) {
    results.Begin(positions ? "tk_sort_spread" : "tk_sort_items");
    for (tk_type type : kTypes) {
      const size_t count = 70000, half = count / 2;
      const Run in = Values(type, count, 0, 453);
      const tk_sort_run run = {type, false, positions, count};
      const size_t size = tk_sort_item_size(&run);
      Run items(8, count * size / 8 + 1), spread(8, count * size / 8 + 1);
      uint64_t low[2], high[2];
      bool has_negative_zeros = false;
      for (size_t part = 0; part < 2; part++) {
        has_negative_zeros |= tk_sort_load(&run, items.data() + part * half * size,
                                           in.data() + part * half * SizeOf(type), part * half, half, &low[part],
                                           &high[part]);
      }
      const uint64_t least = std::min(low[0], low[1]);
      const unsigned shift = tk_sort_shift(least, std::max(high[0], high[1]));
      std::vector<uint32_t> counts(size_t{1} << TK_SORT_DIGITS);
      tk_sort_count(&run, items.data(), count, least, shift, counts.data());
      std::vector<uint64_t> places(counts.size());
      for (size_t value = 1; value < counts.size(); value++) places[value] = places[value - 1] + counts[value - 1];
      tk_sort_spread(&run, spread.data(), items.data(), count, least, shift, places.data());
      for (size_t value = 0, start = 0; value < counts.size(); start += counts[value++]) {
        tk_sort_items(&run, spread.data() + start * size, items.data() + start * size, counts[value]);
      }
      Run out(positions ? 8 : SizeOf(type), count);
      tk_sort_store(&run, out.data(), spread.data(), count);
      if (has_negative_zeros) tk_sort_restore_zeros(&run, out.data(), in.data(), count);
      results.Check(positions ? TK_INT64 : type, out, 0, "type %d", type);
    }
  }
}

// The same where keys are split.
void SortBySplitting(Results& results) {
  results.Begin("tk_sort_split");
  for (tk_type type : kTypes) {
    constexpr size_t count = 5001, parts = 5;
    const Run in = Values(type, count, 0, 456);
    const tk_sort_run run = {type, false, false, count};
    const size_t size = tk_sort_item_size(&run);
    Run items(8, count), split(8, count), out(SizeOf(type), count);
    uint64_t low, high, splitters[parts], counts[parts], places[parts] = {};
    const bool has_negative_zeros = tk_sort_load(&run, items.data(), in.data(), 0, count, &low, &high);
    tk_sort_find_splitters(&run, items.data(), count, parts, splitters);
    tk_sort_count_parts(&run, items.data(), count, splitters, parts, counts);
    for (size_t part = 1; part < parts; part++) places[part] = places[part - 1] + counts[part - 1];
    tk_sort_split(&run, split.data(), items.data(), count, splitters, parts, places);
    for (size_t part = 0; part < parts; part++) {
      const size_t start = places[part] - counts[part];
      tk_sort_items(&run, split.data() + start * size, items.data(), counts[part]);
    }
    tk_sort_store(&run, out.data(), split.data(), count);
    if (has_negative_zeros) tk_sort_restore_zeros(&run, out.data(), in.data(), count);
    results.Check(type, out, 0, "type %d", type);
  }
  results.Begin("tk_sort_is_split");
  const tk_sort_run positions = {TK_FLOAT64, false, true, 9};
  Run is_split(SizeOf(TK_BOOL), 1);
  *is_split.data() = tk_sort_is_split(&positions);
  results.Check(TK_BOOL, is_split, 0, "%s", "positions");
}

void OrderStatistics(Results& results) {
  results.Begin("tk_order_positions");
  for (tk_type type : kTypes) {
    for (size_t count : {1, 2, 17, 1023, 1024, 70000}) {
      for (bool descending : {false, true}) {
        for (size_t first : {size_t{0}, count / 3, count - 1}) {
          const size_t wanted = std::min(count - first, size_t{5});
          const Run in = Values(type, count, 0, 451);
          Run scratch(8, tk_order_scratch(type, count) / 8 + 1);
          Run out(8, wanted);
          tk_order_positions(type, descending, reinterpret_cast<int64_t*>(out.data()), in.data(), count, first, wanted,
                             scratch.data());
          results.Check(TK_INT64, out, 0, "%zu of type %d from %zu", count, type, first);
        }
      }
    }
  }
}

// The steps of a search that several workers share.
void OrderStatisticsByParts(Results& results) {
  results.Begin("tk_order_finish");
  for (tk_type type : kTypes) {
    const size_t count = 70000, first = 20000, wanted = 3, half = count / 2;
    const Run in = Values(type, count, 0, 452);
    const size_t size = tk_order_entry_size(type, count);
    Run scratch(8, tk_order_scratch(type, count) / 8 + 1);
    tk_order_bounds bounds = tk_order_find_bounds(type, false, in.data(), count, first, wanted, scratch.data());
    Run out(8, wanted);
    for (;;) {
      size_t found[2], below[2];
      for (size_t part = 0; part < 2; part++) {
        found[part] = tk_order_sift(type, false, &bounds, scratch.data() + part * half * size,
                                    in.data() + part * half * SizeOf(type), part * half, half, count, &below[part]);
      }
      memmove(scratch.data() + found[0] * size, scratch.data() + half * size, found[1] * size);
      if (tk_order_finish(type, reinterpret_cast<int64_t*>(out.data()), scratch.data(), found[0] + found[1],
                          below[0] + below[1], first, wanted, count)) {
        break;
      }
      bounds = {};
    }
    results.Check(TK_INT64, out, 0, "type %d", type);
  }
}

// The steps of a search in a run that several ranks hold parts of.
void OrderStatisticsOfParts(Results& results) {
  results.Begin("tk_order_pick");
  for (tk_type type : kTypes) {
    const size_t count = 70000, first = 20000, wanted = 3, sampled = 4096;
    const Run in = Values(type, count, 0, 453);
    Run sample(SizeOf(type), sampled);
    tk_order_sample(type, sample.data(), sampled, in.data(), count);
    results.Check(type, sample, 0, "sample of type %d", type);
    tk_order_bounds bounds = tk_order_bounds_of_sample(type, true, sample.data(), sampled, count, first, wanted);
    const tk_order_range range = tk_order_range_of_bounds(type, true, &bounds);
    Run scratch(8, tk_order_scratch(type, count) / 8 + 1);
    size_t below;
    const size_t found = tk_order_sift(type, true, &bounds, scratch.data(), in.data(), 0, count, count, &below);
    // Entries of one key are counted by their positions.
    const uint64_t width = range.low_key == range.high_key ? count - 1 : range.high_key - range.low_key;
    unsigned shift = 0;
    while (width >> shift >= 64) shift++;
    Run counts(8, 64);
    memset(counts.data(), 0, 64 * 8);
    tk_order_count(type, scratch.data(), found, count, &range, shift, reinterpret_cast<int64_t*>(counts.data()));
    results.Check(TK_INT64, counts, 0, "counts of type %d", type);
    Run keys(8, found), positions(8, found);
    const size_t picked = tk_order_pick(type, scratch.data(), found, count, &range,
                                        reinterpret_cast<uint64_t*>(keys.data()),
                                        reinterpret_cast<int64_t*>(positions.data()));
    memset(keys.data() + picked * 8, 0, (found - picked) * 8);
    memset(positions.data() + picked * 8, 0, (found - picked) * 8);
    results.Check(TK_UINT64, keys, 0, "keys of type %d", type);
    results.Check(TK_INT64, positions, 0, "positions of type %d", type);
  }
}

void Places(Results& results) {
  constexpr size_t count = 1000, extent = 300;
  std::vector<int64_t> positions(count);
  for (size_t i = 0; i < count; i++) positions[i] = int64_t(i * 7919 % extent) - (i % 3 == 0 ? int64_t(extent) : 0);
  results.Begin("tk_check_positions");
  for (size_t within : {size_t{1}, extent - 1, extent}) {
    const tk_positions_found found = tk_check_positions(positions.data(), count, within);
    Run told(1, 2);
    told.data()[0] = found.has_negative;
    told.data()[1] = found.has_outside;
    results.CheckBytes(told, "in %zu", within);
  }
  Run wrapped(8, count);
  auto* const numbers = reinterpret_cast<int64_t*>(wrapped.data());
  results.Begin("tk_wrap_positions");
  tk_wrap_positions(numbers, positions.data(), count, extent);
  results.CheckBytes(wrapped, "%zu", count);
  Run mask(1, count);
  for (size_t i = 0; i < count; i++) mask.data()[i] = i * i % 7 < 3;
  const size_t found = tk_count_true(mask.data(), count);
  results.Begin("tk_true_positions");
  Run true_ones(8, found);
  tk_true_positions(reinterpret_cast<int64_t*>(true_ones.data()), found, mask.data(), 5);
  results.CheckBytes(true_ones, "%zu of %zu", found, count);
  constexpr size_t sizes[] = {1, 2, 4, 8, 12};
  const Run in = Values(TK_UINT8, count * 12, 0, 520);
  results.Begin("tk_take");
  for (size_t size : sizes) {
    Run out(size, count);
    tk_take(size, out.data(), in.data(), numbers, count);
    results.CheckBytes(out, "%zu bytes", size);
  }
  results.Begin("tk_put");
  for (size_t size : sizes) {
    Run out(size, extent);
    tk_put(size, out.data(), int64_t(size), in.data(), int64_t(size), numbers, count);
    results.CheckBytes(out, "%zu bytes", size);
  }
  results.Begin("tk_take_true");
  for (size_t size : sizes) {
    Run out(size, found);
    tk_take_true(size, out.data(), found, in.data(), mask.data());
    results.CheckBytes(out, "%zu bytes", size);
  }
}

void Movement(Results& results) {
  constexpr size_t sizes[] = {1, 2, 4, 8, 12};
  // The last is written past the caches.
  constexpr size_t counts[] = {0, 1, 5, 17, 100, (1 << 20) + 7};
  results.Begin("tk_fill");
  for (size_t size : sizes) {
    for (size_t count : counts) {
      const Run value = Values(TK_UINT8, size, 0, 500);
      Run out(size, count);
      tk_fill(size, out.data(), value.data(), count);
      results.CheckBytes(out, "%zu of %zu bytes", count, size);
    }
  }
  const std::pair<const char*, void (*)(void*, const void*, size_t)> copies[] = {{"tk_copy", tk_copy},
                                                                                  {"tk_stream_from_memory", tk_stream_from_memory},
                                                                                  {"tk_stream", tk_stream}};
  for (auto [kernel, copy] : copies) {
    results.Begin(kernel);
    for (size_t count : counts) {
      for (size_t shift : {0, 3, 16}) {
        const Run in = Values(TK_UINT8, count, shift, 510);
        Run out(1, count, shift / 2);
        tk_prefetch(in.data(), count);
        copy(out.data(), in.data(), count);
        tk_finish_streaming();
        results.CheckBytes(out, "%zu bytes", count);
      }
    }
  }
  results.Begin("tk_pack and tk_unpack");
  constexpr int64_t extents[] = {5, 7, 9}, strides[] = {200, 2, 21}, places[] = {63, 9, 1};
  for (size_t size : sizes) {
    for (auto [first, count] : {std::pair<int64_t, int64_t>{0, 315}, {3, 100}, {77, 1}, {10, 0}}) {
      const Run in = Values(TK_UINT8, size * 2000, 0, 520);
      Run packed(size, size_t(count)), out(size, 315);
      tk_pack(size, packed.data(), in.data(), 3, extents, strides, first, count);
      results.CheckBytes(packed, "packing %zu bytes", size);
      memset(out.data(), 7, out.bytes());
      tk_unpack(size, out.data(), 3, extents, places, first, count, packed.data());
      results.CheckBytes(out, "unpacking %zu bytes", size);
    }
  }
  results.Begin("tk_transpose");
  for (size_t size : sizes) {
    for (int64_t rows : {0, 1, 4, 7, 16, 33, 100}) {
      for (int64_t columns : {0, 1, 3, 8, 17, 64, 130}) {
        for (bool streams : {false, true}) {
          const Run in = Values(TK_UINT8, size * size_t(rows * columns), 0, 530);
          Run out(size, size_t(rows * columns));
          tk_transpose(size, out.data(), rows, in.data(), columns, rows, columns, streams);
          tk_finish_streaming();
          results.CheckBytes(out, "%d x %d of %zu bytes", int(rows), int(columns), size);
        }
      }
    }
  }
  results.Begin("tk_copy_block");
  constexpr int64_t from[][3] = {{200, 2, 21}, {63, 9, 1}, {63, 1, 7}, {0, 9, 1}, {9, 45, -1}, {1, 5, 35}};
  for (size_t size : sizes) {
    for (const auto& in_strides : from) {
      for (bool streams : {false, true}) {
        const Run in = Values(TK_UINT8, size * 2000, 0, 540);
        Run out(size, 315);
        tk_copy_block(size, 3, extents, out.data(), places, in.data() + 100 * size, in_strides, streams);
        tk_finish_streaming();
        results.CheckBytes(out, "%zu bytes", size);
      }
    }
  }
}

void RandomNumbers(Results& results) {
  constexpr uint64_t key = 0x0123456789ABCDEF;
  const std::pair<uint64_t, size_t> windows[] = {
      {0, 0}, {0, 1}, {3, 1}, {1, 7}, {5, 300}, {1023, 513}, {0xFFFFFFFF, 40}, {0x3FFFFFFF0, 100}, {2, 300000}};
  const std::pair<const char*, std::function<void(tk_type, uint8_t*, uint64_t, size_t, bool)>> kernels[] = {
      {"tk_random_uniform",
       [](auto type, auto out, auto first, auto count, bool streams) {
         tk_random_uniform(type, out, key, first, count, streams);
       }},
      {"tk_random_normal",
       [](auto type, auto out, auto first, auto count, bool streams) {
         tk_random_normal(type, out, key, first, count, streams);
       }},
      {"tk_random_integers",
       [](auto type, auto out, auto first, auto count, bool streams) {
         tk_random_integers(type, out, key, first, count, streams ? -5 : 17, streams ? 100 : UINT64_C(1) << 40);
       }},
  };
  for (const auto& [kernel, make] : kernels) {
    results.Begin(kernel);
    for (tk_type type : kTypes) {
      if (type == TK_BOOL || (type > TK_FLOAT64 && kernel[10] != 'i')) continue;
      for (auto [first, count] : windows) {
        for (bool streams : {false, true}) {
          Run out(SizeOf(type), count);
          make(type, out.data(), first, count, streams);
          tk_finish_streaming();
          results.Check(type, out, 0, "type %d from %llu", type, static_cast<unsigned long long>(first));
        }
      }
    }
  }
  results.Begin("tk_philox");
  for (uint64_t counter : {UINT64_C(0), UINT64_C(1), UINT64_C(0xFFFFFFFF), UINT64_C(1) << 40, UINT64_MAX}) {
    Run words(4, 4);
    tk_philox(key, TK_FOLDED, 3, counter, reinterpret_cast<uint32_t*>(words.data()));
    results.Check(TK_INT32, words, 0, "counter %llu", static_cast<unsigned long long>(counter));
  }
}

void Products(Results& results) {
  results.Begin("tk_integer_product");
  for (tk_type type : {TK_INT8, TK_INT16, TK_INT32, TK_INT64, TK_UINT8, TK_UINT16, TK_UINT32, TK_UINT64}) {
    for (int64_t rows : {1, 5, 33}) {
      for (int64_t columns : {1, 7, 65}) {
        for (int64_t depth : {0, 1, 9, 50}) {
          const Run a = Values(type, size_t(rows * depth), 0, 600), b = Values(type, size_t(depth * columns), 0, 601);
          Run c = Values(type, size_t(rows * columns), 0, 602);
          tk_integer_product(type, rows, columns, depth, a.data(), 1, rows, b.data(), columns, 1, c.data(), columns);
          results.Check(type, c, 0, "%d x %d of type %d", int(rows), int(columns), type);
        }
      }
    }
  }
  results.Begin("tk_small_products");
  for (tk_type type : {TK_FLOAT32, TK_FLOAT64}) {
    for (int64_t rows : {1, 5, 32}) {
      for (int64_t columns : {1, 3, 8, 21}) {
        for (int64_t depth : {1, 9, 32}) {
          for (bool is_turned : {false, true}) {
            const Run a = Values(type, size_t(2 * rows * depth), 0, 603);
            const Run b = Values(type, size_t(2 * depth * columns), 0, 604);
            Run c(SizeOf(type), size_t(2 * rows * columns));
            tk_small_products(type, 2, rows, columns, depth, a.data(), rows * depth, is_turned ? 1 : depth,
                              is_turned ? rows : 1, b.data(), depth * columns, is_turned ? 1 : columns,
                              is_turned ? depth : 1, c.data());
            results.Check(type, c, 0, "%d x %d x %d of type %d", int(rows), int(columns), int(depth), type);
          }
        }
      }
    }
  }
  results.Begin("tk_is_small_product");
  for (int64_t extent : {8, 33}) {
    Run is_small(SizeOf(TK_BOOL), 1);
    *is_small.data() = tk_is_small_product(extent, extent, extent, extent, 1);
    results.Check(TK_BOOL, is_small, 0, "extents of %d", int(extent));
  }
}

}  // namespace

int main(int count, char** arguments) {
  const bool keeps = count == 3 && strcmp(arguments[1], "keep") == 0;
  FILE* file = count == 3 ? fopen(arguments[2], keeps ? "wb" : "rb") : nullptr;
  if (file == nullptr) {
    fprintf(stderr, "expected: kernels keep|compare FILE\n");
    return 64;
  }
  const char* names[8];
  printf("# %s of %zu\n", tk_instruction_set(), tk_instruction_sets(names, 8));
  Results results(file, keeps);
  Elementwise(results);
  OfTwo(results);
  Reductions(results);
  Sums(results);
  Order(results);
  Search(results);
  SortByParts(results);
  SortBySplitting(results);
  OrderStatistics(results);
  OrderStatisticsByParts(results);
  OrderStatisticsOfParts(results);
  Places(results);
  Movement(results);
  RandomNumbers(results);
  Products(results);
  const bool isGood = results.Finish();
  return fclose(file) == 0 && isGood ? 0 : 1;
}
