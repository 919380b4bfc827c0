import Distribution
import Machine
import Shapes
import Synchronization

/// Counts a rank's work instead of doing it: blocks have addresses and no memory, so that a program
/// runs on shapes alone, as any rank of any number of ranks.
public final class DryExecutor: Executor {
  public let arena: Arena
  private let counted = Mutex(Work())
  private let noted = Mutex<[Plan]>([])
  let copies = Mutex<[ObjectIdentifier: Copy]>([:])

  init(arena: Arena) {
    self.arena = arena
  }

  /// What has been asked for so far.
  public var work: Work { counted.withLock { $0 } }

  /// The plans that have been carried out so far, in their order.
  public var plans: [Plan] { noted.withLock { $0 } }

  /// Notes a plan that is carried out.
  package func note(_ plan: Plan) { noted.withLock { $0.append(plan) } }

  public var holdsElements: Bool { false }

  public func bytes(
    of block: StridedBlock, for operation: String
  ) throws(TensorError) -> UnsafeMutableRawBufferPointer {
    // What the program has given itself is there.
    if block.storage.hasMemory { return block.range.bytes }
    throw TensorError(
      operation, given: "the elements of a tensor that was only planned",
      expected: "operations that need shapes and shardings alone, or a value to assume")
  }

  /// - Parameters:
  ///   - operations: functions of an element, or moves of one.
  ///   - products: multiplications of matrix products, each with its addition.
  private func count(
    _ operations: Int, products: Int = 0, reading sources: [StridedBlock],
    writing targets: [StridedBlock]
  ) {
    counted.withLock { work in
      work.elementOperations = work.elementOperations.clampedPlus(operations)
      work.multiplications = work.multiplications.clampedPlus(products)
      work.bytesRead = work.bytesRead.clampedPlus(sources.map(\.byteCount).clampedSum)
      work.bytesWritten = work.bytesWritten.clampedPlus(targets.map(\.byteCount).clampedSum)
    }
  }

  /// - Parameter count: elements that the program is evaluated for.
  private func count(_ elements: Elements, _ number: Int, writing targets: [StridedBlock]) {
    count(
      number.clampedTimes(max(1, elements.program.functionCount)), reading: elements.blocks,
      writing: targets)
  }

  // Elements by themselves

  public func evaluate(
    _ elements: Elements, into target: StridedBlock, storing others: [StridedBlock]
  ) {
    count(elements, target.elementCount, writing: [target] + others)
  }

  public func evaluate(
    _ elements: Elements, behind product: PendingProduct, into target: StridedBlock,
    storing others: [StridedBlock]
  ) {
    multiply(product.a, product.b, in: target.type.accumulatorType, into: target)
    evaluate(elements, into: target, storing: others)
  }

  public func applyDirectly(_ applied: AppliedFunction, to bodies: [Body], below limit: Int)
    -> Body?
  {
    // By way of a plan, which is what is wanted here.
    nil
  }

  public func overwriteDirectly(
    _ target: StridedBlock, with applied: AppliedFunction, of others: [LocalOperand],
    at place: Int, below limit: Int, _ agree: () throws(TensorError) -> Void
  ) -> Bool { false }

  public func forEachRun(of count: Int, _ body: (Range<Int>) -> Void) {
    self.count(count, reading: [], writing: [])
  }

  public func fillRandom(
    _ target: StridedBlock, _ distribution: RandomDistribution, key: UInt64, box: Box,
    of shape: Shape
  ) {
    count(target.elementCount, reading: [], writing: [target])
  }

  // Reductions

  public func reduce(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    in accumulator: ScalarType, into target: StridedBlock
  ) {
    count(elements, shape.elementCount, writing: [target])
  }

  public func reduceToRoots(
    _ elements: Elements, shape: Shape, over axes: [Int], infiniteOrBelow bound: Double,
    into target: StridedBlock
  ) -> Bool {
    count(elements, shape.elementCount, writing: [target])
    count(3 * target.elementCount, reading: [target], writing: [target])
    return false
  }

  public func isAnySum(_ sums: StridedBlock, infiniteOrBelow bound: Double) -> Bool {
    count(2 * sums.elementCount, reading: [sums], writing: [])
    return false
  }

