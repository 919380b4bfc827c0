import CKernels
import Shapes

extension HostExecutor {
  /// Joins the rows of `terms` in their order into a contiguous block of as many elements as a row
  /// has.
  public func join(_ terms: StridedBlock, _ reduction: Reduction, into target: StridedBlock) {
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
