import CKernels
import Shapes

extension Runtime {
  /// Running sums along one axis, into a target of the same shape whose axis is the innermost, contiguous.
  ///
  /// - Parameter target: contiguous, with axes (all others, `axis`).
  public func cumulativeSum(_ source: StridedBlock, along axis: Int, into target: StridedBlock) {
    let others = source.shape.indices.filter { $0 != axis }
    let length = source.shape[axis]
    let rows = source.shape.elementCount(of: others)
    let type = source.type
    let output = target.base
    if rows == 0 || length == 0 { return }
    let program = BlockProgram(
      .identity(type), [BlockOperand(source.permuted(others + [axis]))])
    let rowsPerTask = max(1, Self.elementsPerTask / length)
    let place = target.place(elementsPerTask: rowsPerTask * length)
    pool.run(count: (rows + rowsPerTask - 1) / rowsPerTask, at: place) { task in
      let evaluator = BlockEvaluator(program)
      for row in task * rowsPerTask..<min((task + 1) * rowsPerTask, rows) {
        var carry: UInt64 = 0
        var start = 0
        while start < length {
          let count = min(BlockProgram.registerLength, length - start)
          let place = output + (row * length + start) * type.byteCount
          _ = evaluator.evaluate(row * length + start, count, into: place)
          tk_cumulative_sum(type.kernel, place, place, &carry, count)
          start += count
        }
      }
    }
  }
}
