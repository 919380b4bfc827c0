import Shapes
import Synchronization

/// What an arena shares with the storages that it handed out, which keep it alive.
final class ArenaState: Sendable {
  /// Where a block came from.
  struct Place {
    var sizeClass: SizeClass
    /// The chunk it was cut from; nil for a block with a mapping of its own.
    var chunk: Int?
  }

  let slabs: SlabPlacement
  let limit: Int?
  private let report: @Sendable (String) -> Void
  private let shelves: Mutex<Shelves>

  init(slabs: SlabPlacement, limit: Int?, report: @escaping @Sendable (String) -> Void) {
    self.slabs = slabs
    self.limit = limit
    self.report = report
    shelves = Mutex(Shelves())
  }

  deinit {
    // Storages keep the state alive, so that nothing is in use any more.
    trim()
  }

  var statistics: MemoryStatistics {
    shelves.withLock {
      var statistics = $0.statistics
      statistics.cached = $0.cached
      return statistics
    }
  }

  var notes: [String] { shelves.withLock { $0.note.map { [$0] } ?? [] } }

  func resetPeak() { shelves.withLock { $0.resetPeak() } }

  func trim() { shelves.withLock { $0.trim() } }

  func release(_ place: Place, address: UnsafeMutableRawPointer, byteCount: Int) {
    let address = UInt(bitPattern: address)
    shelves.withLock { $0.put(place, address: address, byteCount: byteCount) }
  }

  func allocate(byteCount: Int) throws(TensorError) -> Block {
    guard byteCount >= 0 && byteCount <= SizeClass.largest else {
      throw TensorError(
        "allocate", given: "\(byteCount) bytes", expected: "0 to \(SizeClass.largest) bytes")
    }
    let sizeClass = SizeClass(holding: byteCount)
    var news: String?
    let taken = try shelves.withLock { (shelves) throws(TensorError) -> Shelves.FreeBlock in
      let inUse = shelves.statistics.inUse
      let hadNote = shelves.note != nil
      if let limit, byteCount > limit - inUse {
        throw TensorError(
          "allocate", given: "\(byteCount) bytes while \(inUse) bytes are in use",
          expected: "at most \(limit) bytes in use together, which is the arena's limit")
      }
      guard let block = shelves.take(sizeClass, byteCount: byteCount, limit: limit, slabs: slabs)
      else {
        let reason = SystemError.last
        throw TensorError(
          "allocate", given: "\(byteCount) bytes while \(inUse) bytes are in use",
          expected: "a request that the system can serve (mmap: \(reason))")
      }
      if !hadNote { news = shelves.note }
      return block
    }
    // Outside of the lock, because the receiver may do anything.
    if let news { report(news) }
    return Block(
      address: UnsafeMutableRawPointer(bitPattern: taken.address)!, byteCount: byteCount,
      identifier: Block.nextIdentifier(),
      owner: .arena(self, Place(sizeClass: sizeClass, chunk: taken.chunk)))
  }
}
