import Distribution
import Tessera

/// The batches of one pass over examples, each a tensor a source: `for (x, y) in try Batches(of:
/// 32, x, y)`.
///
/// Sources are tensors, or rows of files as `StoredRows`, of any types and shapes that agree in
/// their first extent. Batches are sharded along their rows: rank r of P holds positions ⌊r·B/P⌋
/// ..< ⌊(r+1)·B/P⌋ of a batch of B, and losses and gradients of a batch are those of all of it. The
/// pass is the same on any number of ranks.
///
/// A batch that is shorter, because the batch size does not divide the number of rows, comes first:
/// from the second step on memory has been seen in every size that it is needed in.
public struct Batches<each Source: BatchSource>: Sequence {
  private let sources: (repeat each Source)
  private let order: [Int]
  private let size: Int

  /// All rows, in their order or, with a key, in one that follows from the key.
  ///
  /// - Parameters:
  ///   - size: rows of a batch over all ranks; at least 1.
  ///   - sources: at least one, with the same number of rows.
  ///   - key: decides the order; give each pass a key of its own, such as `key.folded(in: epoch)`.
  /// - Throws: a `TensorError` if sources do not have equally many rows.
  public init(
    of size: Int, _ sources: repeat each Source, shuffledBy key: Key? = nil
  ) throws(TensorError) {
    let count = try rowCount(repeat each sources)
    var order = Array(0..<count)
    if let key { order = Tensor<Int64>.permutation(count, key: key).scalars.map(Int.init) }
    try self.init(of: size, repeat each sources, order: order)
  }

  /// Some rows in a given order, such as those that are held out.
  ///
  /// - Parameters:
  ///   - size: rows of a batch over all ranks; at least 1.
  ///   - sources: at least one, with the same number of rows.
  ///   - order: the rows of the pass, the same on all ranks.
  /// - Throws: a `TensorError` if sources do not have equally many rows, or `order` names one that
  ///   is not there.
  public init(
    of size: Int, _ sources: repeat each Source, order: [Int]
  ) throws(TensorError) {
    let count = try rowCount(repeat each sources)
    guard size > 0 else {
      throw TensorError(
        "Batches", given: "batches of \(size) rows", expected: "at least one row")
    }
    try order.check(below: count, for: "Batches")
    self.sources = (repeat each sources)
    self.order = order
    self.size = size
  }

  /// The number of batches.
  public var count: Int { order.isEmpty ? 0 : (order.count - 1) / size + 1 }

  /// Takes batch after batch from the first on. Called by all ranks; collective where a source is a
  /// tensor that is sharded along its rows.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// Takes a batch when it is asked for the next.
  public struct Iterator: IteratorProtocol {
    private let batches: Batches
    private var start = 0

    fileprivate init(_ batches: Batches) { self.batches = batches }

    /// The next batch, or nil after the last. A source that fails ends the job with its message.
    public mutating func next() -> (repeat Tensor<(each Source).Scalar>)? {
      guard let positions = batches.positions(from: start) else { return nil }
      start = positions.upperBound
      let rows = Array(batches.order[positions])
      func batch<S: BatchSource>(_ source: S) -> Tensor<S.Scalar> {
        orEnd { () throws(TensorError) in try source.batch(of: rows) }
      }
      return (repeat batch(each batches.sources))
    }
  }

  private func positions(from start: Int) -> Range<Int>? {
    batchPositions(from: start, of: order.count, size: size)
  }
}

/// The positions of the batch that begins at `start`; nil after the last. The first one takes what
/// would be left over.
func batchPositions(from start: Int, of total: Int, size: Int) -> Range<Int>? {
  guard start < total else { return nil }
  let remainder = total % size
  return start..<start + (start == 0 && remainder > 0 ? remainder : size)
}

/// The number of rows that all sources have.
private func rowCount<each Source: BatchSource>(
  _ sources: repeat each Source
) throws(TensorError) -> Int {
  var shapes: [Shape] = []
  for source in repeat each sources { shapes.append(source.shape) }
  guard let count = shapes.first?.first, shapes.allSatisfy({ $0.first == count }) else {
    throw TensorError(
      "Batches", given: "sources of shapes \(shapes)",
      expected: "at least one, and equally many rows in each")
  }
  return count
}
