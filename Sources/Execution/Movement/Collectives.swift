import CKernels
import Distribution
import Machine
import MessagePassing
import Shapes

/// Collectives on values, made of messages of bytes and of the kernels that every rank has: one
/// meaning of every reduction on every transport, and the same bits on all ranks, as terms are
/// joined in the order of the ranks. Those that are begun (`begin…`) take the same steps.
extension Runtime {
  /// Reduces the terms of all ranks into a contiguous block of the same shape; every rank gets the
  /// result.
  ///
  /// Bytes received by rank r are those of the reduction in place. No extra memory where ranks
  /// share memory.
  public func allReduce(
    _ source: StridedBlock, _ reduction: Reduction, into target: StridedBlock
  ) throws(TensorError) {
    try allReduce(source, reduction, in: reduction.accumulator(for: source.type), into: target)
  }

  /// The same with terms of a given type: they travel and are joined as that, and the result is
  /// rounded once.
  package func allReduce(
    _ source: StridedBlock, _ reduction: Reduction, in accumulator: ScalarType,
    into target: StridedBlock
  ) throws(TensorError) {
    let terms = try executor.converted(source, to: accumulator)
    try executor.accumulate(in: accumulator, into: target) { (joined) throws(TensorError) in
      var carriage = WaitingCarriage(runtime: self)
      try joinAll(terms, reduction, into: joined, by: &carriage)
    }
  }

  /// Reduces the contiguous terms of all ranks; every rank gets the result, in place.
  ///
  /// Bytes received by rank r: small, (P−1)·n; else (P−1)·n_r + n − n_r for its even part n_r, as
  /// `Redistribution` says. Extra memory as large as the term, unless ranks share memory.
  public func allReduce(_ block: StridedBlock, _ reduction: Reduction) throws(TensorError) {
    if reduction.accumulator(for: block.type) != block.type {
      return try allReduce(block, reduction, into: block)
    }
    var carriage = WaitingCarriage(runtime: self)
    try joinAll(block, reduction, by: &carriage)
  }

  /// Begins the same, of terms that are joined in their own type. The block may be looked at, and
  /// written, when the result has arrived.
  package func beginAllReduce(
    _ block: StridedBlock, _ reduction: Reduction
  ) throws(TensorError) -> Arrival {
    reduction.expectsOwnAccumulator(for: block.type)
    var carriage = BeginningCarriage(runtime: self)
    try joinAll(block, reduction, by: &carriage)
    return carriage.arrival
  }

  /// Begins to reduce into another block, which the result is to lie in.
  package func beginAllReduce(
    _ source: StridedBlock, _ reduction: Reduction, into target: StridedBlock
  ) throws(TensorError) -> Arrival {
    reduction.expectsOwnAccumulator(for: source.type)
    var carriage = BeginningCarriage(runtime: self)
    try joinAll(source, reduction, into: target, by: &carriage)
    return carriage.arrival
  }

  private func joinAll(
    _ source: StridedBlock, _ reduction: Reduction, into target: StridedBlock,
    by carriage: inout some Carriage
  ) throws(TensorError) {
    if communicator.sharesMemory, source.isContiguous {
      try allReduceThroughMemory(source, reduction, into: target, by: &carriage)
    } else {
      executor.copy(source, into: target)
      try joinAll(target, reduction, by: &carriage)
    }
  }

  private func joinAll(
    _ block: StridedBlock, _ reduction: Reduction, by carriage: inout some Carriage
  ) throws(TensorError) {
    let ranks = communicator.size
    let count = block.elementCount
    if ranks == 1 || count == 0 { return }
    if communicator.sharesMemory {
      return try allReduceThroughMemory(block, reduction, into: block, by: &carriage)
    }
    let size = block.type.byteCount
    let bytes = count * size
    communicator.noteReduced(bytes: bytes)
    let label = CollectiveLabel(reduction.allReduceName, bytes)
    if CostModel.gathersAllReduce(bytes: bytes, ranks: ranks) {
      let terms = try arena.allocate(byteCount: bytes * ranks)
      let all = StridedBlock(storage: terms, type: block.type, shape: [ranks, count])
      executor.copy(
        block.viewed(as: [1, count])!,
        into: all.slice([communicator.rank..<communicator.rank + 1, 0..<count]))
      try carriage.deliver(
        .allGather(
          StorageRange(storage: terms, byteOffset: 0, byteCount: bytes * ranks),
          byteCounts: [Int](repeating: bytes, count: ranks)), as: label)
      carriage.join(all, reduction, into: block)
      return
    }
    let parts = CutPoints(evenly: count, into: ranks)
    let mine = parts.range(of: communicator.rank)
    let flat = StridedBlock(
      storage: block.storage, type: block.type, shape: [count],
      layout: Layout(offset: block.layout.offset, strides: [1]))
    let terms = try arena.allocate(byteCount: ranks * mine.count * size)
    let all = StridedBlock(storage: terms, type: block.type, shape: [ranks, mine.count])
    try exchangeTerms(
      (0..<ranks).map { flat.slice([parts.range(of: $0)]) }, into: all, as: label, by: &carriage)
    carriage.join(all, reduction, into: flat.slice([mine]))
    try carriage.deliver(
      .allGather(
        block.range, byteCounts: (0..<ranks).map { parts.range(of: $0).count * size }),
      as: label)
  }

