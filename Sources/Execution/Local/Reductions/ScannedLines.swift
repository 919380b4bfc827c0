import CKernels
import Shapes

/// Lines of elements that are still to be computed, and what comes before them.
final class ScannedLines: Sendable {
  static let blockLength = Int(TK_SCAN_BLOCK)
  /// Elements that are read at a time; they stay in a cache until they are written.
  static let runLength = 16 * blockLength
  /// Elements of a task, where several share a line.
  static let taskLength = 8 * runLength

  let scan: Scan
  let type: ScalarType
  let count: Int
  let length: Int
  let programs: [PreparedProgram]
  let starts: ScanStarts

  init(
    _ scan: Scan, _ operands: [Elements], shape: Shape, along axis: Int, as type: ScalarType,
    _ starts: StridedBlock?
  ) {
    let others = shape.indices.filter { $0 != axis }
    self.scan = scan
    self.type = type
    count = shape.elementCount(of: others)
    length = shape[axis]
    programs =
      shape.elementCount == 0
      ? []
      : operands.map { elements in
        PreparedProgram(
          elements.converted(to: type).over { block in
            let block = block.expanded(to: shape)
            return (scan.isReversed ? block.flipped([axis]) : block).permuted(others + [axis])
          })
      }
    self.starts = ScanStarts(scan, type, starts)
  }

  var isEmpty: Bool { count == 0 || length == 0 }

  var blocks: Int { (length + Self.blockLength - 1) / Self.blockLength }

  /// How many tasks share a line.
  var tasks: Int { (length + Self.taskLength - 1) / Self.taskLength }

  func start(of line: Int) -> tk_scan_state { starts[line] }

  func forEachRun(_ places: Range<Int>, _ body: (Range<Int>) -> Void) {
    for start in stride(from: places.lowerBound, to: places.upperBound, by: Self.runLength) {
      body(start..<min(start + Self.runLength, places.upperBound))
    }
  }
}

/// What comes before each line.
struct ScanStarts: Sendable {
  private let nothing: tk_scan_state
  private let block: StridedBlock?

  init(_ scan: Scan, _ type: ScalarType, _ block: StridedBlock?) {
    var state = tk_scan_state()
    tk_scan_begin(scan.kernel, type.kernel, &state)
    nothing = state
    self.block = block
  }

  subscript(line: Int) -> tk_scan_state {
    guard let block else { return nothing }
    var state = nothing
    let words = block.shape.last!
    state.load(words, from: block.base.assumingMemoryBound(to: UInt64.self) + line * words)
    return state
  }
}

extension tk_scan_state {
  mutating func load(_ words: Int, from place: UnsafePointer<UInt64>) {
    self.words.0 = place[0]
    if words > 1 { self.words.1 = place[1] }
  }

  func store(_ words: Int, to place: UnsafeMutablePointer<UInt64>) {
    place[0] = self.words.0
    if words > 1 { place[1] = self.words.1 }
  }
}

/// Runs of lines, read by one worker.
struct ScanRuns: ~Copyable {
  private let lines: ScannedLines
  private let inputs: ValueRuns
  private let factors: ValueRuns
  /// Where the values of the last run are.
  private var places: (input: UnsafeMutableRawPointer?, factors: UnsafeMutableRawPointer?)
  /// Of the blocks of a run.
  let states: UnsafeMutablePointer<tk_scan_state>

  init(_ lines: ScannedLines) {
    self.lines = lines
    let byteCount = ScannedLines.runLength * lines.type.byteCount
    let hasFactors = lines.programs.count > 1
    inputs = ValueRuns(lines.programs[0], byteCount: byteCount)
    factors = ValueRuns(lines.programs.last!, byteCount: hasFactors ? byteCount : 1)
    places = (nil, nil)
    states = .allocate(capacity: ScannedLines.runLength / ScannedLines.blockLength)
  }

  deinit { states.deallocate() }

  func blocks(in count: Int) -> Int {
    (count + ScannedLines.blockLength - 1) / ScannedLines.blockLength
  }

  mutating func read(_ line: Int, _ run: Range<Int>) {
    read(line * lines.length + run.lowerBound, run.count)
  }

  private mutating func read(_ start: Int, _ count: Int) {
    places.input = inputs.run(start, count)
    if lines.programs.count > 1 { places.factors = factors.run(start, count) }
  }

  /// The totals of the blocks of what has been read.
  func findTotals(_ count: Int) { findTotals(count, into: states) }

  func findTotals(_ count: Int, into states: UnsafeMutablePointer<tk_scan_state>) {
    tk_scan_totals(
      lines.scan.kernel, lines.type.kernel, states, places.input, places.factors, count)
  }

  /// Goes past blocks of a line whose totals are known, and leaves in their place what comes before
  /// each. Tells whether it has read something else meanwhile.
  @discardableResult
  mutating func carry(
    _ carry: inout tk_scan_state, _ line: Int, _ start: Int,
    _ states: UnsafeMutablePointer<tk_scan_state>, _ count: Int
  ) -> Bool {
    var done = 0
    var hasRead = false
    while true {
      done += tk_scan_carry(
        lines.scan.kernel, lines.type.kernel, &carry, states + done, count - done)
      if done == count { return hasRead }
      // A block that must be gone through in sequence.
      let first = start + done * ScannedLines.blockLength
      let length = min(ScannedLines.blockLength, lines.length - first)
      read(line * lines.length + first, length)
      tk_scan_sequence(lines.type.kernel, &carry, places.input, places.factors, length)
      done += 1
      hasRead = true
    }
  }

  /// Writes what has been read.
  func write(
    _ count: Int, _ before: UnsafePointer<tk_scan_state>, into target: UnsafeMutableRawPointer
  ) {
    tk_scan_write(
      lines.scan.kernel, lines.type.kernel, lines.scan.isExclusive, target, places.input,
      places.factors, before, count)
  }

  /// Writes whole lines.
  mutating func write(_ members: Range<Int>, into output: UnsafeMutableRawPointer) {
    let (length, size) = (lines.length, lines.type.byteCount)
    if length <= ScannedLines.blockLength { return writeShort(members, into: output) }
    for line in members {
      var carry = lines.start(of: line)
      lines.forEachRun(0..<length) { run in
        read(line, run)
        findTotals(run.count)
        let hasMoved = self.carry(&carry, line, run.lowerBound, states, blocks(in: run.count))
        if hasMoved { read(line, run) }
        write(run.count, states, into: output + (line * length + run.lowerBound) * size)
      }
    }
  }

  /// Lines of one block, several of which are read at a time.
  private mutating func writeShort(_ members: Range<Int>, into output: UnsafeMutableRawPointer) {
    let (length, size) = (lines.length, lines.type.byteCount)
    let atATime = ScannedLines.runLength / length
    for first in stride(from: members.lowerBound, to: members.upperBound, by: atATime) {
      let count = min(atATime, members.upperBound - first)
      read(first * length, count * length)
      for line in first..<first + count {
        states[0] = lines.start(of: line)
        write(length, states, into: output + line * length * size)
        places.input = places.input.map { $0 + length * size }
        places.factors = places.factors.map { $0 + length * size }
      }
    }
  }
}
