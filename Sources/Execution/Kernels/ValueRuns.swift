import CKernels

/// The values of a program as runs in memory: where they lie already, or computed into a buffer.
/// One worker uses one.
struct ValueRuns: ~Copyable {
  let evaluator: ProgramEvaluator
  /// The operand, where it is itself what is asked for.
  private let direct: BlockOperand?
  private let size: Int
  private let values: UnsafeMutableRawPointer

  /// - Parameter byteCount: how long runs are at most.
  init(_ program: PreparedProgram, byteCount: Int) {
    evaluator = ProgramEvaluator(program)
    direct = program.isIdentity ? program.operands[0] : nil
    size = program.resultType.byteCount
    values = .allocate(byteCount: byteCount, alignment: 64)
  }

  deinit { values.deallocate() }

  /// Elements `start ..< start + count`, written to a place.
  func evaluate(_ start: Int, _ count: Int, into target: UnsafeMutableRawPointer) {
    var first = 0
    while first < count {
      let length = min(evaluator.length(from: start + first), count - first)
      _ = evaluator.evaluate(start + first, length, into: target + first * size)
      first += length
    }
  }

  /// Elements `start ..< start + count`, valid until the next call.
  func run(_ start: Int, _ count: Int) -> UnsafeMutableRawPointer {
    if let direct {
      if let place = evaluator.tile?.place(0, start, count) { return place }
      if let place = direct.place(start, count), place.step == 1 { return place.pointer }
    }
    evaluate(start, count, into: values)
    return values
  }

  /// Reads what will be asked for of operands that are best read in tiles: `count` rows of `width`
  /// elements, whose first elements are `distance` numbers apart.
  func load(_ start: Int, _ count: Int, width: Int, distance: Int) {
    guard let tile = evaluator.tile, tile.tiling.rowDistance == distance else { return }
    let wanted = tile.tiling.tile(from: start, rows: count, columns: width)
    if wanted.rows > 1, wanted.columns == width, !tile.has(wanted) { tile.load(wanted) }
  }

  /// `count` rows of `width` elements, whose first elements are `distance` numbers apart, one row
  /// after the other.
  func rows(_ start: Int, _ count: Int, width: Int, distance: Int) -> UnsafeMutableRawPointer {
    load(start, count, width: width, distance: distance)
    if direct != nil, let place = evaluator.tile?.place(0, start, rows: count, columns: width) {
      return place
    }
    if width == distance { return run(start, count * width) }
    for row in 0..<count {
      let target = values + row * width * size
      if width <= PreparedProgram.registerLength {
        _ = evaluator.evaluate(start + row * distance, width, into: target)
      } else {
        evaluate(start + row * distance, width, into: target)
      }
    }
    return values
  }
}
