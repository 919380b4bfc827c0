import CKernels
import Machine
import Shapes

/// How a reduction is cut into chunks: a function of the shape and type alone, so that the result
/// has the same bits for any number of workers.
enum Chunks {
  /// Bytes of a row that are reduced in one go: what the kernels reduce in lanes before they
  /// combine them, and few enough that evaluated values stay in the first-level cache. Chunks of a
  /// row are joined in the order of their numbers.
  static let byteCount = 1 << 14
  /// Columns that one task adds up at most where they need not be evaluated: enough to read memory
  /// in long runs, few enough that sums stay in the cache.
  static let columns = 1 << 13
  /// Rows that one task adds up when columns are reduced.
  static func rows(columns: Int) -> Int { max(64, (1 << 16) / max(columns, 1)) }
  /// Rows of floating-point columns that are added one after the other, before such blocks are
  /// joined.
  static let blockRows = Int(TK_SUMMED_ROWS)
  /// The same as `rows`, in whole blocks.
  static func summedRows(columns: Int) -> Int { rows(columns: columns) / blockRows * blockRows }
  /// Bytes of a row whose columns' moments one task takes: a block of so many columns stays in the
  /// second-level cache.
  static let momentByteCount = 1 << 11
}

extension HostExecutor {
  /// Reduces elements over some axes (ascending) into a contiguous target that has the remaining
  /// axes. An empty reduction gives the identity. Partial results are of the accumulator's type, to
  /// which elements are converted as they are loaded.
  ///
  /// - Parameter shape: the shape that the blocks broadcast to.
  public func reduce(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    in accumulator: ScalarType, into target: StridedBlock
  ) throws(TensorError) {
    let elements = elements.converted(to: accumulator)
    if reduction == .product, accumulator.isFloatingPoint {
      // Pairs of Doubles, which are rounded to any type.
      return try multiply(elements, shape: shape, over: axes, into: target)
    }
    if accumulator == target.type, reduceRun(reduction, elements, shape: shape, into: target) {
      return
    }
    try accumulate(in: accumulator, into: target) { (sums) throws(TensorError) in
      try collect(reduction, elements, shape: shape, over: axes, into: sums)
    }
  }

  /// Reduces the few elements of a block that lie one after another, or the products of two such
  /// blocks, into one value, which needs neither a program nor a task; false where there are more,
  /// or others.
  private func reduceRun(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, into target: StridedBlock
  ) -> Bool {
    guard target.elementCount == 1 else { return false }
    let factors = reduction == .sum ? elements.program.factors : nil
    guard elements.isBlock || factors != nil else { return false }
    let count = shape.elementCount
    guard count > 0, count * target.type.byteCount <= Chunks.byteCount,
      elements.blocks.allSatisfy({
        $0.type == target.type && $0.shape == shape && $0.isContiguous
      })
    else { return false }
    target.base.store(reduction.identity(for: target.type))
    let type = target.type.kernel
    if let factors {
      tk_sum_products(
        type, target.base, elements.blocks[factors.first].base,
        elements.blocks[factors.second].base,
        count)
    } else {
      tk_reduce(reduction.kernel, type, target.base, elements.blocks[0].base, count)
    }
    return true
  }

  /// Reduces elements of the target's type.
  private func collect(
    _ reduction: Reduction, _ elements: Elements, shape: Shape, over axes: [Int],
    into target: StridedBlock
  ) throws(TensorError) {
    let kept = shape.indices.filter { !axes.contains($0) }
    let rows = shape.elementCount(of: kept)
    let length = shape.elementCount(of: axes)
    if rows == 0 { return }
    if length == 0 {
      fill(target, with: reduction.identity(for: target.type))
      return
    }
    let elements = elements.over { $0.expanded(to: shape) }
    if try reduceDifferences(reduction, elements, shape: shape, over: axes, into: target) { return }
    let innermost = shape.indices.last { shape[$0] > 1 }
    if rows > 1, innermost.map(axes.contains) ?? false,
      let source = try acrossRows(elements, kept: kept, reduced: axes, of: shape)
    {
      return try reduceAcrossRows(
        reduction, source.elements, reducedAxes: axes.count, length: length, rows: rows,
        width: source.width, into: target)
    }
    if rows == 1 || innermost.map(axes.contains) ?? true {
      let source = elements.over { $0.permuted(kept + axes) }
      try reduceRows(reduction, source, rows: rows, length: length, into: target)
    } else {
      let source = elements.over { $0.permuted(axes + kept) }
      if reduction == .sum, target.type.isFloatingPoint {
        return try sumColumns(
          source, rowAxes: axes.count, rows: length, columns: rows, into: target)
      }
      try reduceColumns(
        reduction, source, rowAxes: axes.count, rows: length, columns: rows, into: target)
    }
  }

