import Distribution
import Machine
import Shapes
import Synchronization

/// Carries out a rank's work by another executor, and notes how long each piece takes, what it
/// reads and what it writes.
///
/// Pieces belong to the operation under way on the thread that asks for them.
public final class ProfilingExecutor: Executor {
  private let base: any Executor
  private let noted = Mutex(ProfileNotes())

  init(_ base: any Executor) { self.base = base }

  public var arena: Arena { base.arena }

  public var holdsElements: Bool { base.holdsElements }

  /// What has been noted so far.
  var notes: ProfileNotes { noted.withLock { $0 } }

  /// An operation begins, within the one under way if there is one.
  package func enter(_ operation: String) {
    let start = ContinuousClock.now
    noted.withLock { $0.enter(operation, at: start) }
  }

  /// The operation that began last ends.
  package func leave() {
    let end = ContinuousClock.now
    noted.withLock { $0.leave(at: end) }
  }

  /// A result that might have waited gets memory of its own.
  func noteStored(_ name: String, _ block: StridedBlock, because reason: StoredReason) {
    noted.withLock { $0.noteStored(name, byteCount: block.distinctByteCount, because: reason) }
  }

  private func measure<R, E: Error>(
    _ work: @autoclosure () -> String, reading sources: @autoclosure () -> [StridedBlock],
    writing targets: @autoclosure () -> [StridedBlock], _ body: () throws(E) -> R
  ) throws(E) -> R {
    let start = ContinuousClock.now
    let result = try body()
    let duration = ContinuousClock.now - start
    let (name, read, written) = (work(), sources().byteCount, targets().byteCount)
    noted.withLock { $0.note(name, duration, bytesRead: read, bytesWritten: written) }
    return result
  }

  public func bytes(
    of block: StridedBlock, for operation: String
  ) throws(TensorError) -> UnsafeMutableRawBufferPointer {
    try base.bytes(of: block, for: operation)
  }

  public func applyDirectly(
    _ applied: AppliedFunction, to bodies: [Body], below limit: Int
  ) throws(TensorError) -> Body? {
    let start = ContinuousClock.now
    guard let result = try base.applyDirectly(applied, to: bodies, below: limit) else { return nil }
    let duration = ContinuousClock.now - start
    noted.withLock { $0.noteSmall(applied.name, duration) }
    return result
  }

  public func overwriteDirectly(
    _ target: StridedBlock, with applied: AppliedFunction, of others: [LocalOperand],
    at place: Int, below limit: Int, _ agree: () throws(TensorError) -> Void
  ) throws(TensorError) -> Bool {
    let start = ContinuousClock.now
    guard
      try base.overwriteDirectly(target, with: applied, of: others, at: place, below: limit, agree)
    else { return false }
    let duration = ContinuousClock.now - start
    let byteCount = target.distinctByteCount
    noted.withLock {
      $0.note(
        applied.function.name, duration, bytesRead: byteCount * (others.count + 1),
        bytesWritten: byteCount)
    }
    return true
  }

  public func forEachRun(of count: Int, _ body: (Range<Int>) -> Void) {
    measure("other work", reading: [], writing: []) { base.forEachRun(of: count, body) }
  }

  public func evaluate(
    _ elements: Elements, into target: StridedBlock, storing others: [StridedBlock]
  ) {
    measure(elements.program.label, reading: elements.blocks, writing: [target] + others) {
      base.evaluate(elements, into: target, storing: others)
    }
  }

  public func evaluate(
    _ elements: Elements, behind product: PendingProduct, into target: StridedBlock,
    storing others: [StridedBlock]
  ) throws(TensorError) {
    var read = elements.blocks
    read[product.operand] = product.a
    try measure(
      "product, \(elements.program.label)", reading: read + [product.b],
      writing: [target] + others
    ) { () throws(TensorError) in
      try base.evaluate(elements, behind: product, into: target, storing: others)
    }
  }