  /// The same where ranks share memory: terms are joined piece by piece, as they pass through the
  /// caches.
  private func allReduceThroughMemory(
    _ source: StridedBlock, _ reduction: Reduction, into target: StridedBlock,
    by carriage: inout some Carriage
  ) throws(TensorError) {
    let ranks = communicator.size
    let count = source.elementCount
    if count == 0 { return }
    let size = source.type.byteCount
    let bytes = count * size
    communicator.noteReduced(bytes: bytes)
    var parts: [Int]?
    if !CostModel.gathersAllReduce(bytes: bytes, ranks: ranks) {
      let cuts = CutPoints(evenly: count, into: ranks)
      parts = (0..<ranks).map { cuts.range(of: $0).count * size }
    }
    try carriage.deliver(
      .allReduce(
        source.range, result: target.range, parts: parts, joining(reduction, source.type)),
      as: CollectiveLabel(reduction.allReduceName, bytes))
  }

  /// Joins the elements of two terms.
  private func joining(_ reduction: Reduction, _ type: ScalarType) -> TermJoin {
    let function = reduction.function(for: type).kernel
    let kernel = type.kernel
    let size = type.byteCount
    return { out, first, second, byteCount in
      tk_binary(function, kernel, out, first, 1, second, 1, byteCount / size)
    }
  }

  /// Reduces the terms of all ranks; every rank gets the part of the result that is its own.
  ///
  /// - Parameter parts: one a rank: what this rank holds of that rank's part, contiguous.
  /// - Returns: this rank's part, contiguous.
  func reduceScatter(
    _ parts: [StridedBlock], _ reduction: Reduction
  ) throws(TensorError) -> StridedBlock {
    let accumulator = reduction.accumulator(for: parts[communicator.rank].type)
    return try reduceScatter(parts, reduction, in: accumulator)
  }

  /// The same with terms of a given type: they travel and are joined as that, and the result is
  /// rounded once.
  package func reduceScatter(
    _ parts: [StridedBlock], _ reduction: Reduction, in accumulator: ScalarType
  ) throws(TensorError) -> StridedBlock {
    let type = parts[communicator.rank].type
    var carriage = WaitingCarriage(runtime: self)
    if accumulator == type { return try joinScattered(parts, reduction, by: &carriage) }
    let terms = try parts.map { (part) throws(TensorError) in
      try executor.converted(part, to: accumulator)
    }
    return try executor.converted(
      try joinScattered(terms, reduction, by: &carriage), to: type)
  }

  /// Begins the same, of terms that are joined in their own type: the block holds this rank's part
  /// when it has arrived.
  package func beginReduceScatter(
    _ parts: [StridedBlock], _ reduction: Reduction
  ) throws(TensorError) -> (StridedBlock, Arrival) {
    reduction.expectsOwnAccumulator(for: parts[communicator.rank].type)
    var carriage = BeginningCarriage(runtime: self)
    let result = try joinScattered(parts, reduction, by: &carriage)
    return (result, carriage.arrival)
  }

  private func joinScattered(
    _ parts: [StridedBlock], _ reduction: Reduction, by carriage: inout some Carriage
  ) throws(TensorError) -> StridedBlock {
    let mine = parts[communicator.rank]
    let result = try allocate(mine.shape, mine.type)
    let total = parts.reduce(0) { $0 + $1.range.byteCount }
    let label = CollectiveLabel("reduce-scatter (\(reduction))", total)
    if communicator.sharesMemory {
      try carriage.deliver(
        .reduceScatter(
          parts.map(\.range), result: result.range, joining(reduction, mine.type)), as: label)
      return result
    }
    let terms = try arena.allocate(byteCount: communicator.size * mine.range.byteCount)
    let all = StridedBlock(
      storage: terms, type: mine.type, shape: [communicator.size, mine.elementCount])
    try exchangeTerms(parts, into: all, as: label, by: &carriage)
    carriage.join(all, reduction, into: result)
    return result
  }

  /// Sends part q to rank q and collects the parts that others hold of one's own, row r from rank
  /// r.
  private func exchangeTerms(
    _ parts: [StridedBlock], into all: StridedBlock, as label: CollectiveLabel,
    by carriage: inout some Carriage
  ) throws(TensorError) {
    let me = communicator.rank
    let row = all.shape[1]
    var sends: [Communicator.Transfer] = []
    var receives: [Communicator.Transfer] = []
    for peer in 0..<communicator.size where peer != me {
      sends.append(.init(peer: peer, range: parts[peer].range))
      receives.append(.init(peer: peer, range: all.slice([peer..<peer + 1, 0..<row]).range))
    }
    executor.copy(parts[me].viewed(as: [1, row])!, into: all.slice([me..<me + 1, 0..<row]))
    try carriage.deliver(.exchange(sends: sends, receives: receives), as: label)
  }
}

extension Reduction {
  /// Arrivals round nothing.
  fileprivate func expectsOwnAccumulator(for type: ScalarType) {
    precondition(accumulator(for: type) == type, "terms that are joined in another type")
  }

  private static let allReduceNames = allCases.map { "all-reduce (\($0))" }

  /// Made once: putting it together would take as long as a small message.
  fileprivate var allReduceName: String { Self.allReduceNames[Int(rawValue)] }
}
