import CKernels
import Machine
import Shapes

/// Means and sums of powers of distances from them, in one pass.
///
/// Chunks of rows, or blocks of columns' rows, are small enough to be read a second time where they
/// lie in a cache: their distances are taken from their own mean. Chunks are joined as the leaves
/// of binary trees, whose shape follows from that of the operand alone.
extension HostExecutor {
  /// - Parameters:
  ///   - elements: converted to the target's type as they are loaded.
  ///   - shape: the shape that the blocks broadcast to.
  ///   - axes: ascending.
  ///   - target: of the type that moments are collected in, contiguous, [3] and the remaining axes:
  ///     a number near the mean, what is to be added to it, and the sum of squared distances; or
  ///     [5] with those of third and fourth powers behind them. Zeros of nothing.
  public func moments(
    _ elements: Elements, shape: Shape, over axes: [Int], into target: StridedBlock
  ) throws(TensorError) {
    let kept = shape.indices.filter { !axes.contains($0) }
    let rows = shape.elementCount(of: kept)
    let length = shape.elementCount(of: axes)
    if rows == 0 { return }
    if length == 0 { return fill(target, with: ScalarValue(0, as: target.type)) }
    let elements = elements.converted(to: target.type).over { $0.expanded(to: shape) }
    let innermost = shape.indices.last { shape[$0] > 1 }
    if rows == 1 || innermost.map(axes.contains) ?? true {
      let source = elements.over { $0.permuted(kept + axes) }
      try momentsOfRows(source, rows: rows, length: length, into: target)
    } else {
      let source = elements.over { $0.permuted(axes + kept) }
      try momentsOfColumns(
        source, rowAxes: axes.count, rows: length, columns: rows, into: target)
    }
  }

  /// Element (row, i) of the source is number row · length + i.
  private func momentsOfRows(
    _ elements: Elements, rows: Int, length: Int, into target: StridedBlock
  ) throws(TensorError) {
    let blocks = elements.blocks
    let type = target.type
    let size = type.byteCount
    let program = PreparedProgram(elements, fetches: rows * length * size >= Self.streamedBytes)
    let planes = target.shape[0]
    let output = MomentPlanes(target.base, type, planes, plane: rows)
    if let groups = RowGroups(program, rows: rows, length: length) {
      return try moments(program, in: groups, rows: rows, planes, into: output)
    }
    let perTask = Self.elementsPerTask
    if length <= perTask {
      let rowsPerTask = perTask / length
      let place = blocks.place(elementsPerTask: rowsPerTask * length)
      pool.run(count: (rows + rowsPerTask - 1) / rowsPerTask, at: place) { task in
        let runs = RunMoments(program, planes)
        for row in task * rowsPerTask..<min((task + 1) * rowsPerTask, rows) {
          runs.moments(row * length, length, into: output.at(row))
        }
      }
      return
    }
    // Parts that are whole branches of a row's tree.
    let parts = (length + perTask - 1) / perTask
    let terms = try arena.allocate(byteCount: planes * rows * parts * size)
    let partial = MomentPlanes(terms.address, type, planes, plane: rows * parts)
    let place = blocks.place(elementsPerTask: length / parts)
    pool.run(count: rows * parts, at: place) { task in
      let (row, part) = task.quotientAndRemainder(dividingBy: parts)
      let runs = RunMoments(program, planes)
      let start = part * perTask
      runs.moments(
        row * length + start, min(perTask, length - start), into: partial.at(task))
    }
    for row in 0..<rows {
      let own = partial.at(row * parts)
      own.join(parts, apart: 1, each: perTask, of: length, width: 1)
      own.copy(1, to: output.at(row))
    }
  }