  public func fillRandom(
    _ target: StridedBlock, _ distribution: RandomDistribution, key: UInt64, box: Box,
    of shape: Shape
  ) {
    measure("random numbers", reading: [], writing: [target]) {
      base.fillRandom(target, distribution, key: key, box: box, of: shape)
    }
  }

  public func reduce(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    in accumulator: ScalarType, into target: StridedBlock
  ) throws(TensorError) {
    try measure(
      "\(reduction) of \(elements.program.label)", reading: elements.blocks, writing: [target]
    ) { () throws(TensorError) in
      try base.reduce(reduction, elements, shape: shape, over: axes, in: accumulator, into: target)
    }
  }

  public func reduceToRoots(
    _ elements: Elements, shape: Shape, over axes: [Int], infiniteOrBelow bound: Double,
    into target: StridedBlock
  ) throws(TensorError) -> Bool {
    try measure(
      "root of sum of \(elements.program.label)", reading: elements.blocks, writing: [target]
    ) { () throws(TensorError) in
      try base.reduceToRoots(
        elements, shape: shape, over: axes, infiniteOrBelow: bound, into: target)
    }
  }

  public func isAnySum(
    _ sums: StridedBlock, infiniteOrBelow bound: Double
  ) throws(TensorError) -> Bool {
    try measure("a look at sums", reading: [sums], writing: []) { () throws(TensorError) in
      try base.isAnySum(sums, infiniteOrBelow: bound)
    }
  }

  public func join(_ terms: StridedBlock, _ reduction: Reduction, into target: StridedBlock) {
    measure("joining terms", reading: [terms], writing: [target]) {
      base.join(terms, reduction, into: target)
    }
  }

  public func moments(
    _ elements: Elements, shape: Shape, over axes: [Int], into target: StridedBlock
  ) throws(TensorError) {
    try measure("moments of \(elements.program.label)", reading: elements.blocks, writing: [target])
    { () throws(TensorError) in
      try base.moments(elements, shape: shape, over: axes, into: target)
    }
  }

  public func multiplyApart(
    _ elements: Elements, shape: Shape, over axes: [Int], into pairs: StridedBlock
  ) throws(TensorError) {
    try measure("product of \(elements.program.label)", reading: elements.blocks, writing: [pairs])
    { () throws(TensorError) in
      try base.multiplyApart(elements, shape: shape, over: axes, into: pairs)
    }
  }

  public func joinProducts(_ rows: StridedBlock, into target: StridedBlock) {
    measure("joining terms", reading: [rows], writing: [target]) {
      base.joinProducts(rows, into: target)
    }
  }

  public func factorTotals(_ operands: [StridedBlock], into target: StridedBlock) {
    measure("products of factors", reading: operands, writing: [target]) {
      base.factorTotals(operands, into: target)
    }
  }

  public func otherFactors(
    _ operands: [StridedBlock], outside: StridedBlock?, rank: Int, into target: StridedBlock
  ) {
    measure("products of factors", reading: operands, writing: [target]) {
      base.otherFactors(operands, outside: outside, rank: rank, into: target)
    }
  }

  public func argReduce(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    values: StridedBlock, positions: StridedBlock
  ) throws(TensorError) {
    try measure(
      "extremes and places of \(elements.program.label)", reading: elements.blocks,
      writing: [values, positions]
    ) { () throws(TensorError) in
      try base.argReduce(
        reduction, elements, shape: shape, over: axes, values: values, positions: positions)
    }
  }

  public func joinCandidates(
    _ reduction: Reduction, _ candidates: StridedBlock, _ positions: StridedBlock,
    best: StridedBlock, bestPositions: StridedBlock
  ) throws(TensorError) {
    try measure(
      "joining candidates", reading: [candidates, positions], writing: [best, bestPositions]
    ) { () throws(TensorError) in
      try base.joinCandidates(
        reduction, candidates, positions, best: best, bestPositions: bestPositions)
    }
  }

  public func scan(
    _ scan: Scan, _ operands: [Elements], shape: Shape, along axis: Int, from starts: StridedBlock?,
    into target: StridedBlock
  ) throws(TensorError) {
    try measure("scan", reading: operands.flatMap(\.blocks), writing: [target]) {
      () throws(TensorError) in
      try base.scan(scan, operands, shape: shape, along: axis, from: starts, into: target)
    }
  }

