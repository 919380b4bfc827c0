import Distribution
import Machine
import MessagePassing
import Shapes

/// What carries out the work of one rank: it has the memory in which elements lie, and alone
/// reaches for them.
///
/// All that is above works on shapes, plans and blocks, so that a program runs on any executor.
/// Work is cut by operation, not by block or element: a call costs nothing beside it. Functions
/// that give something small of what they read (`positions`, `isTrue`) may give what any elements
/// could give where none are held; `bytes` is for whoever must have the elements themselves.
public protocol Executor: Sendable {
  /// Where blocks come from.
  var arena: Arena { get }

  /// Whether blocks hold elements. Where they do not, what is written to them from outside may be
  /// left out.
  var holdsElements: Bool { get }

  /// The bytes of a contiguous block, for code outside to read or write.
  ///
  /// - Throws: a `TensorError` for `operation` where there are no elements.
  func bytes(
    of block: StridedBlock, for operation: String
  ) throws(TensorError) -> UnsafeMutableRawBufferPointer

  // Elements by themselves

  /// Computes elements, whose blocks broadcast to the target's shape, in one pass; `others` get the
  /// values that the program stores besides the last.
  func evaluate(_ elements: Elements, into target: StridedBlock, storing others: [StridedBlock])

  /// The same of elements of which one operand is the target, where a matrix product lies first.
  func evaluate(
    _ elements: Elements, behind product: PendingProduct, into target: StridedBlock,
    storing others: [StridedBlock]
  ) throws(TensorError)

  /// Applies a function to small bodies that lie alike, fewer elements than `limit`, without a
  /// plan; nil where that does not apply.
  func applyDirectly(
    _ applied: AppliedFunction, to bodies: [Body], below limit: Int
  ) throws(TensorError) -> Body?

  /// Writes a function over a small contiguous target that is one of its operands, fewer elements
  /// than `limit`, without a program; false where that does not apply.
  ///
  /// - Parameters:
  ///   - others: the other operands, of the target's shape.
  ///   - place: which of the operands is the target.
  ///   - agree: called when nothing can fail any more, before the first element is written.
  func overwriteDirectly(
    _ target: StridedBlock, with applied: AppliedFunction, of others: [LocalOperand],
    at place: Int, below limit: Int, _ agree: () throws(TensorError) -> Void
  ) throws(TensorError) -> Bool

  /// Calls a closure for runs of element numbers that together are all of them, on all workers.
  func forEachRun(of count: Int, _ body: (Range<Int>) -> Void)

  /// Fills a block, which holds a box of a tensor of a shape, with random numbers of a key.
  func fillRandom(
    _ target: StridedBlock, _ distribution: RandomDistribution, key: UInt64, box: Box,
    of shape: Shape)

  // Reductions

  /// Reduces elements over some axes, ascending, into a contiguous target with the others. Partial
  /// results are of the accumulator's type, to which elements are converted as they are loaded; the
  /// result is rounded to the target's, once.
  func reduce(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    in accumulator: ScalarType, into target: StridedBlock
  ) throws(TensorError)

  /// Reduces squares over some axes, ascending, to the roots of their sums, collected in the type
  /// of the contiguous target. Where one of the sums is infinite or below a bound the result is
  /// true, and the target has the sums themselves; false where such roots have all their digits
  /// too, of elements that were divided by the largest of them first.
  func reduceToRoots(
    _ elements: Elements, shape: Shape, over axes: [Int], infiniteOrBelow bound: Double,
    into target: StridedBlock
  ) throws(TensorError) -> Bool

  /// Whether one of some sums, in a contiguous block of floating point, is infinite or below a
  /// bound.
  func isAnySum(_ sums: StridedBlock, infiniteOrBelow bound: Double) throws(TensorError) -> Bool

  /// Joins the rows of terms in their order into a contiguous block of as many elements as a row.
  func join(_ terms: StridedBlock, _ reduction: Reduction, into target: StridedBlock)