  public func join(_ terms: StridedBlock, _ reduction: Reduction, into target: StridedBlock) {
    count(terms.elementCount, reading: [terms], writing: [target])
  }

  public func moments(
    _ elements: Elements, shape: Shape, over axes: [Int], into target: StridedBlock
  ) {
    count(elements, shape.elementCount, writing: [target])
  }

  public func multiplyApart(
    _ elements: Elements, shape: Shape, over axes: [Int], into pairs: StridedBlock
  ) {
    count(elements, shape.elementCount, writing: [pairs])
  }

  public func joinProducts(_ rows: StridedBlock, into target: StridedBlock) {
    count(rows.elementCount, reading: [rows], writing: [target])
  }

  public func factorTotals(_ operands: [StridedBlock], into target: StridedBlock) {
    count(operands.map(\.elementCount).clampedSum, reading: operands, writing: [target])
  }

  public func otherFactors(
    _ operands: [StridedBlock], outside: StridedBlock?, rank: Int, into target: StridedBlock
  ) {
    count(operands.map(\.elementCount).clampedSum, reading: operands, writing: [target])
  }

  public func argReduce(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    values: StridedBlock, positions: StridedBlock
  ) {
    count(elements, shape.elementCount, writing: [values, positions])
  }

  public func joinCandidates(
    _ reduction: Reduction, _ candidates: StridedBlock, _ positions: StridedBlock,
    best: StridedBlock, bestPositions: StridedBlock
  ) {
    count(
      candidates.elementCount, reading: [candidates, positions], writing: [best, bestPositions])
  }

  public func scan(
    _ scan: Scan, _ operands: [Elements], shape: Shape, along axis: Int, from starts: StridedBlock?,
    into target: StridedBlock
  ) {
    countScan(operands, shape, writing: target)
  }

  public func scanTotals(
    _ scan: Scan, _ operands: [Elements], shape: Shape, along axis: Int, as type: ScalarType,
    from starts: StridedBlock?, into totals: StridedBlock
  ) {
    countScan(operands, shape, writing: totals)
  }

  private func countScan(_ operands: [Elements], _ shape: Shape, writing target: StridedBlock) {
    let functions = operands.map { max(1, $0.program.functionCount) }.clampedSum
    count(
      shape.elementCount.clampedTimes(functions), reading: operands.flatMap(\.blocks),
      writing: [target])
  }

  public func joinScanTotals(
    _ scan: Scan, _ totals: StridedBlock, as type: ScalarType, from starts: StridedBlock?,
    before rank: Int, into result: StridedBlock, inSequence: StridedBlock
  ) {
    count(totals.elementCount, reading: [totals], writing: [result, inSequence])
  }

  public func countInBins(
    _ block: StridedBlock, _ bounds: (low: ScalarValue, high: ScalarValue),
    into target: StridedBlock
  ) {
    count(block.elementCount, reading: [block], writing: [target])
  }

  public func countNumbers(_ block: StridedBlock, into target: StridedBlock) {
    count(block.elementCount, reading: [block], writing: [target])
  }

  // Products and order

  public func multiply(
    _ a: StridedBlock, _ b: StridedBlock, in accumulator: ScalarType, into target: StridedBlock
  ) {
    count(
      0, products: target.elementCount.clampedTimes(a.shape.last ?? 1), reading: [a, b],
      writing: [target])
  }

  public func sort(
    _ source: StridedBlock, descending: Bool, positions: Bool, into target: StridedBlock
  ) {
    // Comparisons of lines of n elements: n log₂ n.
    count(
      source.elementCount.clampedTimes(Self.halvings(of: source.shape.last ?? 1)),
      reading: [source], writing: [target])
  }

  public func sortedPositions(
    _ source: StridedBlock, places: Range<Int>, descending: Bool, into target: StridedBlock
  ) {
    count(source.elementCount, reading: [source], writing: [target])
  }

