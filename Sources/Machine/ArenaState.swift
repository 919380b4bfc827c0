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
  /// Whether there is memory behind what is handed out, not addresses alone.
  let hasMemory: Bool
  private let report: @Sendable (String) -> Void
  private let shelves: Mutex<Shelves>

  init(
    slabs: SlabPlacement, limit: Int?, heap: SharedHeap?, processes: Int, hasMemory: Bool = true,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.slabs = slabs
    self.hasMemory = hasMemory
    self.report = report
    shelves = Mutex(
      Shelves(limit: limit, heap: heap, processes: processes, hasMemory: hasMemory))
  }

  deinit {
    // Storages keep the state alive, so that nothing is in use any more.
    trim()
  }

  var limit: Int? {
    get { shelves.withLock { $0.limit } }
    set { shelves.withLock { $0.setLimit(newValue) } }
  }

  var statistics: MemoryStatistics {
    shelves.withLock {
      var statistics = $0.statistics
      statistics.cached = $0.cached
      return statistics
    }
  }

  var holders: [MemoryHolder] { shelves.withLock { $0.registry.holders } }

  var notes: [String] { shelves.withLock { $0.note.map { [$0] } ?? [] } }

  func resetPeak() { shelves.withLock { $0.resetPeak() } }

  func trim() { shelves.withLock { $0.trim() } }

  func allocate(
    byteCount: Int, for purpose: () -> StoragePurpose
  ) throws(TensorError) -> Block {
    guard byteCount >= 0 && byteCount <= SizeClass.largest else {
      throw TensorError(
        "allocate", given: "\(byteCount) bytes", expected: "0 to \(SizeClass.largest) bytes")
    }
    let sizeClass = SizeClass(holding: byteCount)
    let identifier = Block.nextIdentifier()
    var news: String?
    let taken = try shelves.withLock { (shelves) throws(TensorError) -> Shelves.FreeBlock in
      let hadNote = shelves.note != nil
      let block: Shelves.FreeBlock
      do throws(Shelves.Refusal) {
        block = try shelves.take(sizeClass, byteCount: byteCount, slabs: slabs)
      } catch {
        throw shelves.shortage(byteCount, purpose(), error)
      }
      if byteCount >= HolderRegistry.leastByteCount {
        shelves.registry.add(identifier, byteCount, purpose())
      }
      if !hadNote { news = shelves.note }
      return block
    }
    // Outside of the lock, because the receiver may do anything.
    if let news { report(news) }
    return Block(
      address: UnsafeMutableRawPointer(bitPattern: taken.address)!, byteCount: byteCount,
      identifier: identifier,
      owner: .arena(self, Place(sizeClass: sizeClass, chunk: taken.chunk)))
  }

  func release(_ block: Block, _ place: Place) {
    let address = UInt(bitPattern: block.address)
    shelves.withLock {
      $0.put(place, address: address, byteCount: block.byteCount)
      if block.byteCount >= HolderRegistry.leastByteCount {
        $0.registry.remove(block.identifier)
      }
    }
  }

  /// Names the operation that a large storage was made by, where it has none.
  func attribute(_ identifier: UInt64, to operation: String) {
    shelves.withLock { $0.registry.attribute(identifier, to: operation) }
  }

  /// Lists memory of the user until `forget`.
  func share(_ identifier: UInt64, _ byteCount: Int, _ purpose: StoragePurpose) {
    shelves.withLock { $0.registry.add(identifier, byteCount, purpose, isShared: true) }
  }

  func forget(_ identifier: UInt64) {
    shelves.withLock { $0.registry.remove(identifier) }
  }
}
