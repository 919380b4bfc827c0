import CLimits
import Tessera

/// Memory outside of Tessera, on pages like those of large tensors.
final class MappedFloats {
  let count: Int
  let base: UnsafeMutablePointer<Float>

  /// Memory whose elements are 1, touched by the threads that will use it, or by the caller without
  /// any.
  init(_ count: Int, touchedBy threads: OpaquePointer? = nil) throws(TensorError) {
    guard let base = limit_map(threads, count) else {
      throw TensorError(
        "benchmarks", given: "a system without \(4 * count) bytes of memory",
        expected: "memory for the operands of a limit", rank: Job.rank)
    }
    self.count = count
    self.base = base
  }

  deinit { limit_unmap(base, count) }

  subscript(index: Int) -> Float {
    get { base[index] }
    set { base[index] = newValue }
  }
}
