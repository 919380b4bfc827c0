import CKernels
import Shapes

extension HostExecutor {
  /// Running sums along one axis, into a target of the same shape whose axis is the innermost,
  /// contiguous. Float is carried in double, Double with what rounding took away.
  ///
  /// - Parameter target: contiguous, with axes (all others, `axis`).
  public func cumulativeSum(_ source: StridedBlock, along axis: Int, into target: StridedBlock) {
    let others = source.shape.indices.filter { $0 != axis }
    let length = source.shape[axis]
    let rows = source.shape.elementCount(of: others)
    let type = source.type
    let output = target.base
    if rows == 0 || length == 0 { return }
    let program = PreparedProgram(Elements(of: source.permuted(others + [axis])))
    let rowsPerTask = max(1, Self.elementsPerTask / length)
    let place = target.place(elementsPerTask: rowsPerTask * length)
    pool.run(count: (rows + rowsPerTask - 1) / rowsPerTask, at: place) { task in
      let runs = ValueRuns(program, byteCount: PreparedProgram.registerByteCount)
      let members = task * rowsPerTask..<min((task + 1) * rowsPerTask, rows)
      // Many short rows are read at a time.
      let rowsAtATime = max(1, PreparedProgram.registerLength / length)
      for first in stride(from: members.lowerBound, to: members.upperBound, by: rowsAtATime) {
        let count = min(rowsAtATime, members.upperBound - first)
        var carry = tk_running_sum()
        var start = 0
        while start < length {
          let part = min(PreparedProgram.registerLength, length - start)
          let number = first * length + start
          var values = runs.run(number, count * part)
          for row in 0..<count {
            if row > 0 { carry = tk_running_sum() }
            let place = output + (number + row * length) * type.byteCount
            tk_cumulative_sum(type.kernel, place, values, &carry, part)
            values += part * type.byteCount
          }
          start += part
        }
      }
    }
  }
}
