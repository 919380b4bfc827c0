import Distribution
import Execution
import Tessera

/// Rows of which batches can be taken: those of a tensor, or of a file by way of `StoredRows`.
public protocol BatchSource<Scalar>: Sendable {
  associatedtype Scalar: TensorScalar

  /// The extents; the first is the number of rows.
  var shape: Shape { get }

  /// Some rows in the given order, sharded along axis 0. Called by all ranks, with the same rows.
  func batch(of rows: [Int]) throws(TensorError) -> Tensor<Scalar>
}

extension Tensor: BatchSource {
  /// Some rows in the given order, sharded along axis 0: each rank gets its part of them.
  ///
  /// Local if the tensor is replicated. Collective if it is sharded along its rows: those that the
  /// batch has on another rank travel there.
  public func batch(of rows: [Int]) throws(TensorError) -> Tensor {
    guard let count = shape.first else {
      throw TensorError("batch", given: "shape \(shape)", expected: "an axis of rows")
    }
    try rows.check(below: count, for: "batch")
    return body.runtime.makeCurrent {
      let positions = Tensor<Int64>(
        rows.map(Int64.init), shape: [rows.count], sharding: .sharded(axis: 0))
      return taking(positions).redistributed(to: .sharded(axis: 0))
    }
  }
}

/// The rows of a file, or of another `RowSource`, as elements of a type of one's own.
///
/// Rows stay in the file until a batch asks for them, and each rank reads those that it will hold.
public struct StoredRows<Scalar: NumericTensorScalar>: BatchSource {
  private let source: any RowSource
  private let scale: Scalar

  /// - Parameters:
  ///   - source: rows of any shape and type.
  ///   - type: what elements are converted to.
  ///   - scale: what they are multiplied by after that.
  public init(
    _ source: any RowSource, as type: Scalar.Type = Scalar.self, scaledBy scale: Scalar = 1
  ) {
    orEnd { () throws(TensorError) in _ = try source.shape.validated(for: "StoredRows") }
    self.source = source
    self.scale = scale
  }

  /// That of the source.
  public var shape: Shape { source.shape }

  /// Some rows in the given order, sharded along axis 0, of which this rank reads its own. Nothing
  /// is exchanged.
  public func batch(of rows: [Int]) throws(TensorError) -> Tensor<Scalar> {
    let runtime = Runtime.current
    guard let count = shape.first else {
      throw TensorError("batch", given: "a source of shape \(shape)", expected: "an axis of rows")
    }
    try rows.check(below: count, for: "batch")
    let description = TensorDescription(
      shape: [rows.count] + Shape(shape.dropFirst()), scalarType: Scalar.scalarType,
      sharding: try Sharding(
        .sharded(axis: 0), of: [rows.count], on: runtime.mesh, for: "batch"))
    let rank = runtime.communicator.rank
    let own = CutPoints(evenly: rows.count, into: runtime.communicator.size).range(of: rank)
    do throws(TensorError) {
      let block = try read(Array(rows[own]), description.localShape(of: rank), on: runtime)
      return Tensor(Body(description, block, runtime: runtime))
    } catch {
      throw TensorError(
        error.operation, given: error.given, expected: error.expected, rank: rank)
    }
  }

  private func read(
    _ rows: [Int], _ shape: Shape, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let raw = try runtime.allocate(shape, source.scalarType)
    if runtime.executor.holdsElements {
      try source.read(rows: rows, into: runtime.executor.bytes(of: raw, for: "batch"))
    }
    if source.scalarType == Scalar.scalarType, scale == 1 { return raw }
    var elements = Elements(of: raw)
    let value = elements.convert(elements.lastValue, to: Scalar.scalarType)
    if scale != 1 {
      elements.apply(.multiply, value, elements.constant(scale.scalarValue))
    }
    let block = try runtime.allocate(shape, Scalar.scalarType)
    runtime.executor.evaluate(elements, into: block)
    return block
  }
}

extension [Int] {
  /// Refuses rows that are not there.
  func check(below count: Int, for operation: String) throws(TensorError) {
    if let row = first(where: { !(0..<count).contains($0) }) {
      throw TensorError(
        operation, given: "row \(row) of \(count)", expected: "rows in 0..<\(count)")
    }
  }
}