  /// The same where rows are read beside each other.
  private func moments(
    _ program: PreparedProgram, in groups: RowGroups, rows: Int, _ planes: Int,
    into output: MomentPlanes
  ) throws(TensorError) {
    let (type, chunks) = (program.resultType, groups.chunks)
    let terms = try arena.allocate(byteCount: planes * rows * chunks * type.byteCount)
    let partial = MomentPlanes(terms.address, type, planes, plane: rows * chunks)
    let (count, perTask) = (groups.pieceCount, groups.piecesPerTask)
    pool.run(count: (count + perTask - 1) / perTask) { task in
      let runs = RunMoments(program, planes)
      for piece in task * perTask..<min((task + 1) * perTask, count) {
        groups.forEachRow(of: piece, runs.loadedTile) { row, chunk, start, count in
          runs.moments(start, count, into: partial.at(row * chunks + chunk))
        }
      }
    }
    for row in 0..<rows {
      let own = partial.at(row * chunks)
      own.join(chunks, apart: 1, each: groups.chunkLength, of: groups.length, width: 1)
      own.copy(1, to: output.at(row))
    }
    withExtendedLifetime(terms) {}
  }

  /// Element (row, column) of the source is number row · columns + column; rows, which the first
  /// axes number, are joined.
  private func momentsOfColumns(
    _ elements: Elements, rowAxes: Int, rows: Int, columns: Int, into target: StridedBlock
  ) throws(TensorError) {
    let blocks = elements.blocks
    let type = target.type
    let size = type.byteCount
    let rowsPerChunk = Chunks.summedRows(columns: columns)
    let chunks = (rows + rowsPerChunk - 1) / rowsPerChunk
    let planes = target.shape[0]
    let direct = elements.isBlock ? ColumnSource(blocks[0], rowAxes: rowAxes) : nil
    let stripLength = Chunks.momentByteCount / size
    let strips = (columns + stripLength - 1) / stripLength
    let terms =
      chunks == 1
      ? target.storage : try arena.allocate(byteCount: planes * chunks * columns * size)
    let partial = MomentPlanes(
      chunks == 1 ? target.base : terms.address, type, planes, plane: chunks * columns)
    let targetPlace = target.place(elementsPerTask: stripLength)
    let program = PreparedProgram(elements)
    let place =
      chunks == 1
      ? targetPlace : blocks.place(elementsPerTask: max(1, rows * columns / (chunks * strips)))
    pool.run(count: chunks * strips, at: place) { task in
      let (chunk, strip) = task.quotientAndRemainder(dividingBy: strips)
      let first = strip * stripLength
      let selected = first..<min(first + stripLength, columns)
      let width = selected.count
      let members = chunk * rowsPerChunk..<min((chunk + 1) * rowsPerChunk, rows)
      let count = (members.count + Chunks.blockRows - 1) / Chunks.blockRows
      let result = partial.at(chunk * columns + first)
      let scratch = Scratch(byteCount: count == 1 ? 0 : planes * count * width * size)
      let parts =
        count == 1 ? result : MomentPlanes(scratch.address, type, planes, plane: count * width)
      func forEachBlock(_ body: (_ rows: Range<Int>, _ moments: MomentPlanes) -> Void) {
        for block in 0..<count {
          let start = members.lowerBound + block * Chunks.blockRows
          body(
            start..<min(start + Chunks.blockRows, members.upperBound), parts.at(block * width))
        }
      }
      if let direct, direct.isEven {
        forEachBlock { direct.moments(rows: $0, columns: selected, into: $1) }
      } else {
        let runs = ValueRuns(
          program, byteCount: min(members.count, Chunks.blockRows) * width * size)
        forEachBlock { rows, moments in
          let values = runs.rows(
            rows.lowerBound * columns + first, rows.count, width: width, distance: columns)
          moments.take(values, stride: width, rows: rows.count, columns: width)
        }
      }
      if count == 1 { return }
      parts.join(count, apart: width, each: Chunks.blockRows, of: members.count, width: width)
      parts.copy(width, to: result)
    }
    if chunks == 1 { return }
    let output = MomentPlanes(target.base, type, planes, plane: columns)
    pool.run(count: strips, at: targetPlace) { strip in
      let first = strip * stripLength
      let width = min(stripLength, columns - first)
      let own = partial.at(first)
      own.join(chunks, apart: columns, each: rowsPerChunk, of: rows, width: width)
      own.copy(width, to: output.at(first))
    }
  }
}

