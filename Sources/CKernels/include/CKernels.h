// Leaf loops on one core. No allocation, no threads, no globals that change after start, no
// knowledge of tensors: runs of `count` elements, contiguous unless strides are given (in
// elements). Every function is total: integer division by zero gives 0, integer overflow wraps,
// conversions saturate (NaN becomes 0), and an operation that is not defined for a type does
// nothing. An elementwise result depends on its operands alone, never on their place in a run.
//
// Implemented in C++17 on Highway with dispatch over instruction sets at run time. Arithmetic,
// comparisons, conversions, reductions and random numbers give the same bits on every instruction
// set; mathematical functions (exp … softplus, pow, atan2, hypot, log-sum-exp) need not.
#ifndef TESSERA_CKERNELS_H
#define TESSERA_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Scalar types; the values equal ScalarType's raw values.
typedef enum {
  TK_FLOAT32, TK_FLOAT64,
  TK_INT8, TK_INT16, TK_INT32, TK_INT64,
  TK_UINT8, TK_UINT16, TK_UINT32, TK_UINT64,
  TK_BOOL,
} tk_type;

// Functions of one value with a result of the same type: all but NOT on floating point; NEGATE,
// ABS, SIGN, SQUARE, RELU, the roundings (which change nothing) and the bitwise NOT on integers;
// the logical NOT on Bool.
//
// Special values are those of the C library: log(0) = -∞, a NaN gives a NaN. SIGN of either zero
// is +0. ROUND is half to even. GELU is x Φ(x) with the exact Φ, and -0 at -∞. Floating-point
// results of the mathematical functions are within 4 ulp, mostly within 1; GELU of float64 below
// -5 loses digits with the condition of its tail, as erfc does.
typedef enum {
  TK_NEGATE, TK_ABS, TK_SIGN, TK_SQUARE, TK_RECIPROCAL,
  TK_EXP, TK_EXPM1, TK_LOG, TK_LOG1P, TK_LOG2, TK_LOG10, TK_SQRT, TK_RSQRT, TK_CBRT,
  TK_FLOOR, TK_CEIL, TK_ROUND, TK_TRUNC,
  TK_SIN, TK_COS, TK_TAN, TK_ASIN, TK_ACOS, TK_ATAN,
  TK_SINH, TK_COSH, TK_TANH, TK_ASINH, TK_ACOSH, TK_ATANH,
  TK_SIGMOID, TK_ERF, TK_RELU, TK_GELU, TK_SOFTPLUS,
  TK_NOT,
} tk_unary_op;

// Functions of one value with a Boolean result; integers and Booleans are finite.
typedef enum { TK_IS_NAN, TK_IS_FINITE, TK_IS_INFINITE } tk_classify_op;

// Functions of two values with a result of their type. ADD … MAXIMUM on every numeric type;
// POWER … NEXT_AFTER on floating point (POWER on integers too, a negative exponent giving 0
// unless the base is 1 or -1); AND, OR, XOR on integers (bitwise) and Bool (logical); shifts on
// integers, where a negative distance goes the other way and a long one leaves zeros, or the sign
// on the right; MINIMUM and MAXIMUM on Bool too. Minimum and maximum propagate NaN. REMAINDER has
// the sign of the dividend (C's fmod). A power with exponent 2 is exactly the product. COPY_SIGN
// has the size of the first and the sign of the second, a NaN's too. NEXT_AFTER is the neighbour
// of the first on the way to the second, which it is where both are equal (C's nextafter).
typedef enum {
  TK_ADD, TK_SUBTRACT, TK_MULTIPLY, TK_DIVIDE, TK_REMAINDER, TK_MINIMUM, TK_MAXIMUM,
  TK_POWER, TK_ATAN2, TK_HYPOT, TK_COPY_SIGN, TK_NEXT_AFTER,
  TK_AND, TK_OR, TK_XOR, TK_SHIFT_LEFT, TK_SHIFT_RIGHT,
} tk_binary_op;

// Functions of three values. FMA is a b + c: rounded once in floating point, also where there is
// no instruction for it; it wraps on integers. CLAMPED is min(max(a, b), c) with the MINIMUM and
// MAXIMUM above. LERP, of floating point only, is a + c (b - a), and b - (b - a)(1 - c) where |c|
// is not below a half: a for c = 0 and b for c = 1, if b - a is finite.
typedef enum { TK_FMA, TK_CLAMPED, TK_LERP } tk_ternary_op;

