import Distribution
import Execution
import Machine
import Tessera

/// The batches of one epoch, of which each rank reads its own rows only.
///
/// Batch after batch is taken from a global order of rows; rank r of P holds positions ⌊r·B/P⌋ ..< ⌊(r+1)·B/P⌋
/// of a batch of B. A batch that is shorter, because the batch size does not divide the number of rows, comes
/// first: from the second step on memory has been seen in every size that it is needed in.
///
/// Rows go from the source straight into memory of the arena. A source that fails while batches are read ends
/// the job with a message.
public struct RowLoader: Sequence {
  /// Some rows and their labels, sharded along the rows.
  public struct Batch: Sendable {
    /// [rows, features]: each row of the source flattened, as Float, times the loader's scale.
    public let images: Tensor<Float>
    /// [rows]
    public let labels: Tensor<Int64>
  }

  private let images: any RowSource
  private let labels: any RowSource
  private let order: [Int]
  private let batchSize: Int
  private let scale: Float
  private let runtime: Runtime

  /// Local. All ranks must give sources with the same contents and the same numbers.
  ///
  /// - Parameters:
  ///   - images: rows of any shape and type.
  ///   - labels: one integer a row.
  ///   - order: the rows of the epoch, in the order in which they are taken; such as a part of a permutation.
  ///   - batchSize: rows of a batch over all ranks; at least 1.
  ///   - scale: what elements of images are multiplied by.
  /// - Throws: a `TensorError` if shapes or types do not fit, or `order` names a row that is not there.
  public init(
    images: any RowSource, labels: any RowSource, order: [Int], batchSize: Int, scale: Float = 1
  ) throws(TensorError) {
    guard let count = images.shape.first, labels.shape == [count], labels.scalarType.isInteger
    else {
      throw TensorError(
        "RowLoader",
        given: "images \(images.scalarType) \(images.shape) and labels \(labels.scalarType) "
          + "\(labels.shape)", expected: "rows, and an integer for each of them")
    }
    guard batchSize > 0 else {
      throw TensorError(
        "RowLoader", given: "a batch of \(batchSize) rows", expected: "at least one row")
    }
    if let row = order.first(where: { !(0..<count).contains($0) }) {
      throw TensorError(
        "RowLoader", given: "row \(row) of \(count)", expected: "rows in 0..<\(count)")
    }
    self.images = images
    self.labels = labels
    self.order = order
    self.batchSize = batchSize
    self.scale = scale
    runtime = .current
  }

  /// The number of batches.
  public var count: Int { order.isEmpty ? 0 : (order.count - 1) / batchSize + 1 }

  /// Rows that this rank holds of a batch of full size.
  public var localBatch: Int {
    CutPoints(evenly: Swift.min(batchSize, order.count), into: runtime.communicator.size)
      .range(of: runtime.communicator.rank).count
  }

  /// Bytes that this rank has read from the sources so far, in this epoch and others.
  public var bytesRead: Int { images.bytesRead + labels.bytesRead }

  /// Reads batch after batch from the first on. Called by all ranks; nothing is exchanged.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// Reads a batch when it is asked for the next.
  public struct Iterator: IteratorProtocol {
    private let loader: RowLoader
    private var start = 0

    fileprivate init(_ loader: RowLoader) { self.loader = loader }

    /// The next batch, of which this rank's rows have been read; nil after the last. Local.
    public mutating func next() -> Batch? {
      let total = loader.order.count
      guard start < total else { return nil }
      let remainder = total % loader.batchSize
      let end = start + (start == 0 && remainder > 0 ? remainder : loader.batchSize)
      defer { start = end }
      return loader.batch(start..<end)
    }
  }

  /// The batch at some positions of the order.
  private func batch(_ positions: Range<Int>) -> Batch {
    orEnd(runtime) { () throws(TensorError) in
      let cuts = CutPoints(evenly: positions.count, into: runtime.communicator.size)
      let own = cuts.range(of: runtime.communicator.rank)
      let rows = Array(
        order[positions][(positions.lowerBound + own.lowerBound)...].prefix(own.count))
      let features = images.shape.elementCount(of: 1..<images.shape.count)
      do throws(TensorError) {
        return Batch(
          images: Tensor(
            try body([positions.count, features], .float32, rows, of: images, scale: scale)),
          labels: Tensor(try body([positions.count], .int64, rows, of: labels, scale: 1)))
      } catch {
        throw TensorError(
          error.operation, given: error.given, expected: error.expected,
          rank: runtime.communicator.rank)
      }
    }
  }

  /// A tensor sharded along its rows, of which this rank reads its own.
  private func body(
    _ shape: Shape, _ type: ScalarType, _ rows: [Int], of source: any RowSource, scale: Float
  ) throws(TensorError) -> Body {
    let description = TensorDescription(
      shape: shape, scalarType: type,
      sharding: try Sharding(.sharded(axis: 0), of: shape, on: runtime.mesh, for: "RowLoader"))
    let local = description.localShape(of: runtime.communicator.rank)
    let raw = try runtime.allocate(local, source.scalarType)
    try source.read(rows: rows, into: raw.range.bytes)
    if source.scalarType == type, scale == 1 {
      return Body(description, raw, runtime: runtime)
    }
    var program = Program()
    let value = program.convert(program.operand(source.scalarType), to: type)
    if scale != 1 {
      program.apply(.multiply, value, program.constant(ScalarValue(Double(scale), as: type)))
    }
    let block = try runtime.allocate(local, type)
    runtime.evaluate(program, [raw], into: block)
    return Body(description, block, runtime: runtime)
  }
}
