import Machine
import Shapes

/// Carries out a rank's work on the CPU, with a pool of workers, in main memory. Its functions are
/// in `Local`, by subject.
public struct HostExecutor: Executor {
  public let arena: Arena
  let pool: WorkerPool

  init(arena: Arena, pool: WorkerPool) {
    self.arena = arena
    self.pool = pool
  }

  public var holdsElements: Bool { true }

  public func bytes(
    of block: StridedBlock, for operation: String
  ) throws(TensorError) -> UnsafeMutableRawBufferPointer { block.range.bytes }
}