// On every type; all but NOT_EQUAL are false for a NaN.
typedef enum {
  TK_EQUAL, TK_NOT_EQUAL, TK_LESS, TK_LESS_EQUAL, TK_GREATER, TK_GREATER_EQUAL,
} tk_compare_op;

// The values equal Reduction's raw values. On Bool, MAX and SUM are "any", MIN and PRODUCT are
// "all".
typedef enum { TK_SUM = 0, TK_PRODUCT = 1, TK_MIN = 2, TK_MAX = 3 } tk_reduction;

// Whether the function is defined for the type. The functions below do nothing where it is not.
bool tk_has_unary(tk_unary_op op, tk_type type);
bool tk_has_binary(tk_binary_op op, tk_type type);
bool tk_has_ternary(tk_ternary_op op, tk_type type);

// Elementwise. `out` may be the same pointer as an input, but not overlap one otherwise. A step
// of 0 means that the operand is one value, repeated; otherwise the step is 1. Booleans are bytes
// that are 0 or 1. Pointers are aligned to their element only.
void tk_unary(tk_unary_op op, tk_type type, void *out, const void *in, size_t count);
void tk_classify(tk_classify_op op, tk_type type, uint8_t *out, const void *in, size_t count);
void tk_binary(tk_binary_op op, tk_type type, void *out, const void *a, size_t a_step,
               const void *b, size_t b_step, size_t count);
void tk_ternary(tk_ternary_op op, tk_type type, void *out, const void *a, size_t a_step,
                const void *b, size_t b_step, const void *c, size_t c_step, size_t count);
void tk_compare(tk_compare_op op, tk_type type, uint8_t *out, const void *a, size_t a_step,
                const void *b, size_t b_step, size_t count);
// out = mask ? a : b
void tk_select(tk_type type, void *out, const uint8_t *mask, size_t mask_step, const void *a,
               size_t a_step, const void *b, size_t b_step, size_t count);
// Between numbers: rounded to nearest where the target is floating point, else towards zero and
// saturated. To Bool: whether the value is not 0, so true for a NaN.
void tk_convert(tk_type to, void *out, tk_type from, const void *in, size_t count);

// Bytes of the lanes in which long runs of floating point are reduced.
enum { TK_REDUCTION_BYTES = 256 };
// Reductions of a run into one value: *accumulator = op(*accumulator, op over in). The order of
// operations depends on count alone (not on the instruction set); reduce-inl.h describes it. Sums
// and products wrap in integers' own type. Minimum and maximum propagate NaN.
void tk_reduce(tk_reduction op, tk_type type, void *accumulator, const void *in, size_t count);
// *sum += Σ a[i] · b[i], floating point only: as tk_reduce of the products, bit by bit.
void tk_sum_products(tk_type type, void *sum, const void *a, const void *b, size_t count);
// What is reduced of the differences of two vectors' elements.
typedef enum {
  TK_SUM_OF_SQUARES, TK_SUM_OF_MAGNITUDES, TK_LARGEST_MAGNITUDE,
} tk_difference_reduction;
// Vectors of `length` elements; element i of vector k is elements[k * vector_stride + i *
// element_stride].
typedef struct {
  const void *elements;
  size_t count, length;
  int64_t vector_stride, element_stride;
} tk_vectors;
// Bytes of the elements that several vectors have side by side in a panel.
enum { TK_PANEL_BYTES = 64 };
// Vectors packed for tk_reduce_differences, `panel` of them side by side, in the order in which
// their elements are joined: in `leaves` lanes of `run` elements each, a power of two of them,
// which are folded in halves; leaves * run >= length. What is missing is 0, missing vectors of the
// last panel are the last one. `packed` has leaves * run elements for each vector of whole panels.
void tk_pack_vectors(tk_type type, void *packed, tk_vectors in, size_t panel, size_t leaves,
                     size_t run);