  /// Element (row, i) of the source is number row · length + i.
  private func reduceRows(
    _ reduction: Reduction, _ elements: Elements, rows: Int, length: Int, into target: StridedBlock
  ) throws(TensorError) {
    let blocks = elements.blocks
    let type = target.type
    let size = type.byteCount
    let chunkLength = Chunks.byteCount / size
    let chunks = (length + chunkLength - 1) / chunkLength
    let output = target.base
    let program = PreparedProgram(elements, fetches: rows * length * size >= Self.streamedBytes)
    if let groups = RowGroups(program, rows: rows, length: length) {
      return try reduce(reduction, program, in: groups, rows: rows, into: target)
    }
    if length <= Self.elementsPerTask {
      let rowsPerTask = Self.elementsPerTask / length
      let place = blocks.place(elementsPerTask: rowsPerTask * length)
      pool.run(count: (rows + rowsPerTask - 1) / rowsPerTask, at: place) { task in
        let reducer = RunReducer(reduction, program)
        for row in task * rowsPerTask..<min((task + 1) * rowsPerTask, rows) {
          reducer.reduce(row * length, length, into: output + row * size)
        }
      }
      return
    }
    let chunksPerTask = Self.elementsPerTask / chunkLength
    let tasksPerRow = (chunks + chunksPerTask - 1) / chunksPerTask
    let terms = try arena.allocate(byteCount: rows * chunks * size)
    let partial = terms.address
    let place = blocks.place(elementsPerTask: length / tasksPerRow)
    pool.run(count: rows * tasksPerRow, at: place) { task in
      let reducer = RunReducer(reduction, program)
      let (row, part) = task.quotientAndRemainder(dividingBy: tasksPerRow)
      let first = part * chunksPerTask
      let start = first * chunkLength
      reducer.reduceChunks(
        row * length + start, min(chunksPerTask * chunkLength, length - start),
        into: partial + (row * chunks + first) * size)
    }
    let all = StridedBlock(storage: terms, type: type, shape: [rows, chunks])
    reduction.reduceRuns(of: all, into: target)
  }

  /// The same where rows are read beside each other.
  private func reduce(
    _ reduction: Reduction, _ program: PreparedProgram, in groups: RowGroups, rows: Int,
    into target: StridedBlock
  ) throws(TensorError) {
    let chunks = groups.chunks
    let terms = chunks == 1 ? target : try allocate([rows, chunks], target.type)
    let (output, size) = (terms.base, target.type.byteCount)
    let (count, perTask) = (groups.pieceCount, groups.piecesPerTask)
    pool.run(count: (count + perTask - 1) / perTask) { task in
      let reducer = RunReducer(reduction, program)
      for piece in task * perTask..<min((task + 1) * perTask, count) {
        groups.forEachRow(of: piece, reducer.loadedTile) { row, chunk, start, count in
          reducer.reduceChunks(start, count, into: output + (row * chunks + chunk) * size)
        }
      }
    }
    if chunks > 1 { reduction.reduceRuns(of: terms, into: target) }
  }

