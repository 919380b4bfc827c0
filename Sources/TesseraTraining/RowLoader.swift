import Distribution
import Execution
import Tessera

/// The batches of one epoch, of which each rank reads its own rows only.
///
/// Batch after batch is taken from a global order of rows; rank r of P holds positions ⌊r·B/P⌋ ..<
/// ⌊(r+1)·B/P⌋ of a batch of B. A batch that is shorter, because the batch size does not divide the
/// number of rows, comes first: from the second step on memory has been seen in every size that it
/// is needed in.
///
/// Rows go from the source straight into memory of the arena. A source that fails while batches are
/// read ends the job with a message.
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
  private let batches: Batches<StoredRows<Float>, StoredRows<Int64>>
  private let order: [Int]
  private let batchSize: Int
  private let runtime: Runtime

  /// Local. All ranks must give sources with the same contents and the same numbers.
  ///
  /// - Parameters:
  ///   - images: rows of any shape and type.
  ///   - labels: one integer a row.
  ///   - order: the rows of the epoch, in the order in which they are taken; such as a part of a
  ///     permutation.
  ///   - batchSize: rows of a batch over all ranks; at least 1.
  ///   - scale: what elements of images are multiplied by.
  /// - Throws: a `TensorError` if shapes or types do not fit, or `order` names a row that is not
  ///   there.
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
    try order.check(below: count, for: "RowLoader")
    self.images = images
    self.labels = labels
    self.order = order
    self.batchSize = batchSize
    batches = try Batches(
      of: batchSize, StoredRows(images, scaledBy: scale), StoredRows(labels), order: order)
    runtime = .current
  }

  /// The number of batches.
  public var count: Int { batches.count }

  /// Rows that this rank holds of a batch of full size.
  public var localBatch: Int {
    CutPoints(evenly: Swift.min(batchSize, order.count), into: runtime.communicator.size)
      .range(of: runtime.communicator.rank).count
  }

  /// Bytes that this rank has read from the sources so far, in this epoch and others.
  public var bytesRead: Int { images.bytesRead + labels.bytesRead }

  /// Reads batch after batch from the first on. Called by all ranks; nothing is exchanged.
  public func makeIterator() -> Iterator { Iterator(batches.makeIterator()) }

  /// Reads a batch when it is asked for the next.
  public struct Iterator: IteratorProtocol {
    private var batches: Batches<StoredRows<Float>, StoredRows<Int64>>.Iterator

    fileprivate init(_ batches: Batches<StoredRows<Float>, StoredRows<Int64>>.Iterator) {
      self.batches = batches
    }

    /// The next batch, of which this rank's rows have been read; nil after the last. Local.
    public mutating func next() -> Batch? {
      batches.next().map { images, labels in
        Batch(
          images: images.reshaped(
            Shape([images.shape[0], images.shape.elementCount(of: 1..<images.shape.count)])),
          labels: labels)
      }
    }
  }
}