// out[r * out_stride + c] = the reduction of the differences of vector r of a, packed in panels of
// one, and vector c of b, packed in panels of TK_PANEL_BYTES; floating point only. `leaves` is 1 or
// at least 16. With lanes as tk_reduce has them the results are its own, bit by bit.
//
// Where roots of sums of squares are asked for, those of a sum that is infinite or below `least`
// are taken of differences divided by the largest of them, unless it is 0 or infinite.
typedef struct {
  tk_difference_reduction reduction;
  tk_type type;
  size_t leaves, run;
  const void *a;
  size_t rows;
  const void *b;
  size_t columns;
  void *out;
  int64_t out_stride;
  bool takes_roots;
  double least;
} tk_differences;
void tk_reduce_differences(const tk_differences *work);
// Reductions for each column of a row-major block, whose rows are added one after the other:
// accumulators[c] = op(accumulators[c], in[r * row_stride + c]) for r = 0, 1, …, rows - 1.
void tk_reduce_rows(tk_reduction op, tk_type type, void *accumulators, const void *in,
                    int64_t row_stride, size_t rows, size_t columns);
// A floating-point product whose exponent is kept apart: significand · 2^exponent with
// 1 <= |significand| < 2, or a zero, infinity or NaN and an exponent of 0. Products of it neither
// over- nor underflow. products-inl.h tells the order and the error.
typedef struct {
  double significand, exponent;
} tk_product;
enum { TK_PRODUCT_LANES = 32 };
// A product under way: element i of a run belongs to lane i mod TK_PRODUCT_LANES.
typedef struct {
  double significands[TK_PRODUCT_LANES];
  int64_t exponents[TK_PRODUCT_LANES];
} tk_product_state;
void tk_product_begin(tk_product_state *state);
// Multiplies in a run, floating point only. All runs but the last of a state have a multiple of
// 4 * TK_PRODUCT_LANES elements; how elements are cut into runs then changes nothing.
void tk_product_run(tk_type type, tk_product_state *state, const void *in, size_t count);
tk_product tk_product_end(const tk_product_state *state);
// The product of each of several runs of `count` values that follow each other: that of a state,
// but one factor after the other where they are fewer than lanes.
void tk_products_of(tk_type type, tk_product *products, const void *in, size_t runs, size_t count);
// Multiplies the rows of a row-major block into products of its columns: of float32 four at a time,
// else one after the other. All blocks but the last of a product have a multiple of four rows.
void tk_product_rows(tk_type type, double *significands, int64_t *exponents, const void *in,
                     int64_t row_stride, size_t rows, size_t columns);
// The products of columns under way; their significands may have any magnitude.
void tk_products_of_columns(tk_product *products, const double *significands,
                            const int64_t *exponents, size_t count);
// products[c] *= in[r * row_stride + c] for r = 0, 1, …, rows - 1.
void tk_product_join(tk_product *products, const tk_product *in, size_t row_stride, size_t rows,
                     size_t columns);
// The values, rounded once to a floating-point type.
void tk_product_round(tk_type type, void *out, const tk_product *in, size_t count);
// Sums of the columns of a row-major block of floating point, as accurate as pairwise ones:
// TK_SUMMED_ROWS rows are added one after the other, the sums of such blocks as the leaves of a
// binary tree. `scratch` is of tk_sum_columns_scratch bytes, aligned to 8, and overlaps nothing
// else.
enum { TK_SUMMED_ROWS = 64 };
void tk_sum_columns(tk_type type, void *sums, void *scratch, const void *in, int64_t row_stride,
                    size_t rows, size_t columns);
size_t tk_sum_columns_scratch(tk_type type, size_t rows, size_t columns);
// Where values lie and how they spread: order + 1 planes of `count` elements, `plane` elements
// apart. The first has a number near the mean, the second what is to be added to it, the others the
// sums of squared distances from the mean and, where the order is 4 instead of 2, of their third
// and fourth powers. None of them cancels, however large the mean is: a block's distances are taken
// from its own mean, Σ(x - m)² - (Σ(x - m))² / n, and two blocks joined by their distance (Chan,
// Golub, LeVeque: Algorithms for computing the sample variance, 1983; Pébay: Formulas for robust,
// one-pass parallel computation of covariances and arbitrary-order statistical moments, 2008). Of
// floating point only.
//
// tk_moments gives those of a run, tk_moments_of_columns those of each column of at most
// TK_SUMMED_ROWS rows; of nothing all are 0. tk_join_moments joins those of `left_count` and
// `right_count` values each into `left`.
void tk_moments(tk_type type, size_t order, void *out, const void *in, size_t count);
void tk_moments_of_columns(tk_type type, size_t order, void *out, size_t plane, const void *in,
                           int64_t row_stride, size_t rows, size_t columns);
