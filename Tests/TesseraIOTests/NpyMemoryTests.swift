import Execution
import MessagePassing
import Tessera
import TesseraIO
import TestSupport
import Testing

/// One rank has too little memory for what a tensor still needs before it can be written: all ranks throw its error, and
/// nothing is left of the file.
@Suite struct NpyMemoryTests {
  private static let size: Shape = [768, 4096]

  /// One that waits to be computed, and its operand, whose place it cannot take.
  @Sendable private static func waiting() throws -> [Tensor<Float>] {
    let x = Tensor<Float>.ones(size, sharding: .sharded(axis: 0))
    _ = x.storageIdentifier
    return [x + 1, x]
  }

  /// One whose elements do not lie one after another.
  @Sendable private static func transposed() throws -> [Tensor<Float>] {
    let x = Tensor<Float>.ones(size, sharding: .sharded(axis: 0))
    _ = x.storageIdentifier
    return [x.transposed()]
  }

  /// One whose terms are to be added up.
  @Sendable private static func terms() throws -> [Tensor<Float>] {
    let x = Tensor<Float>.ones([3, 768, 4096], sharding: .sharded(axis: 0))
    let sum = Reduce(.sum, axes: [0], keepingAxes: false, placement: .partial(.sum))
    return [Tensor<Float>(try sum.apply([x.body]))]
  }

  @Test(arguments: [nil, 2, 3], [waiting, transposed, terms]) func isThrownByAllRanks(
    ranksPerNode: Int?, _ make: @escaping @Sendable () throws -> [Tensor<Float>]
  ) throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = folder.file("x.npy")
    let errors = try onLoopbackRanks(3, ranksPerNode: ranksPerNode) { runtime -> TensorError? in
      let tensors = try make()
      defer { withExtendedLifetime(tensors) {} }
      try runtime.communicator.barrier(as: CollectiveLabel("ready"))
      if runtime.communicator.rank == 1 {
        Memory.trim()
        Memory.cap = Memory.statistics.reserved
      }
      do {
        try tensors[0].write(npy: path)
        return nil
      } catch let error as TensorError {
        return error
      }
    }
    #expect(Set(errors).count == 1)
    #expect(errors[0]?.rank == 1 && errors[0]?.operation.hasPrefix("allocate") == true)
    #expect(folder.names == [])
  }
}
