import Synchronization

/// A line of a segment that one rank writes: a number that only grows, and values that were written
/// before it.
struct NodeLine: Sendable {
  private let words: UInt

  /// The line at this address, in memory that lives as long as the transport.
  init(_ address: UnsafeMutableRawPointer) {
    words = UInt(bitPattern: address)
  }

  private var address: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: words)! }

  // Lock-free atomics know nothing of processes: they work on any memory that is mapped.
  private var counter: UnsafeMutablePointer<Atomic<UInt64>> {
    address.assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Whoever sees a number sees the values too, and all that was written before it.
  var number: UInt64 { counter.pointee.load(ordering: .acquiring) }

  func publish(_ number: UInt64) {
    counter.pointee.store(number, ordering: .releasing)
  }

  /// Signs that the rank is at work, of a line without values.
  var pulse: UInt64 { beats.pointee.load(ordering: .relaxed) }

  func beat() { beats.pointee.wrappingAdd(1, ordering: .relaxed) }

  private var beats: UnsafeMutablePointer<Atomic<UInt64>> {
    (address + 8).assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  func value(_ index: Int) -> Int64 {
    address.load(fromByteOffset: 8 + 8 * index, as: Int64.self)
  }

  func setValue(_ index: Int, _ value: Int64) {
    address.storeBytes(of: value, toByteOffset: 8 + 8 * index, as: Int64.self)
  }
}

/// The end of a lane at which its owner fills slots.
struct NodeOutlet {
  /// Who must empty a slot before it is filled again.
  let readers: [Int]
  private let line: NodeLine
  private let readLines: [NodeLine]
  private let window: UnsafeMutableRawPointer
  private let pieceByteCount: Int
  private var filled: UInt64 = 0
  /// What all readers are known to have emptied.
  private var emptied: UInt64 = 0

  init(
    readers: [Int], line: NodeLine, readLines: [NodeLine], window: UnsafeMutableRawPointer,
    pieceByteCount: Int
  ) {
    self.readers = readers
    self.line = line
    self.readLines = readLines
    self.window = window
    self.pieceByteCount = pieceByteCount
  }

  /// Whether there is a slot to fill.
  mutating func isFree() -> Bool { hasAtMost(NodeLayout.slotCount - 1) }

  /// Whether the readers have emptied all slots.
  mutating func isDrained() -> Bool { hasAtMost(0) }

  private mutating func hasAtMost(_ count: Int) -> Bool {
    if filled - emptied <= UInt64(count) { return true }
    emptied = filled
    for line in readLines { emptied = min(emptied, line.number) }
    return filled - emptied <= UInt64(count)
  }

  /// Changes while readers are at work on what a slot refers to.
  var pulse: UInt64 { readLines.reduce(0) { $0 &+ $1.pulse } }

  /// The readers that keep the owner from filling or draining.
  var late: [Int] {
    zip(readers, readLines).filter { $0.1.number < filled }.map(\.0)
  }

  /// The slot that is filled next, once it is free.
  var slot: UnsafeMutableRawPointer {
    window + Int(filled % UInt64(NodeLayout.slotCount)) * pieceByteCount
  }

  /// Hands the slot to the readers, as a piece of a message of so many bytes, or as what tells
  /// where they lie.
  mutating func publish(ofMessage byteCount: Int, isReference: Bool = false) {
    let value = Int64(isReference ? ~byteCount : byteCount)
    line.setValue(Int(filled % UInt64(NodeLayout.slotCount)), value)
    filled += 1
    line.publish(filled)
  }
}

/// The end of a lane at which a reader empties slots.
struct NodeInlet {
  let owner: Int
  private let line: NodeLine
  private let readLine: NodeLine
  private let window: UnsafeMutableRawPointer
  private let pieceByteCount: Int
  private var emptied: UInt64 = 0

  init(
    owner: Int, line: NodeLine, readLine: NodeLine, window: UnsafeMutableRawPointer,
    pieceByteCount: Int
  ) {
    self.owner = owner
    self.line = line
    self.readLine = readLine
    self.window = window
    self.pieceByteCount = pieceByteCount
  }

  /// Whether there is a slot to empty.
  var isFilled: Bool { line.number > emptied }

  /// The slot that is emptied next, once it is filled.
  var slot: UnsafeMutableRawPointer {
    window + Int(emptied % UInt64(NodeLayout.slotCount)) * pieceByteCount
  }

  /// How long the message is of which the filled slot holds a piece, or tells where it lies.
  var messageByteCount: Int { value < 0 ? ~value : value }

  /// Whether the filled slot tells where bytes lie, instead of holding them.
  var isReference: Bool { value < 0 }

  private var value: Int { Int(line.value(Int(emptied % UInt64(NodeLayout.slotCount)))) }

  /// Hands the slot back; or else gives a sign that what it refers to is being read.
  mutating func release(_ isOver: Bool = true) {
    guard isOver else { return readLine.beat() }
    emptied += 1
    readLine.publish(emptied)
  }
}