void tk_join_moments(tk_type type, size_t order, void *left, size_t left_plane, double left_count,
                     const void *right, size_t right_plane, double right_count, size_t count);
// The identity of a reduction: 0, 1, the largest and the smallest value (infinities for floating
// point).
void tk_identity(tk_reduction op, tk_type type, void *out);
// First position of the largest (or smallest) value; a NaN counts as both, the first one wins.
// *index = first_index + position, when the run beats *best (or when *index < 0, meaning "none
// yet").
void tk_arg_reduce(tk_reduction op /* TK_MIN or TK_MAX */, tk_type type, void *best, int64_t *index,
                   const void *in, size_t count, int64_t first_index);
// The same for each row of a row-major block, whose `length` is not 0; nothing is there yet.
void tk_arg_reduce_rows(tk_reduction op, tk_type type, void *best, int64_t *index, const void *in,
                        size_t rows, size_t length);
// Scans: what comes of all elements of a line up to each (or before each, where they are
// `exclusive`), in blocks of TK_SCAN_BLOCK elements whose cut does not depend on who works on them.
// A line is cut into runs of whole blocks, but for its last block.
//
// SUM: float32 is added up in double, float64 a few values at a time to a sum that is kept with
// what rounding takes away, so that neither stagnates. PRODUCT: of floating point in double, with
// exponents apart, so that nothing but a result over- or underflows. MIN and MAX: NaN from the
// first one on. RECURRENCE: h[i] = factors[i] * h[i - 1] + in[i], of floating point in double;
// others have no factors (NULL). Integers wrap. All of one numeric type.
//
// tk_scan_begin sets a state to that before anything; of a recurrence words[0] is h, a double or an
// integer of the type. tk_scan_totals gives the state of each block of a run by itself.
// tk_scan_join takes a state past what has another one; false where a recurrence must be gone
// through in sequence, as something has left the range of numbers: the value stays, then, for
// tk_scan_sequence. tk_scan_carry does the same past blocks until one is false, and says how many
// it has passed; in `states`, which had their totals, it leaves what comes before each, before that
// one too. tk_scan_write writes a run, which may be where `in` or `factors` are.
typedef enum {
  TK_SCAN_SUM, TK_SCAN_PRODUCT, TK_SCAN_MIN, TK_SCAN_MAX, TK_SCAN_RECURRENCE,
} tk_scan;
typedef struct { uint64_t words[2]; } tk_scan_state;
enum { TK_SCAN_BLOCK = 240 };
void tk_scan_begin(tk_scan scan, tk_type type, tk_scan_state *state);
void tk_scan_totals(tk_scan scan, tk_type type, tk_scan_state *totals, const void *in,
                    const void *factors, size_t count);
bool tk_scan_join(tk_scan scan, tk_type type, tk_scan_state *state, const tk_scan_state *total);
size_t tk_scan_carry(tk_scan scan, tk_type type, tk_scan_state *carry, tk_scan_state *states,
                     size_t blocks);
void tk_scan_sequence(tk_type type, tk_scan_state *carry, const void *in, const void *factors,
                      size_t count);
void tk_scan_write(tk_scan scan, tk_type type, bool exclusive, void *out, const void *in,
                   const void *factors, const tk_scan_state *before, size_t count);

// Positions within an axis. tk_check_positions tells of some whether one counts from the end, and
// whether one lies neither in 0 ..< extent nor, counted so, in -extent ..< 0. tk_wrap_positions
// counts all from the front.
typedef struct { bool has_negative, has_outside; } tk_positions_found;
tk_positions_found tk_check_positions(const int64_t *positions, size_t count, size_t extent);
void tk_wrap_positions(int64_t *out, const int64_t *positions, size_t count, size_t extent);

// Rows of so many bytes, one after the other but where a stride in bytes is given. tk_take:
// out[i] = in[positions[i]]; tk_put: out[positions[i]] = in[i], in their order.
void tk_take(size_t bytes, void *out, const void *in, const int64_t *positions, size_t count);
void tk_put(size_t bytes, void *out, int64_t out_stride, const void *in, int64_t in_stride,
            const int64_t *positions, size_t count);