  /// The mean and the sums of powers of distances from it over some axes, collected in the target's
  /// type: a number near the mean, what is to be added to it, and squares; fourth powers too, and
  /// third ones before them, where the target has five rows instead of three.
  func moments(
    _ elements: Elements, shape: Shape, over axes: [Int], into target: StridedBlock
  ) throws(TensorError)

  /// Products over some axes with their exponents apart, so that nothing overflows in between.
  func multiplyApart(
    _ elements: Elements, shape: Shape, over axes: [Int], into pairs: StridedBlock
  ) throws(TensorError)

  /// Multiplies rows of such products in their order, and rounds them.
  func joinProducts(_ rows: StridedBlock, into target: StridedBlock)

  /// The products of the lines of factors that this rank holds.
  func factorTotals(_ operands: [StridedBlock], into target: StridedBlock)

  /// For each factor the product of all others of its line, on this rank and, in `outside`, on
  /// those beside it.
  func otherFactors(
    _ operands: [StridedBlock], outside: StridedBlock?, rank: Int, into target: StridedBlock)

  /// Extremes over some axes, and where they are.
  func argReduce(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    values: StridedBlock, positions: StridedBlock
  ) throws(TensorError)

  /// The best of the candidates of all ranks, and where they are.
  func joinCandidates(
    _ reduction: Reduction, _ candidates: StridedBlock, _ positions: StridedBlock,
    best: StridedBlock, bestPositions: StridedBlock
  ) throws(TensorError)

  /// What comes of all elements up to each along an axis. Operands broadcast to the shape; the
  /// target's axis is its innermost.
  func scan(
    _ scan: Scan, _ operands: [Elements], shape: Shape, along axis: Int, from starts: StridedBlock?,
    into target: StridedBlock
  ) throws(TensorError)

  /// What comes of whole lines, in states.
  func scanTotals(
    _ scan: Scan, _ operands: [Elements], shape: Shape, along axis: Int, as type: ScalarType,
    from starts: StridedBlock?, into totals: StridedBlock
  ) throws(TensorError)

  /// What comes before a rank's part of each line, and whether it must be found in sequence.
  func joinScanTotals(
    _ scan: Scan, _ totals: StridedBlock, as type: ScalarType, from starts: StridedBlock?,
    before rank: Int, into result: StridedBlock, inSequence: StridedBlock)

  /// Counts elements in bins of equal width between bounds.
  func countInBins(
    _ block: StridedBlock, _ bounds: (low: ScalarValue, high: ScalarValue),
    into target: StridedBlock
  ) throws(TensorError)

  /// Counts how often integers are each of the numbers from 0 on that the target has a place for.
  func countNumbers(_ block: StridedBlock, into target: StridedBlock) throws(TensorError)

  // Products and order

  /// Matrix products of the last two axes, or the sum of products of two lines, with sums of the
  /// accumulator's type; the result is rounded to the target's, once.
  func multiply(
    _ a: StridedBlock, _ b: StridedBlock, in accumulator: ScalarType, into target: StridedBlock
  ) throws(TensorError)

  /// Sorts lines along the last axis: their elements, or the positions of these.
  func sort(
    _ source: StridedBlock, descending: Bool, positions: Bool, into target: StridedBlock
  ) throws(TensorError)

  /// The positions of the elements along the last axis that come to some places when it is sorted.
  func sortedPositions(
    _ source: StridedBlock, places: Range<Int>, descending: Bool, into target: StridedBlock
  ) throws(TensorError)

  /// The elements that come to a few places of a run that ranks hold parts of, or their positions.
  func findPlaces(
    _ places: Range<Int>, in source: StridedBlock, of run: SharedRun, descending: Bool,
    givingPositions: Bool, into target: StridedBlock
  ) throws(TensorError)

  /// The places of values in a line of elements in order: before elements that are equal to them,
  /// or after these.
  func search(
    _ values: StridedBlock, in sorted: StridedBlock, afterEqual: Bool, into target: StridedBlock)

  /// Joins sorted candidates of several ranks.
  func joinSorted(
    _ candidates: StridedBlock, _ positions: StridedBlock, counts: [Int], descending: Bool,
    givingPositions: Bool, into target: StridedBlock
  ) throws(TensorError)