  public func scanTotals(
    _ scan: Scan, _ operands: [Elements], shape: Shape, along axis: Int, as type: ScalarType,
    from starts: StridedBlock?, into totals: StridedBlock
  ) throws(TensorError) {
    try measure("totals of a scan", reading: operands.flatMap(\.blocks), writing: [totals]) {
      () throws(TensorError) in
      try base.scanTotals(
        scan, operands, shape: shape, along: axis, as: type, from: starts, into: totals)
    }
  }

  public func joinScanTotals(
    _ scan: Scan, _ totals: StridedBlock, as type: ScalarType, from starts: StridedBlock?,
    before rank: Int, into result: StridedBlock, inSequence: StridedBlock
  ) {
    measure("joining totals", reading: [totals], writing: [result]) {
      base.joinScanTotals(
        scan, totals, as: type, from: starts, before: rank, into: result, inSequence: inSequence)
    }
  }

  public func countInBins(
    _ block: StridedBlock, _ bounds: (low: ScalarValue, high: ScalarValue),
    into target: StridedBlock
  ) throws(TensorError) {
    try measure("bins", reading: [block], writing: [target]) { () throws(TensorError) in
      try base.countInBins(block, bounds, into: target)
    }
  }

  public func countNumbers(_ block: StridedBlock, into target: StridedBlock) throws(TensorError) {
    try measure("bins", reading: [block], writing: [target]) { () throws(TensorError) in
      try base.countNumbers(block, into: target)
    }
  }

  public func multiply(
    _ a: StridedBlock, _ b: StridedBlock, in accumulator: ScalarType, into target: StridedBlock
  ) throws(TensorError) {
    try measure("product", reading: [a, b], writing: [target]) { () throws(TensorError) in
      try base.multiply(a, b, in: accumulator, into: target)
    }
  }

  public func sort(
    _ source: StridedBlock, descending: Bool, positions: Bool, into target: StridedBlock
  ) throws(TensorError) {
    try measure("sort", reading: [source], writing: [target]) { () throws(TensorError) in
      try base.sort(source, descending: descending, positions: positions, into: target)
    }
  }

  public func sortedPositions(
    _ source: StridedBlock, places: Range<Int>, descending: Bool, into target: StridedBlock
  ) throws(TensorError) {
    try measure("selection", reading: [source], writing: [target]) { () throws(TensorError) in
      try base.sortedPositions(source, places: places, descending: descending, into: target)
    }
  }

  public func findPlaces(
    _ places: Range<Int>, in source: StridedBlock, of run: SharedRun, descending: Bool,
    givingPositions: Bool, into target: StridedBlock
  ) throws(TensorError) {
    try measure("selection", reading: [source], writing: [target]) { () throws(TensorError) in
      try base.findPlaces(
        places, in: source, of: run, descending: descending, givingPositions: givingPositions,
        into: target)
    }
  }

  public func search(
    _ values: StridedBlock, in sorted: StridedBlock, afterEqual: Bool, into target: StridedBlock
  ) {
    measure("search", reading: [values, sorted], writing: [target]) {
      base.search(values, in: sorted, afterEqual: afterEqual, into: target)
    }
  }

  public func joinSorted(
    _ candidates: StridedBlock, _ positions: StridedBlock, counts: [Int], descending: Bool,
    givingPositions: Bool, into target: StridedBlock
  ) throws(TensorError) {
    try measure("joining candidates", reading: [candidates, positions], writing: [target]) {
      () throws(TensorError) in
      try base.joinSorted(
        candidates, positions, counts: counts, descending: descending,
        givingPositions: givingPositions, into: target)
    }
  }

  public func copy(_ source: StridedBlock, into target: StridedBlock) {
    measure("copy", reading: [source], writing: [target]) {
      base.copy(source, into: target)
    }
  }