// Masks of Bool. tk_take_true copies those rows of `in` whose element is true, of which there are
// `found` at least; tk_true_positions writes their numbers, from `start` on.
size_t tk_count_true(const void *mask, size_t count);
void tk_take_true(size_t bytes, void *out, size_t found, const void *in, const void *mask);
void tk_true_positions(int64_t *out, size_t found, const void *mask, size_t start);

// Rows of `width` elements combined with others at positions: out[positions[r]] op= in[r] for
// r = 0, 1, …, in their order, of numeric types. Rows of floating point that more than
// TK_SUMMED_ROWS are added to may be given a slot, in which they are carried wider, as running sums
// are: tk_crowded_positions gives each of `extent` positions its slot, or -1, and says how many
// slots there are. Without slots (NULL) `extent` and `scratch`, of tk_scattered_scratch bytes
// aligned to 8, play no part.
size_t tk_crowded_positions(int32_t *slots, size_t extent, const int64_t *positions, size_t rows);
size_t tk_scattered_scratch(tk_type type, size_t crowded, size_t width);
void tk_scatter(tk_reduction op, tk_type type, void *out, int64_t out_stride, const void *in,
                int64_t in_stride, const int64_t *positions, size_t rows, size_t width,
                const int32_t *slots, size_t extent, void *scratch);

// The same where several parts of the rows are handled by themselves: tk_fill_bins combines the
// rows of a part in bins of its own, tk_take_bins combines the parts' bins for the positions from
// `begin` to `end`, in the order of the parts, with what is there. `bins` are of extent · width ·
// tk_bin_bytes bytes a part, aligned to 8, those of the parts one after the other. Sums of floating
// point are carried as in slots, products of float32 in double.
size_t tk_bin_bytes(tk_reduction op, tk_type type);
void tk_fill_bins(tk_reduction op, tk_type type, void *bins, const void *in, int64_t in_stride,
                  const int64_t *positions, size_t rows, size_t extent, size_t width);
void tk_take_bins(tk_reduction op, tk_type type, void *out, int64_t out_stride, const void *bins,
                  size_t parts, size_t extent, size_t begin, size_t end, size_t width);

// Sorts a run of any type, ascending or descending: equal values keep their order (0 and -0 are
// equal), and NaN come last either way. tk_sort_positions gives the places, from 0, of the elements
// in that order. `scratch` is of tk_sort_scratch bytes, aligned to 8, and overlaps nothing else.
void tk_sort(tk_type type, bool descending, void *out, const void *in, size_t count, void *scratch);
void tk_sort_positions(tk_type type, bool descending, int64_t *positions, const void *in,
                       size_t count, void *scratch);
size_t tk_sort_scratch(tk_type type, bool positions, size_t count);

// The steps of a sort that several workers share: the elements of a run, or their positions, as
// items of tk_sort_item_size bytes, aligned to 8. tk_sort_load makes those of a part that begins at
// `start`, finds the bounds of their keys, and tells whether values have zeros below 0. Where
// TK_SORT_DIGITS digits of the keys' distances from the lowest, from tk_sort_shift on, are looked
// at, tk_sort_count adds up how many items of a part have which value of them, and tk_sort_spread
// puts items where the next of their value belongs. tk_sort_items sorts items; `scratch` has room
// for as many. tk_sort_store makes elements or positions of them, in their place if need be. Zeros
// of both signs are equal: where some are below 0, tk_sort_restore_zeros puts those of the whole
// sorted run into the order in which they were.
//
// Where tk_sort_is_split, it is faster to split keys into a part for each worker, of TK_SORT_PARTS
// at most: tk_sort_find_splitters finds the least key of each part but the first, so that parts are
// about even; tk_sort_count_parts and tk_sort_split then stand in for the two above.
enum { TK_SORT_DIGITS = 12, TK_SORT_PARTS = 16 };
typedef struct { tk_type type; bool descending, positions; size_t length; } tk_sort_run;
size_t tk_sort_item_size(const tk_sort_run *run);
bool tk_sort_load(const tk_sort_run *run, void *items, const void *in, size_t start, size_t count,
                  uint64_t *low, uint64_t *high);
