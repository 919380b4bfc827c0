import Distribution
import Execution
import MessagePassing
import Shapes
import Tessera

extension Tensor {
  /// Reads a tensor from an .npy file; each rank reads its own part and nothing else.
  ///
  /// Format versions 1.0, 2.0 and 3.0, little- and big-endian, in row-major (C) and Fortran order
  /// are read. No more memory is taken than the elements of this rank's part have in the file.
  /// Collective: called by all ranks; all throw the same error, naming the rank, if one of them
  /// cannot read its part. Inside `explain` the header alone is read, by each rank that calls it.
  ///
  /// - Throws: a `TensorError` if the file cannot be read, is damaged, holds another scalar type,
  ///   or differs between ranks.
  public init(npy path: String, sharding: Placement = .replicated) throws(TensorError) {
    let operation = "Tensor(npy:)"
    let runtime = Runtime.current
    self = try runtime.communicator.carryingOut(
      DescribedCall("a tensor of \(Scalar.scalarType), \(sharding)")
    ) { () throws(TensorError) in
      let file = try NpyFile.opened(onAllRanks: path, for: operation, on: runtime)
      return try file.tensor(sharding: sharding, for: operation, on: runtime)
    }
  }

  /// Writes the tensor as an .npy file in row-major order; each rank writes its own part.
  ///
  /// The file appears whole or not at all: ranks write a file without a name, wait until the disk
  /// has it, and put it in its place in the end. Where the file system has none, as NFS, it is
  /// called `.NAME.tessera-PLACE-PROCESS-NUMBER.partial` meanwhile. Such a file is left by a
  /// process that is killed; the next write to the same folder removes it, unless a process that
  /// lives has it locked. One that is left by another machine, or by this one before its last
  /// start, goes when it is a day old.
  ///
  /// A new file has permissions 0666 without the process's mask, one that is replaced keeps its
  /// own; a link is followed, and what is neither a regular file nor a link to one is not replaced.
  ///
  /// Of a replicated tensor each rank writes an even part. Collective: called by all ranks, with
  /// the same path, on a file system that they share. Does nothing inside `explain`.
  ///
  /// - Throws: a `TensorError`, the same on all ranks and naming the rank that met it, if the file
  ///   cannot be written; what was there before stays, and nothing else.
  public func write(npy path: String) throws(TensorError) {
    guard body.runtime.executor.holdsElements else { return }
    try body.runtime.communicator.carryingOut(DescribedCall("\(body.description)")) {
      () throws(TensorError) in
      _ = try NpyWriter(path, self).write()
    }
  }
}

extension NpyFile {
  /// Reads a tensor; each rank reads its own part. Collective.
  public func tensor<Scalar: TensorScalar>(
    of type: Scalar.Type = Scalar.self, sharding: Placement = .replicated
  ) throws(TensorError) -> Tensor<Scalar> {
    let runtime = Runtime.current
    return try runtime.communicator.carryingOut(
      DescribedCall("a tensor of \(Scalar.scalarType), \(sharding)")
    ) { () throws(TensorError) in
      try tensor(sharding: sharding, for: "NpyFile.tensor", on: runtime)
    }
  }

  func tensor<Scalar: TensorScalar>(
    sharding: Placement, for operation: String, on runtime: Runtime
  ) throws(TensorError) -> Tensor<Scalar> {
    guard scalarType == Scalar.scalarType else {
      throw TensorError(
        operation, given: "\(path), which holds \(scalarType) \(shape)",
        expected: "elements of \(Scalar.scalarType), as the tensor has them; read a "
          + "Tensor<\(scalarType)> and convert it")
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