  /// Element (row, column) of the source is number row · columns + column; rows, which the first
  /// axes number, are added up.
  private func reduceColumns(
    _ reduction: Reduction, _ elements: Elements, rowAxes: Int, rows: Int, columns: Int,
    into target: StridedBlock
  ) throws(TensorError) {
    let blocks = elements.blocks
    let type = target.type
    let size = type.byteCount
    var identity = reduction.identity(for: type).bits
    let rowsPerChunk = Chunks.rows(columns: columns)
    let chunks = (rows + rowsPerChunk - 1) / rowsPerChunk
    let direct = elements.isBlock ? ColumnSource(blocks[0], rowAxes: rowAxes) : nil
    // Which columns a task takes changes nothing in their sums.
    let stripLength =
      direct == nil
      ? PreparedProgram.registerLength
      : min(
        Chunks.columns,
        max(PreparedProgram.registerLength, columns * chunks / (4 * pool.workerCount)))
    let strips = (columns + stripLength - 1) / stripLength
    let function = reduction.function(for: type).kernel
    let terms =
      chunks == 1 ? target.storage : try arena.allocate(byteCount: chunks * columns * size)
    let partial = chunks == 1 ? target.base : terms.address
    let identityBits = identity
    let targetPlace = target.place(elementsPerTask: stripLength)
    let program = PreparedProgram(elements)
    let place =
      chunks == 1
      ? targetPlace : blocks.place(elementsPerTask: max(1, rows * columns / (chunks * strips)))
    pool.run(count: chunks * strips, at: place) { task in
      let (chunk, strip) = task.quotientAndRemainder(dividingBy: strips)
      let first = strip * stripLength
      let width = min(stripLength, columns - first)
      let members = chunk * rowsPerChunk..<min((chunk + 1) * rowsPerChunk, rows)
      let sum = partial + (chunk * columns + first) * size
      var bits = identityBits
      tk_fill(size, sum, &bits, width)
      if let direct {
        direct.reduce(reduction, rows: members, columns: first..<first + width, into: sum)
        return
      }
      let runs = ValueRuns(program, byteCount: 0)
      for start in stride(from: members.lowerBound, to: members.upperBound, by: Chunks.blockRows) {
        let some = start..<min(start + Chunks.blockRows, members.upperBound)
        runs.load(start * columns + first, some.count, width: width, distance: columns)
        for row in some {
          let value = runs.evaluator.evaluate(row * columns + first, width)
          tk_binary(function, type.kernel, sum, sum, 1, value.pointer, value.step, width)
        }
      }
    }
    if chunks == 1 { return }
    let output = target.base
    tk_fill(size, output, &identity, columns)
    pool.run(count: strips, at: targetPlace) { strip in
      let first = strip * stripLength
      tk_reduce_rows(
        reduction.kernel, type.kernel, output + first * size, partial + first * size,
        Int64(columns), chunks, min(stripLength, columns - first))
    }
  }
}

/// Reduces runs of a program's values, chunk by chunk. One worker uses one.
private struct RunReducer: ~Copyable {
  private let program: PreparedProgram
  private let runs: ValueRuns
  private let reduction: Reduction
  private let type: ScalarType
  private let identity: ScalarValue
  /// The results of a run's chunks.
  private let results: Scratch

  init(_ reduction: Reduction, _ program: PreparedProgram) {
    self.program = program
    type = program.resultType
    runs = ValueRuns(program, byteCount: Chunks.byteCount)
    self.reduction = reduction
    identity = reduction.identity(for: type)
    let longest = HostExecutor.elementsPerTask * type.byteCount / Chunks.byteCount
    results = Scratch(byteCount: longest * type.byteCount)
  }

  var loadedTile: LoadedTile? { runs.evaluator.tile }

  /// Reduces elements `start ..< start + count`, at most those of a task, into one value at
  /// `output`.
  func reduce(_ start: Int, _ count: Int, into output: UnsafeMutableRawPointer) {
    if count * type.byteCount <= Chunks.byteCount {
      reduceChunks(start, count, into: output)
      return
    }
    let chunks = reduceChunks(start, count, into: results.address)
    output.store(identity)
    tk_reduce(reduction.kernel, type.kernel, output, results.address, chunks)
  }

  /// Reduces each chunk of elements `start ..< start + count` into a value of its own at `output`,
  /// and says how many there are.
  @discardableResult
  func reduceChunks(
    _ start: Int, _ count: Int, into output: UnsafeMutableRawPointer
  ) -> Int {
    let size = type.byteCount
    let chunkLength = Chunks.byteCount / size
    var chunks = 0
    for first in stride(from: 0, to: count, by: chunkLength) {
      let length = min(chunkLength, count - first)
      let result = output + chunks * size
      result.store(identity)
      // Products are added as they come, which gives the same bits.
      if reduction == .sum, let places = program.factorPlaces(start + first, length) {
        tk_sum_products(type.kernel, result, places.first, places.second, length)
      } else {
        tk_reduce(
          reduction.kernel, type.kernel, result, runs.run(start + first, length), length)
      }
      chunks += 1
    }
    return chunks
  }
}