unsigned tk_sort_shift(uint64_t low, uint64_t high);
void tk_sort_count(const tk_sort_run *run, const void *items, size_t count, uint64_t low,
                   unsigned shift, uint32_t *counts);
void tk_sort_spread(const tk_sort_run *run, void *to, const void *items, size_t count,
                    uint64_t low, unsigned shift, uint64_t *places);
bool tk_sort_is_split(const tk_sort_run *run);
void tk_sort_find_splitters(const tk_sort_run *run, const void *items, size_t count, size_t parts,
                            uint64_t *splitters);
void tk_sort_count_parts(const tk_sort_run *run, const void *items, size_t count,
                         const uint64_t *splitters, size_t parts, uint64_t *counts);
void tk_sort_split(const tk_sort_run *run, void *to, const void *items, size_t count,
                   const uint64_t *splitters, size_t parts, uint64_t *places);
void tk_sort_items(const tk_sort_run *run, void *items, void *scratch, size_t count);
void tk_sort_store(const tk_sort_run *run, void *out, const void *items, size_t count);
void tk_sort_restore_zeros(const tk_sort_run *run, void *out, const void *in, size_t count);

// Order statistics: the positions of those elements that have the places `first` ..< `first` +
// `wanted` in the order of tk_sort, in that order; in time linear in `count`, and what sorting
// `wanted` elements takes. `scratch` is of tk_order_scratch bytes, aligned to 8.
void tk_order_positions(tk_type type, bool descending, int64_t *positions, const void *in,
                        size_t count, size_t first, size_t wanted, void *scratch);
size_t tk_order_scratch(tk_type type, size_t count);

// The same in three steps, of which the second can be shared out. Bounds, from a sample of the run:
// elements of those places lie most probably between them, or anywhere where one is missing.
typedef struct {
  uint64_t low, high; // values of the type
  bool has_low, has_high;
} tk_order_bounds;
tk_order_bounds tk_order_find_bounds(tk_type type, bool descending, const void *in, size_t count,
                                     size_t first, size_t wanted, void *scratch);
// Appends an entry, of tk_order_entry_size bytes, for each of `count` elements that lies between
// the bounds or is NaN, and gives their number, and how many come before the lower one. The
// elements are those from `start` on of a run of `length`.
size_t tk_order_sift(tk_type type, bool descending, const tk_order_bounds *bounds, void *entries,
                     const void *in, size_t start, size_t count, size_t length, size_t *below);
size_t tk_order_entry_size(tk_type type, size_t length);
// Puts the wanted ones of all entries in order. False where they are not among them.
bool tk_order_finish(tk_type type, int64_t *positions, void *entries, size_t found, size_t below,
                     size_t first, size_t wanted, size_t length);

// For a run that several hold parts of, `length` elements in all: what the parts' samples, put
// together, tell of its bounds. A sample holds so many elements from places all over a part;
// tk_order_bounds_of_sample changes the order in it.
void tk_order_sample(tk_type type, void *sample, size_t size, const void *in, size_t count);
tk_order_bounds tk_order_bounds_of_sample(tk_type type, bool descending, void *sample, size_t size,
                                          size_t length, size_t first, size_t wanted);
// Entries whose keys and positions lie in a range, both ends included: keys are in the order of
// their elements.
typedef struct {
  uint64_t low_key, high_key, low_position, high_position;
} tk_order_range;
tk_order_range tk_order_range_of_bounds(tk_type type, bool descending,
                                        const tk_order_bounds *bounds);
// Adds each entry in the range to the count of its distance from the low key divided by 2^`shift`;
// of its distance from the low position where the range has one key.
void tk_order_count(tk_type type, const void *entries, size_t found, size_t length,
                    const tk_order_range *range, unsigned shift, int64_t *counts);
// Keys and positions of the entries in the range, and their number.
size_t tk_order_pick(tk_type type, const void *entries, size_t found, size_t length,
                     const tk_order_range *range, uint64_t *keys, int64_t *positions);

// The places at which values of any type would be inserted into a run in ascending order, as
// tk_sort leaves it: how many elements are smaller or, with `right`, not larger. Zeros of both
// signs are equal, and so are NaN, which come after all numbers. In a run that is in no order it is
// some place from 0 to `length`.
void tk_search(tk_type type, bool right, int64_t *out, const void *sorted, size_t length,
               const void *values, size_t count);