/// Where moments lie: three planes or five, of which this names a place.
private struct MomentPlanes {
  private let base: UnsafeMutableRawPointer
  private let type: ScalarType
  private let planes: Int
  private let plane: Int

  /// The highest power of distances that is added up.
  private var order: Int { planes - 1 }

  init(_ base: UnsafeMutableRawPointer, _ type: ScalarType, _ planes: Int, plane: Int) {
    self.base = base
    self.type = type
    self.planes = planes
    self.plane = plane
  }

  /// The same planes from an element on.
  func at(_ element: Int) -> MomentPlanes {
    MomentPlanes(base + element * type.byteCount, type, planes, plane: plane)
  }

  /// Sets them to those of a run.
  func take(_ values: UnsafeMutableRawPointer, count: Int) {
    if plane == 1 { return tk_moments(type.kernel, order, base, values, count) }
    withUnsafeTemporaryAllocation(byteCount: planes * 8, alignment: 8) { own in
      tk_moments(type.kernel, order, own.baseAddress!, values, count)
      MomentPlanes(own.baseAddress!, type, planes, plane: 1).copy(1, to: self)
    }
  }

  /// Sets them to those of columns.
  func take(_ values: UnsafeMutableRawPointer, stride: Int, rows: Int, columns: Int) {
    tk_moments_of_columns(type.kernel, order, base, plane, values, Int64(stride), rows, columns)
  }

  func copy(_ width: Int, to other: MomentPlanes) {
    for number in 0..<planes {
      tk_copy(
        other.base + number * other.plane * type.byteCount,
        base + number * plane * type.byteCount, width * type.byteCount)
    }
  }

  /// Joins `count` parts, each of `width` moments, `distance` elements apart, into the first.
  ///
  /// - Parameters:
  ///   - length: of how many values the moments of a part are; the last has what is left of
  ///     `total`.
  func join(_ count: Int, apart distance: Int, each length: Int, of total: Int, width: Int) {
    func size(from first: Int, to end: Int) -> Double {
      Double(min(end * length, total) - first * length)
    }
    joinPairwise(count) { left, right in
      tk_join_moments(
        type.kernel, order, at(left * distance).base, plane, size(from: left, to: right),
        at(right * distance).base, plane, size(from: right, to: 2 * right - left), width)
    }
  }
}

/// Moments of runs of a program's values. One worker uses one.
private struct RunMoments: ~Copyable {
  private let runs: ValueRuns
  private let type: ScalarType
  private let planes: Int
  private let scratch: Scratch

  init(_ program: PreparedProgram, _ planes: Int) {
    type = program.resultType
    self.planes = planes
    runs = ValueRuns(program, byteCount: Chunks.byteCount)
    let most = HostExecutor.elementsPerTask * type.byteCount / Chunks.byteCount
    scratch = Scratch(byteCount: planes * most * type.byteCount)
  }

  var loadedTile: LoadedTile? { runs.evaluator.tile }

  /// Of elements `start ..< start + count`, at most those of a task.
  func moments(_ start: Int, _ count: Int, into target: MomentPlanes) {
    let length = Chunks.byteCount / type.byteCount
    if count <= length { return target.take(runs.run(start, count), count: count) }
    let chunks = (count + length - 1) / length
    let parts = MomentPlanes(scratch.address, type, planes, plane: chunks)
    for chunk in 0..<chunks {
      let first = chunk * length
      let width = min(length, count - first)
      parts.at(chunk).take(runs.run(start + first, width), count: width)
    }
    parts.join(chunks, apart: 1, each: length, of: count, width: 1)
    parts.copy(1, to: target)
  }
}

extension ColumnSource {
  /// Whether rows are evenly spaced.
  fileprivate var isEven: Bool { rows.onlyStep != nil }

  fileprivate func moments(
    rows range: Range<Int>, columns selected: Range<Int>, into target: MomentPlanes
  ) {
    let stride = rows.onlyStep!
    let start = base + range.lowerBound * stride * type.byteCount
    columns.forEach(in: selected) { column, offset, width in
      target.at(column - selected.lowerBound)
        .take(start + offset * type.byteCount, stride: stride, rows: range.count, columns: width)
    }
  }
}