  public func positions(_ block: StridedBlock, extent: Int, for operation: String, rank: Int?)
    throws(TensorError) -> Positions
  {
    try measure("check of positions", reading: [block], writing: []) { () throws(TensorError) in
      try base.positions(block, extent: extent, for: operation, rank: rank)
    }
  }

  public func count(
    _ positions: Positions, byPartOf cut: CutPoints, into counts: StridedBlock
  ) throws(TensorError) {
    try measure("count of positions", reading: [positions.block], writing: [counts]) {
      () throws(TensorError) in try base.count(positions, byPartOf: cut, into: counts)
    }
  }

  public func sort(
    _ positions: Positions, byPartOf cut: CutPoints, into sorted: StridedBlock,
    _ listing: PartListing, into order: StridedBlock
  ) throws(TensorError) {
    try measure("positions by owner", reading: [positions.block], writing: [sorted, order]) {
      () throws(TensorError) in
      try base.sort(positions, byPartOf: cut, into: sorted, listing, into: order)
    }
  }

  public func truePositions(_ mask: StridedBlock) throws(TensorError) -> Positions {
    try measure("places in a mask", reading: [mask], writing: []) { () throws(TensorError) in
      try base.truePositions(mask)
    }
  }

  public func takeRows(_ source: StridedBlock, where mask: StridedBlock, into target: StridedBlock)
  {
    measure("rows where a mask is true", reading: [target], writing: [target]) {
      base.takeRows(source, where: mask, into: target)
    }
  }

  public func isTrue(_ block: StridedBlock) -> Bool {
    measure("look at a value", reading: [block], writing: []) {
      base.isTrue(block)
    }
  }

  public func unravel(_ positions: Positions, in box: Box, into target: StridedBlock) {
    measure("places of all axes", reading: [], writing: [target]) {
      base.unravel(positions, in: box, into: target)
    }
  }

  public func shift(_ positions: StridedBlock, by box: Box, _ axes: [Int], in shape: Shape) {
    measure("places of all axes", reading: [positions], writing: [positions]) {
      base.shift(positions, by: box, axes, in: shape)
    }
  }

  public func takeRows(
    _ source: StridedBlock, axis: Int, at positions: Positions, into target: StridedBlock,
    targetAxes: Range<Int>
  ) {
    measure("rows at places", reading: [target], writing: [target]) {
      base.takeRows(source, axis: axis, at: positions, into: target, targetAxes: targetAxes)
    }
  }

  public func putRows(
    _ source: StridedBlock, sourceAxes: Range<Int>, at positions: Positions,
    into target: StridedBlock, axis: Int, adding: Bool
  ) throws(TensorError) {
    try measure("rows to places", reading: [source], writing: [source]) { () throws(TensorError) in
      try base.putRows(
        source, sourceAxes: sourceAxes, at: positions, into: target, axis: axis, adding: adding)
    }
  }

  public func takeAlongLast(
    _ source: StridedBlock, at positions: Positions, into target: StridedBlock
  ) {
    measure("elements at places", reading: [target], writing: [target]) {
      base.takeAlongLast(source, at: positions, into: target)
    }
  }

  public func putAlongLast(
    _ values: StridedBlock, at positions: Positions, into target: StridedBlock,
    combining reduction: Reduction?
  ) throws(TensorError) {
    try measure("elements to places", reading: [values], writing: [values]) {
      () throws(TensorError) in
      try base.putAlongLast(values, at: positions, into: target, combining: reduction)
    }
  }

  public func hash(_ block: StridedBlock) throws(TensorError) -> Int64 {
    try measure("hash", reading: [block], writing: []) { () throws(TensorError) in
      try base.hash(block)
    }
  }
}

extension [StridedBlock] {
  fileprivate var byteCount: Int { reduce(0) { $0 + $1.distinctByteCount } }
}

extension StridedBlock {
  /// Bytes of the block's elements, those that broadcasting repeats counted once.
  fileprivate var distinctByteCount: Int {
    zip(shape, layout.strides).reduce(type.byteCount) { $1.1 == 0 ? $0 : $0 * $1.0 }
  }
}