  public func findPlaces(
    _ places: Range<Int>, in source: StridedBlock, of run: SharedRun, descending: Bool,
    givingPositions: Bool, into target: StridedBlock
  ) throws(TensorError) {
    count(source.elementCount, reading: [source], writing: [target])
    _ = try run.gather(sample: try allocate([run.sampleCount], source.type))
    for _ in 0..<run.rounds {
      _ = try run.sum(counts: try allocate([1 + PlaceSearch.rangeCount], .int64))
    }
    _ = try run.gather(rows: try allocate([1, 3, PlaceSearch.rowCount], .int64))
  }

  public func search(
    _ values: StridedBlock, in sorted: StridedBlock, afterEqual: Bool, into target: StridedBlock
  ) {
    count(
      values.elementCount.clampedTimes(Self.halvings(of: sorted.elementCount)),
      reading: [values, sorted], writing: [target])
  }

  /// How often so many elements are halved until one is left, at least once.
  private static func halvings(of count: Int) -> Int {
    max(Int.bitWidth - (max(count, 1) - 1).leadingZeroBitCount, 1)
  }

  public func joinSorted(
    _ candidates: StridedBlock, _ positions: StridedBlock, counts: [Int], descending: Bool,
    givingPositions: Bool, into target: StridedBlock
  ) {
    count(candidates.elementCount, reading: [candidates, positions], writing: [target])
  }

  // Places

  public func copy(_ source: StridedBlock, into target: StridedBlock) {
    count(target.elementCount, reading: [source], writing: [target])
  }

  public func positions(
    _ block: StridedBlock, extent: Int, for operation: String, rank: Int?
  ) throws(TensorError) -> Positions {
    let given = try contiguous(block)
    if given.storage.hasMemory {
      _ = try given.listedPositions(extent: extent, for: operation, rank: rank)
    }
    return Positions(given)
  }

  public func count(_ positions: Positions, byPartOf cut: CutPoints, into counts: StridedBlock) {
    count(positions.count, reading: [positions.block], writing: [counts])
  }

  public func sort(
    _ positions: Positions, byPartOf cut: CutPoints, into sorted: StridedBlock,
    _ listing: PartListing, into order: StridedBlock
  ) {
    count(positions.count, reading: [positions.block], writing: [sorted, order])
  }

  public func truePositions(_ mask: StridedBlock) throws(TensorError) -> Positions {
    Positions(try allocate([0], .int64))
  }

  public func takeRows(
    _ source: StridedBlock, where mask: StridedBlock, into target: StridedBlock
  ) {
    count(target.elementCount, reading: [mask, target], writing: [target])
  }

  public func isTrue(_ block: StridedBlock) -> Bool { false }

  public func unravel(_ positions: Positions, in box: Box, into target: StridedBlock) {
    count(target.elementCount, reading: [], writing: [target])
  }

  public func shift(_ positions: StridedBlock, by box: Box, _ axes: [Int], in shape: Shape) {
    count(positions.elementCount, reading: [positions], writing: [positions])
  }

  public func takeRows(
    _ source: StridedBlock, axis: Int, at positions: Positions, into target: StridedBlock,
    targetAxes: Range<Int>
  ) {
    count(target.elementCount, reading: [target], writing: [target])
  }

  public func putRows(
    _ source: StridedBlock, sourceAxes: Range<Int>, at positions: Positions,
    into target: StridedBlock, axis: Int, adding: Bool
  ) {
    count(source.elementCount, reading: [source], writing: [source])
  }

  public func takeAlongLast(
    _ source: StridedBlock, at positions: Positions, into target: StridedBlock
  ) {
    count(target.elementCount, reading: [target], writing: [target])
  }

  public func putAlongLast(
    _ values: StridedBlock, at positions: Positions, into target: StridedBlock,
    combining reduction: Reduction?
  ) {
    count(values.elementCount, reading: [values], writing: [values])
  }

  public func hash(_ block: StridedBlock) -> Int64 {
    count(block.elementCount, reading: [block], writing: [])
    return 0
  }
}

extension StridedBlock {
  /// Bytes of different places; elements that broadcasting repeats have one.
  fileprivate var byteCount: Int {
    zip(shape, layout.strides).reduce(type.byteCount) {
      $1.1 == 0 ? $0 : $0.clampedTimes($1.0)
    }
  }
}
