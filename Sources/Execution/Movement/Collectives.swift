import CKernels
import Distribution
import Machine
import MessagePassing
import Shapes

/// Collectives on values, made of messages of bytes and of the kernels that every rank has: one meaning of
/// every reduction on every transport, and the same bits on all ranks, as terms are joined in the order of
/// the ranks.
extension Runtime {
  /// Reduces the contiguous terms of all ranks; every rank gets the result, in place.
  ///
  /// Bytes received by rank r: small, (P−1)·n; else (P−1)·n_r + n − n_r for its even part n_r, as
  /// `Redistribution` says. Extra memory as large as the term.
  public func allReduce(_ block: StridedBlock, _ reduction: Reduction) throws(TensorError) {
    let ranks = communicator.size
    let count = block.elementCount
    if ranks == 1 || count == 0 { return }
    let size = block.type.byteCount
    let bytes = count * size
    communicator.noteReduced(bytes: bytes)
    let label = CollectiveLabel("all-reduce (\(reduction))", bytes)
    if CostModel.gathersAllReduce(bytes: bytes, ranks: ranks) {
      let terms = try arena.allocate(byteCount: bytes * ranks)
      tk_copy(terms.address + communicator.rank * bytes, block.base, bytes)
      try communicator.allGather(
        StorageRange(storage: terms, byteOffset: 0, byteCount: bytes * ranks),
        byteCounts: [Int](repeating: bytes, count: ranks), as: label)
      let all = StridedBlock(storage: terms, type: block.type, shape: [ranks, count])
      join(all, reduction, into: block)
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
      (0..<ranks).map { flat.slice([parts.range(of: $0)]) }, into: all, as: label)
    join(all, reduction, into: flat.slice([mine]))
    try communicator.allGather(
      block.range, byteCounts: (0..<ranks).map { parts.range(of: $0).count * size }, as: label)
  }

  /// Reduces the terms of all ranks; every rank gets the part of the result that is its own.
  ///
  /// - Parameter parts: one a rank: what this rank holds of that rank's part, contiguous.
  /// - Returns: this rank's part, contiguous.
  func reduceScatter(
    _ parts: [StridedBlock], _ reduction: Reduction
  ) throws(TensorError) -> StridedBlock {
    let mine = parts[communicator.rank]
    let result = try allocate(mine.shape, mine.type)
    let total = parts.reduce(0) { $0 + $1.range.byteCount }
    let terms = try arena.allocate(byteCount: communicator.size * mine.range.byteCount)
    let all = StridedBlock(
      storage: terms, type: mine.type, shape: [communicator.size, mine.elementCount])
    try exchangeTerms(
      parts, into: all, as: CollectiveLabel("reduce-scatter (\(reduction))", total))
    join(all, reduction, into: result)
    return result
  }

  /// Sends part q to rank q and collects the parts that others hold of one's own, row r from rank r.
  private func exchangeTerms(
    _ parts: [StridedBlock], into all: StridedBlock, as label: CollectiveLabel
  ) throws(TensorError) {
    let me = communicator.rank
    let row = all.shape[1]
    var sends: [Communicator.Transfer] = []
    var receives: [Communicator.Transfer] = []
    for peer in 0..<communicator.size where peer != me {
      sends.append(.init(peer: peer, range: parts[peer].range))
      receives.append(.init(peer: peer, range: all.slice([peer..<peer + 1, 0..<row]).range))
    }
    let own = parts[me].range
    if own.byteCount > 0 {
      tk_copy(
        all.slice([me..<me + 1, 0..<row]).base, own.bytes.baseAddress!, own.byteCount)
    }
    try communicator.exchange(sends: sends, receives: receives, as: label)
  }

  /// Joins the rows of `terms` in their order into a contiguous block of as many elements as a row has.
  private func join(_ terms: StridedBlock, _ reduction: Reduction, into target: StridedBlock) {
    let type = terms.type
    let function = reduction.function(for: type).kernel
    let count = terms.shape[1]
    let rows = terms.shape[0]
    let size = type.byteCount
    if count == 0 { return }
    let source = terms.base
    let output = target.base
    let length = Self.elementsPerTask
    let place = target.place(elementsPerTask: length)
    pool.run(count: (count + length - 1) / length, at: place) { task in
      let first = task * length
      let width = min(length, count - first)
      let sum = output + first * size
      tk_copy(sum, source + first * size, width * size)
      for row in 1..<max(rows, 1) {
        tk_binary(
          function, type.kernel, sum, sum, 1, source + (row * count + first) * size, 1, width)
      }
    }
  }
}
