import Distribution
import Execution
import MessagePassing
import Shapes
import Tessera

extension Tensor {
  /// Reads a tensor from an .npy file; each rank reads its own part and nothing else.
  ///
  /// Little- and big-endian files in row-major (C) and Fortran order are read. Collective: called by all ranks;
  /// all throw the same error, naming the rank, if one of them cannot read its part.
  ///
  /// - Throws: a `TensorError` if the file cannot be read, is damaged, holds another scalar type, or differs
  ///   between ranks.
  public init(npy path: String, sharding: Placement = .replicated) throws(TensorError) {
    let operation = "Tensor(npy:)"
    let runtime = Runtime.current
    let file = try NpyFile.opened(onAllRanks: path, for: operation, on: runtime)
    self = try file.tensor(sharding: sharding, for: operation, on: runtime)
  }

  /// Writes the tensor as an .npy file in row-major order; each rank writes its own part.
  ///
  /// The file appears whole or not at all, under permissions 0666 without the process's mask: ranks write a
  /// temporary file beside it, which takes its place in the end. Collective: called by all ranks, with the same
  /// path, on a file system that they share; all throw the same error, naming the rank, if one of them fails, and
  /// what was there before stays.
  public func write(npy path: String) throws(TensorError) {
    try NpyWriter(path, self).write()
  }
}

extension NpyFile {
  /// Reads a tensor; each rank reads its own part. Collective.
  public func tensor<Scalar: TensorScalar>(
    of type: Scalar.Type = Scalar.self, sharding: Placement = .replicated
  ) throws(TensorError) -> Tensor<Scalar> {
    try tensor(sharding: sharding, for: "NpyFile.tensor", on: .current)
  }

  func tensor<Scalar: TensorScalar>(
    sharding: Placement, for operation: String, on runtime: Runtime
  ) throws(TensorError) -> Tensor<Scalar> {
    guard scalarType == Scalar.scalarType else {
      throw TensorError(
        operation, given: "\(path), which holds \(scalarType) \(shape)",
        expected: "elements of \(Scalar.scalarType), as the tensor has them")
    }
    let resolved = try Sharding(sharding, of: shape, on: runtime.mesh, for: operation)
    guard resolved.partialReduction == nil else {
      throw TensorError(
        operation, given: "placement \(sharding)", expected: "sharded(axis:) or replicated")
    }
    let description = TensorDescription(
      shape: shape, scalarType: scalarType, sharding: resolved)
    let part = Result { () throws(TensorError) in try self.block(description, on: runtime) }
    let block = try runtime.communicator.agree(part, as: CollectiveLabel(operation))
    return Tensor(Body(description, block, runtime: runtime))
  }
}