  // Places

  /// Copies elements of one shape and type from layout to layout.
  func copy(_ source: StridedBlock, into target: StridedBlock)

  /// Positions along an axis, counted from the front and checked.
  func positions(
    _ block: StridedBlock, extent: Int, for operation: String, rank: Int?
  ) throws(TensorError) -> Positions

  /// Counts how many positions each part of a cut axis holds, into a contiguous block of Int64.
  func count(
    _ positions: Positions, byPartOf cut: CutPoints, into counts: StridedBlock
  ) throws(TensorError)

  /// Positions by the part of a cut axis that holds them, in their order within each, counted from
  /// where the part begins; and how that order comes from theirs.
  func sort(
    _ positions: Positions, byPartOf cut: CutPoints, into sorted: StridedBlock,
    _ listing: PartListing, into order: StridedBlock
  ) throws(TensorError)

  /// The positions of true elements of a contiguous mask.
  func truePositions(_ mask: StridedBlock) throws(TensorError) -> Positions

  /// Copies the rows where a mask is true.
  func takeRows(_ source: StridedBlock, where mask: StridedBlock, into target: StridedBlock)

  /// Whether the only element of a block of Booleans is true.
  func isTrue(_ block: StridedBlock) -> Bool

  /// Positions within a box as one number for every axis of the whole.
  func unravel(_ positions: Positions, in box: Box, into target: StridedBlock)

  /// Makes positions within a box positions within a whole of a shape: along one axis, or in
  /// row-major order of all; −1 stays.
  func shift(_ positions: StridedBlock, by box: Box, _ axes: [Int], in shape: Shape)

  /// Copies rows at positions along an axis.
  func takeRows(
    _ source: StridedBlock, axis: Int, at positions: Positions, into target: StridedBlock,
    targetAxes: Range<Int>)

  /// Writes rows to positions along an axis, or adds them.
  func putRows(
    _ source: StridedBlock, sourceAxes: Range<Int>, at positions: Positions,
    into target: StridedBlock, axis: Int, adding: Bool
  ) throws(TensorError)

  /// Copies one element a position along the last axis.
  func takeAlongLast(_ source: StridedBlock, at positions: Positions, into target: StridedBlock)

  /// Writes one element a position along the last axis, or combines it with what is there.
  func putAlongLast(
    _ values: StridedBlock, at positions: Positions, into target: StridedBlock,
    combining reduction: Reduction?
  ) throws(TensorError)

  /// A hash of a contiguous block's bits.
  func hash(_ block: StridedBlock) throws(TensorError) -> Int64
}

extension Executor {
  /// The same without further values.
  public func evaluate(_ elements: Elements, into target: StridedBlock) {
    evaluate(elements, into: target, storing: [])
  }

  /// Sets all elements of a block to one value.
  public func fill(_ target: StridedBlock, with value: ScalarValue) {
    if holdsElements, target.elementCount == 1, target.type == value.type {
      return withExtendedLifetime(target.storage) { target.base.store(value) }
    }
    var elements = Elements()
    elements.constant(value)
    evaluate(elements, into: target)
  }

  /// A contiguous block of this rank's memory, contents undefined.
  ///
  /// - Parameter operation: who asks for it, as messages about memory tell.
  public func allocate(
    _ shape: Shape, _ type: ScalarType, for operation: String? = nil
  ) throws(TensorError) -> StridedBlock {
    StridedBlock(
      storage: try arena.allocate(
        byteCount: shape.elementCount * type.byteCount,
        for: StoragePurpose(shape: shape, scalarType: type, operation: operation)),
      type: type, shape: shape)
  }

  /// A contiguous copy of a block.
  public func copied(_ block: StridedBlock) throws(TensorError) -> StridedBlock {
    let result = try allocate(block.shape, block.type)
    copy(block, into: result)
    return result
  }

  /// The block itself if its elements lie one after another, else a copy.
  public func contiguous(_ block: StridedBlock) throws(TensorError) -> StridedBlock {
    block.isContiguous ? block : try copied(block)
  }
}