// Moving elements of `size` bytes (1, 2, 4 or 8; others work through a slower path). tk_fill and
// tk_copy write runs of 1 MiB and more past the caches; where there is a flag `streams`, the caller
// says whether all that it moves is too large to be found there again.
void tk_fill(size_t size, void *out, const void *value, size_t count);
// Copies bytes between places that do not overlap.
void tk_copy(void *out, const void *in, size_t bytes);
// The same, always past the caches, for a piece of something large that lies in the caches, or that
// comes from memory. Other threads see the bytes for sure after tk_finish_streaming on this one.
void tk_stream(void *out, const void *in, size_t bytes);
void tk_stream_from_memory(void *out, const void *in, size_t bytes);
void tk_finish_streaming(void);
// The same as tk_unary and tk_binary, past the caches; nothing and false where there is no such
// loop, `out` is not whole cache lines, or both operands are one value.
bool tk_stream_unary(tk_unary_op op, tk_type type, void *out, const void *in, size_t count);
bool tk_stream_binary(tk_binary_op op, tk_type type, void *out, const void *a, size_t a_step,
                      const void *b, size_t b_step, size_t count);

// A chain of functions of one floating-point type, applied to a run in one pass: a few vectors at a
// time go through all its links in registers. LOAD takes the values of an operand; APPLY is a
// function of one value (`op` is a tk_unary_op); JOIN is one of two (a tk_binary_op), of which the
// operand is the second, and the first in JOIN_REVERSED; JOIN_BOTH is one of three (a
// tk_ternary_op), of which the operand is the third, and that of the link before, a SECOND, the
// second. KEEP leaves the values in a slot, for links behind it; STORE and STREAM write them to
// `place`, the latter past the caches where it is whole cache lines. An operand is a run at
// `place`, one repeated value there, or what a slot has.
//
// The first link is a LOAD. A run that is written may be one that is read, not overlap it
// otherwise, if all links that read it come before. Each value gets the bits that tk_unary,
// tk_binary and tk_ternary give it.
typedef enum {
  TK_LOAD, TK_APPLY, TK_JOIN, TK_JOIN_REVERSED, TK_SECOND, TK_JOIN_BOTH, TK_KEEP, TK_STORE,
  TK_STREAM,
} tk_link_kind;
typedef enum { TK_RUN, TK_VALUE, TK_SLOT } tk_source;
typedef struct {
  tk_link_kind kind;
  tk_source source;
  uint32_t op;
  uint32_t slot;
  void *place;
} tk_link;
enum { TK_CHAIN_LINKS = 160, TK_CHAIN_SLOTS = 32 };
// Does nothing and gives false where the type is no floating-point one, where there are more links
// or slots than that, or a JOIN_BOTH without a SECOND.
bool tk_chain(tk_type type, const tk_link *links, size_t link_count, size_t count);
// The same for rows of `count` elements: that of each link which has a place lies `distances`
// elements farther on in the next row, as many links as there are. A row that is written may be
// the same row of an operand, and overlaps nothing else that is read.
bool tk_chain_rows(tk_type type, const tk_link *links, const int64_t *distances, size_t link_count,
                   size_t rows, size_t count);
// Asks for bytes that are read soon; they need not be there.
void tk_prefetch(const void *in, size_t bytes);
// Elements first ..< first + count, in row-major order of a strided block of `axes` axes, to a
// contiguous run, and back. Strides are in elements and may be 0 or negative. At most 64 axes.
// Where an unpacked element has several values (stride 0), one of them is kept.
void tk_pack(size_t size, void *out, const void *in, size_t axes, const int64_t *extents,
             const int64_t *strides, int64_t first, int64_t count);
void tk_unpack(size_t size, void *out, size_t axes, const int64_t *extents, const int64_t *strides,
               int64_t first, int64_t count, const void *in);
// Transposes a block: out[c * out_stride + r] = in[r * in_stride + c], in tiles that fit the
// caches. Fastest where rows of `out` begin on cache lines, all or none.
void tk_transpose(size_t size, void *out, int64_t out_stride, const void *in, int64_t in_stride,
                  int64_t rows, int64_t columns, bool streams);
