import CKernels
import Distribution
import Shapes

extension HostExecutor {
  /// The largest or smallest value of each row and its first position, for the rows of elements
  /// seen as (kept axes, reduced axes). Targets are contiguous; positions are Int64, -1 where a row
  /// is empty.
  ///
  /// Elements that are still to be computed need no place of their own where rows are read as they
  /// are computed, one element after the other.
  public func argReduce(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    values: StridedBlock, positions: StridedBlock
  ) throws(TensorError) {
    let elements = elements.over { $0.expanded(to: shape) }
    let kept = shape.indices.filter { !axes.contains($0) }
    let rows = shape.elementCount(of: kept)
    let length = shape.elementCount(of: axes)
    let innermost = shape.indices.last { shape[$0] > 1 }
    let isInOrder = rows == 1 || innermost.map(axes.contains) ?? true
    let rowMajor = elements.over { $0.permuted(kept + axes) }
    guard
      elements.isBlock || isInOrder && rowMajor.blocks.allSatisfy({ BlockOperand($0).hasRuns })
    else {
      let stored = try allocate(shape, values.type)
      evaluate(elements, into: stored)
      return try argReduce(
        reduction, Elements(of: stored), shape: shape, over: axes, values: values,
        positions: positions)
    }
    let type = values.type
    let (best, size) = (values.base, type.byteCount)
    let index = positions.base.assumingMemoryBound(to: Int64.self)
    let identity = reduction.identity(for: type)
    let rowsPerTask = max(1, Self.elementsPerTask / max(length, 1))
    let program = PreparedProgram(rowMajor)
    if let groups = RowGroups(program, rows: rows, length: length) {
      return pool.run(count: groups.groups) { group in
        let runs = ValueRuns(program, byteCount: Chunks.byteCount)
        for chunk in 0..<groups.chunks {
          groups.forEachRow(of: group * groups.chunks + chunk, runs.evaluator.tile) {
            row, _, start, count in
            if chunk == 0 {
              (best + row * size).store(identity)
              index[row] = -1
            }
            tk_arg_reduce(
              reduction.kernel, type.kernel, best + row * size, index + row,
              runs.run(start, count), count, Int64(chunk * groups.chunkLength))
          }
        }
      }
    }
    let place = rowMajor.blocks.place(elementsPerTask: rowsPerTask * length)
    let chunk = Chunks.byteCount / size
    let rowsAtATime = length == 0 ? 1 : max(1, chunk / length)
    pool.run(count: (rows + rowsPerTask - 1) / rowsPerTask, at: place) { task in
      let runs = ValueRuns(program, byteCount: Chunks.byteCount)
      let end = min((task + 1) * rowsPerTask, rows)
      for row in stride(from: task * rowsPerTask, to: end, by: rowsAtATime) {
        if (1...chunk).contains(length) {
          let count = min(rowsAtATime, end - row)
          tk_arg_reduce_rows(
            reduction.kernel, type.kernel, best + row * size, index + row,
            runs.run(row * length, count * length), count, length)
          continue
        }
        (best + row * size).store(identity)
        index[row] = -1
        for start in stride(from: 0, to: length, by: chunk) {
          let count = min(chunk, length - start)
          tk_arg_reduce(
            reduction.kernel, type.kernel, best + row * size, index + row,
            runs.run(row * length + start, count), count, Int64(start))
        }
      }
    }
  }

  /// The best of the candidates of all ranks, by value and among equals by position; a NaN is
  /// better than any number, and a position of -1 is no candidate.
  ///
  /// - Parameters:
  ///   - candidates: [ranks, …], one row a rank, contiguous; `positions` likewise.
  ///   - best: where the values of the best are left; contiguous. `bestPositions` likewise.
  public func joinCandidates(
    _ reduction: Reduction, _ candidates: StridedBlock, _ positions: StridedBlock,
    best: StridedBlock, bestPositions: StridedBlock
  ) throws(TensorError) {
    let ranks = candidates.shape[0]
    let count = best.elementCount
    func row(_ block: StridedBlock, _ rank: Int) -> StridedBlock {
      StridedBlock(
        storage: block.storage, type: block.type, shape: best.shape,
        layout: Layout(
          offset: block.layout.offset + rank * count, strides: best.shape.rowMajorDistances))
    }
    copy(row(candidates, 0), into: best)
    copy(row(positions, 0), into: bestPositions)
    let isBetter = try allocate(best.shape, .bool)
    for rank in 1..<max(ranks, 1) {
      let (value, position) = (row(candidates, rank), row(positions, rank))
      evaluate(
        Self.comparison(reduction, value, best, position, bestPositions), into: isBetter)
      for (new, old) in [(value, best), (position, bestPositions)] {
        var choice = Elements()
        let mask = choice.operand(isBetter)
        choice.select(mask, choice.operand(new), choice.operand(old))
        evaluate(choice, into: old)
      }
    }
  }

  /// Whether a candidate beats the best so far.
  private static func comparison(
    _ reduction: Reduction, _ value: StridedBlock, _ best: StridedBlock, _ position: StridedBlock,
    _ bestPosition: StridedBlock
  ) -> Elements {
    var elements = Elements()
    let (value, best) = (elements.operand(value), elements.operand(best))
    let (position, bestPosition) = (elements.operand(position), elements.operand(bestPosition))
    let zero = elements.constant(ScalarValue(Int64(0)))
    let isCandidate = elements.apply(.greaterEqual, position, zero)
    let isFirst = elements.apply(.less, bestPosition, zero)
    let isEarlier = elements.apply(.less, position, bestPosition)
    let (isNaN, bestIsNaN) = (elements.apply(.isNaN, value), elements.apply(.isNaN, best))
    var wins = elements.apply(reduction == .min ? .less : .greater, value, best)
    let overtakes = elements.apply(.greater, isNaN, bestIsNaN)
    wins = elements.apply(.or, wins, overtakes)
    let areEqual = elements.apply(.equal, value, best)
    let areNaN = elements.apply(.and, isNaN, bestIsNaN)
    let draws = elements.apply(.and, elements.apply(.or, areEqual, areNaN), isEarlier)
    // A best value that is no candidate must not be compared with.
    let beats = elements.apply(.or, elements.apply(.or, wins, draws), isFirst)
    elements.apply(.and, isCandidate, beats)
    return elements
  }

  /// Makes positions within a box positions within a whole of a shape: along one axis, or in
  /// row-major order of all, of which there is one; -1 stays.
  public func shift(_ positions: StridedBlock, by box: Box, _ axes: [Int], in shape: Shape) {
    if box.isEmpty { return }
    if axes.count == 1 {
      let start = ScalarValue(Int64(box.ranges[axes[0]].lowerBound))
      let shifted = AppliedFunction(.binary(.add), with: start)
      evaluate(shifted.elements(of: [positions]), into: positions)
      return
    }
    var rest = withExtendedLifetime(positions.storage) { Int(positions.base.load(as: Int64.self)) }
    var whole = 0
    var distance = 1
    for axis in shape.indices.reversed() {
      let range = box.ranges[axis]
      whole += (range.lowerBound + rest % range.count) * distance
      rest /= range.count
      distance *= shape[axis]
    }
    fill(positions, with: ScalarValue(Int64(whole)))
  }
}
