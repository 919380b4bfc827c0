import Machine

/// Where everything lies in a rank's segment, the same on all ranks of a node.
///
/// A *lane* is a ring of slots in a rank's segment, through which it sends to one peer, or to all;
/// a *piece* is what a slot holds, or else a *reference* to bytes of the sender's heap. Control
/// data comes first, in lines that no two ranks write.
struct NodeLayout: Equatable, Sendable {
  /// Processors fetch cache lines in pairs.
  static let lineByteCount = 128
  /// Slots of a lane: while one is emptied the next ones are filled.
  static let slotCount = 4
  /// What fits behind the number of a line.
  static let valuesPerLine = 7

  let ranks: Int
  /// The most bytes of a piece, a multiple of a cache line.
  let pieceByteCount: Int

  /// The most bytes of a piece where so many ranks are on a node: enough to be worth a signal, with
  /// windows of many ranks not too large.
  static func pieceByteCount(ranks: Int) -> Int {
    let share = (4 << 20) / (slotCount * max(ranks, 1))
    return min(max(share & ~4095, 16 << 10), 128 << 10)
  }

  init(ranks: Int, pieceByteCount: Int) {
    precondition(pieceByteCount > 0 && pieceByteCount % 64 == 0, "pieces of whole cache lines")
    self.ranks = ranks
    self.pieceByteCount = pieceByteCount
  }

  /// Holds the number by which others recognise the segment.
  static let nameLine = 0

  /// Headers take turns: no rank is more than one ahead of another.
  static func headerLine(_ number: UInt64) -> Int { 1 + Int(number & 1) }

  /// How far the owner has filled its lane to a peer; the lane to itself is that to all.
  func laneLine(_ peer: Int) -> Int { 3 + peer }

  /// How far this rank has emptied the lane of another rank to it.
  func readLine(of owner: Int) -> Int { 3 + ranks + owner }

  /// How far this rank has emptied the lane of another rank to all.
  func readLine(ofAll owner: Int) -> Int { 3 + 2 * ranks + owner }

  /// The first slot of a lane.
  func laneOffset(_ peer: Int) -> Int {
    windowOffset + peer * Self.slotCount * pieceByteCount
  }

  private var windowOffset: Int {
    ((3 + 3 * ranks) * Self.lineByteCount + 4095) & ~4095
  }

  /// A multiple of the page size.
  var byteCount: Int {
    let page = SystemMemory.pageSize
    return (laneOffset(ranks) + page - 1) / page * page
  }
}