// Copies a block of at most 63 axes, the innermost last, between two layouts that do not overlap.
// Strides are in elements; those of `in` may be 0 or negative. The two innermost axes are moved as
// one: rows where the last is contiguous in both, a transposition where the last is contiguous in
// `out` and the one before it in `in`.
void tk_copy_block(size_t size, size_t axes, const int64_t *extents, void *out,
                   const int64_t *out_strides, const void *in, const int64_t *in_strides,
                   bool streams);

// Random numbers, Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as
// 1, 2, 3, SC11), counter = element's global position / elements a block, so that a value depends
// on key and position alone. Element i of float32: block i/4, word i%4; float64 and int64: block
// i/2, words 2(i%2) and 2(i%2)+1, the lower first. uniform: [0, 1) with 24 or 53 bits. normal:
// Box-Muller on the words of the same block; float32 on the pairs (0,1) and (2,3), float64 on the
// 64-bit words (0,1) and (2,3).
//
// The counter above is the lower half of Philox's. The upper half is what the words are for, so
// that no two uses of a key share a block: a use, and a number that is 0 unless said otherwise.
// Elements are DRAWN, REDRAWN where randint rejects a word (the number is the attempt, from 1);
// keys are SPLIT or FOLDED off; the rounds of a permutation, which the number counts, are PERMUTED.
typedef enum { TK_DRAWN, TK_REDRAWN, TK_SPLIT, TK_FOLDED, TK_PERMUTED } tk_random_use;
void tk_random_uniform(tk_type type, void *out, uint64_t key, uint64_t first, size_t count,
                       bool streams);
void tk_random_normal(tk_type type, void *out, uint64_t key, uint64_t first, size_t count,
                      bool streams);
// low + floor(word64 * span / 2^64), from words as for int64, converted to type; a span of 0 means
// 2^64. Words that would make some numbers more frequent than others are drawn again. Of uint64,
// low is the bits.
void tk_random_integers(tk_type type, void *out, uint64_t key, uint64_t first, size_t count,
                        int64_t low, uint64_t span);
// The four words of one block.
void tk_philox(uint64_t key, tk_random_use use, uint32_t number, uint64_t counter,
               uint32_t words[4]);

// c (rows x columns, row-major, stride c_stride) += a · b for integers, wrapping; strides in
// elements.
void tk_integer_product(tk_type type, int64_t rows, int64_t columns, int64_t depth, const void *a,
                        int64_t a_row, int64_t a_column, const void *b, int64_t b_row,
                        int64_t b_column, void *c, int64_t c_stride);

// Products of floating point, c = a · b, of `count` small matrices, which lie one after the other
// in c, row-major. Strides and the steps from matrix to matrix of a and b are in elements, and any.
// Columns and depth are TK_SMALL_EXTENT at most. Each sum begins at 0 and takes its terms in their
// order.
#define TK_SMALL_EXTENT 32
void tk_small_products(tk_type type, size_t count, int64_t rows, int64_t columns, int64_t depth,
                       const void *a, int64_t a_step, int64_t a_row, int64_t a_column,
                       const void *b, int64_t b_step, int64_t b_row, int64_t b_column, void *c);
// Whether a product without empty extents takes less time so than in a library.
bool tk_is_small_product(int64_t rows, int64_t columns, int64_t depth, int64_t a_row,
                         int64_t b_column);

// Softmax and cross entropy of the rows of a row-major block (each row `columns` long):
// log_sum[r] = log Σ exp(in[r]) computed stably; -∞ for an empty row. Floating point only.
void tk_row_log_sum_exp(tk_type type, void *log_sum, const void *in, size_t rows, size_t columns);

// The instruction set that the kernels dispatch to: "AVX3" (AVX-512), "AVX2", "NEON", or the
// architecture's baseline ("SSE2" on x86-64).
const char *tk_instruction_set(void);
// Instruction sets compiled in and supported by this CPU, widest first: fills names, returns how
// many (at most limit). So the rank of a set is its distance from the end of the list.
size_t tk_instruction_sets(const char **names, size_t limit);
// Uses this instruction set from now on (one of the list above), or the widest again with NULL.
// The choice is the process's: for start-up and tests, not while kernels run. Returns false if it
// is unknown or unsupported.
bool tk_use_instruction_set(const char *name);

#ifdef __cplusplus
}
#endif

#endif
