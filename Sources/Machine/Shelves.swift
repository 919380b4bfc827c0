/// An arena's free blocks, chunks and counters; its owner serializes all calls. Addresses are
/// numbers here: nothing behind them is read or written.
struct Shelves: Sendable {
  struct FreeBlock {
    var address: UInt
    /// The chunk it was cut from; nil for a block with a mapping of its own.
    var chunk: Int?
    /// How many storages had been handed out when it was freed.
    var freedAt = 0
  }

  /// A mapping from which blocks are cut, from its beginning on.
  private struct Chunk {
    var address: UInt
    var byteCount: Int
    var cutByteCount = 0
    var blocksInUse = 0
    /// How many storages had been handed out when one of its blocks was last used.
    var usedAt = 0
  }

  /// Chunks grow from the first size to the last as more of them are needed, so that a small arena
  /// is cheap.
  private static let chunkByteCounts = (least: 1 << 18, most: 1 << 23)
  /// When memory is asked of the system, what is cached is at most this much, and so many times the
  /// most bytes in use lately.
  private static let kept = (byteCount: 1 << 25, peaks: 2)

  /// The most bytes that may be had of the system; nil without a limit.
  private(set) var limit: Int?
  /// What large storages in use are for.
  var registry = HolderRegistry()
  /// How many storages are in use.
  private(set) var blocksInUse = 0
  /// All counters but `cached`, which follows from them.
  private(set) var statistics = MemoryStatistics()
  private(set) var note: String?

  /// By the index of their size class; the latest freed block is the last.
  private var free = [[FreeBlock]](repeating: [], count: SizeClass.count)
  /// Chunks keep their position for life; a position given back is nil until it is reused.
  private var chunks: [Chunk?] = []
  private var currentChunk: Int?
  private var chunkByteCount = 0
  /// Size classes' bytes of the blocks in use.
  private var blockBytesInUse = 0
  private var recent = RecentPeak()

  /// Where neighbours read large mappings; nil where none do.
  private let heap: SharedHeap?
  /// Processes that take memory of the same system, this one included.
  private let processes: Int
  /// False where only addresses are had of the system.
  private let hasMemory: Bool

  init(limit: Int?, heap: SharedHeap?, processes: Int = 1, hasMemory: Bool = true) {
    self.hasMemory = hasMemory
    self.limit = limit
    self.heap = heap
    self.processes = processes
  }

  var cached: Int { statistics.reserved - blockBytesInUse }

  /// What may still be asked of the system; below 0 where the limit came later.
  private var room: Int { limit.map { $0 - statistics.reserved } ?? .max }

  mutating func setLimit(_ limit: Int?) {
    self.limit = limit
    if room < 0 { trim() }
  }

  mutating func resetPeak() {
    statistics.peak = statistics.inUse
    statistics.largestInUse = 0
  }

  /// A block of the class, from the free ones or from the system.
  mutating func take(
    _ sizeClass: SizeClass, byteCount: Int, slabs: SlabPlacement
  ) throws(Refusal) -> FreeBlock {
    let block: FreeBlock
    if let freed = free[sizeClass.index].popLast() {
      block = freed
    } else if sizeClass.byteCount >= SlabPlacement.leastByteCount {
      block = FreeBlock(address: try map(sizeClass.byteCount, slabs: slabs))
    } else {
      block = try cut(sizeClass)
    }
    if let chunk = block.chunk {
      chunks[chunk]!.blocksInUse += 1
      chunks[chunk]!.usedAt = statistics.allocations
    }
    blocksInUse += 1
    blockBytesInUse += sizeClass.byteCount
    statistics.allocations += 1
    statistics.inUse += byteCount
    statistics.peak = max(statistics.peak, statistics.inUse)
    statistics.largestInUse = max(statistics.largestInUse, byteCount)
    if let unusedSince = recent.note(statistics.inUse, at: statistics.allocations) {
      // What was not used for so long is not part of what the program does now.
      giveBack(unusedSince: unusedSince, until: Self.kept.byteCount)
    }
    return block
  }

  /// Takes a block back.
  mutating func put(_ place: ArenaState.Place, address: UInt, byteCount: Int) {
    if room < 0 && place.chunk == nil {
      // More than a limit that came later: nothing stays that is not in use.
      unmap(address, place.sizeClass.byteCount)
    } else {
      free[place.sizeClass.index].append(
        FreeBlock(address: address, chunk: place.chunk, freedAt: statistics.allocations))
    }
    if let chunk = place.chunk {
      chunks[chunk]!.blocksInUse -= 1
      chunks[chunk]!.usedAt = statistics.allocations
    }
    blocksInUse -= 1
    blockBytesInUse -= place.sizeClass.byteCount
    statistics.inUse -= byteCount
  }

  /// Gives the free mappings and the chunks without a block in use back to the system.
  mutating func trim() { giveBack(unusedSince: .max, until: 0) }

  /// Gives free mappings, and chunks without a block in use, back to the system: those that were
  /// used before a moment, told in storages handed out, the longest unused first, until so many
  /// bytes at most are cached.
  private mutating func giveBack(unusedSince moment: Int, until byteCount: Int) {
    guard cached > byteCount else { return }
    let firstMapped = SizeClass(holding: SlabPlacement.leastByteCount).index
    while cached > byteCount {
      // Of each class the first is the one that was freed first.
      let oldest = (firstMapped..<free.count).filter { !free[$0].isEmpty }
        .min { free[$0][0].freedAt < free[$1][0].freedAt }
      guard let index = oldest, free[index][0].freedAt < moment else { break }
      unmap(free[index].removeFirst().address, SizeClass.byteCount(ofIndex: index))
    }
    var idle: Set<Int> = []
    var left = cached
    let candidates = chunks.indices.filter { chunks[$0]?.blocksInUse == 0 }
      .sorted { chunks[$0]!.usedAt < chunks[$1]!.usedAt }
    for index in candidates where left > byteCount && chunks[index]!.usedAt < moment {
      idle.insert(index)
      left -= chunks[index]!.byteCount
    }
    guard !idle.isEmpty else { return }
    for index in 0..<firstMapped {
      free[index].removeAll { $0.chunk.map(idle.contains) ?? false }
    }
    for index in idle {
      if let chunk = chunks[index] { unmap(chunk.address, chunk.byteCount) }
      chunks[index] = nil
    }
    if let current = currentChunk, idle.contains(current) { currentChunk = nil }
  }

  /// Cuts a block off the current chunk, or off a new one.
  private mutating func cut(_ sizeClass: SizeClass) throws(Refusal) -> FreeBlock {
    if let current = currentChunk, let block = cut(sizeClass, from: current) { return block }

    let grown = min(max(chunkByteCount, Self.chunkByteCounts.least), Self.chunkByteCounts.most)
    // Classes below 2 MiB fit into a chunk of their next power of two.
    let least = max(
      SystemMemory.pageSize, 1 << (Int.bitWidth - (sizeClass.byteCount - 1).leadingZeroBitCount))
    // Under a limit the last chunks are as small as can be.
    let byteCount = max(grown, least) <= room ? max(grown, least) : least
    let address = try map(byteCount, slabs: nil)
    if let current = currentChunk { shelveRemainder(of: current) }
    chunkByteCount = byteCount * 2
    let chunk = Chunk(address: address, byteCount: byteCount)
    let index: Int
    if let vacant = chunks.firstIndex(where: { $0 == nil }) {
      chunks[vacant] = chunk
      index = vacant
    } else {
      chunks.append(chunk)
      index = chunks.count - 1
    }
    currentChunk = index
    return cut(sizeClass, from: index)!
  }

  private mutating func cut(_ sizeClass: SizeClass, from index: Int) -> FreeBlock? {
    guard var chunk = chunks[index],
      chunk.byteCount - chunk.cutByteCount >= sizeClass.byteCount
    else { return nil }
    let address = chunk.address + UInt(chunk.cutByteCount)
    chunk.cutByteCount += sizeClass.byteCount
    chunks[index] = chunk
    return FreeBlock(address: address, chunk: index)
  }

  /// Makes free blocks of what a chunk has left, the largest first, so that nothing is lost.
  private mutating func shelveRemainder(of index: Int) {
    while let chunk = chunks[index], chunk.cutByteCount < chunk.byteCount {
      let sizeClass = SizeClass(fitting: chunk.byteCount - chunk.cutByteCount)
      guard let block = cut(sizeClass, from: index) else { return }
      free[sizeClass.index].append(block)
    }
  }

  /// Asks the system for memory, after giving cached memory back where that is due. Chunks come
  /// without slabs: their blocks are too small to be cut over nodes, and lie where they are first
  /// touched.
  private mutating func map(_ byteCount: Int, slabs: SlabPlacement?) throws(Refusal) -> UInt {
    // Sizes that never come again must not pile up: what is cached stays within a multiple of what
    // was in use, which no steady pattern exceeds, and leaves room for the request under a limit.
    giveBack(unusedSince: .max, until: Self.kept.byteCount + Self.kept.peaks * recent.byteCount)
    if byteCount > room { trim() }
    guard byteCount <= room else { throw .limit }
    var mapped = available(byteCount)
    if case .failure = mapped, cached > 0 {
      trim()
      mapped = available(byteCount)
    }
    let (address, isScarce) = try mapped.get()
    statistics.systemAllocations += 1
    statistics.reserved += byteCount
    if let refusal = slabs?.place(address, byteCount), note == nil { note = refusal }
    if isScarce, let reason = SystemMemory.secure(address, byteCount, processes: processes) {
      unmap(UInt(bitPattern: address), byteCount)
      throw .system(reason)
    }
    provide(address, byteCount)
    return UInt(bitPattern: address)
  }

  private func provide(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    if let heap, heap.offset(of: address) != nil { heap.provide(address, byteCount) }
  }

  /// Memory for which the system has room, and whether that is scarce.
  private func available(
    _ byteCount: Int
  ) -> Result<(address: UnsafeMutableRawPointer, isScarce: Bool), Refusal> {
    if !hasMemory {
      guard let address = SystemMemory.reserve(byteCount) else {
        return .failure(.system("mmap: \(SystemError.last)"))
      }
      return .success((address, false))
    }
    var isScarce = false
    switch SystemMemory.supply(of: byteCount, processes: processes) {
    case .short(let reason): return .failure(.system(reason))
    case .scarce: isScarce = true
    case .ample: break
    }
    guard let address = memory(byteCount) else {
      return .failure(.system("mmap: \(SystemError.last)"))
    }
    return .success((address, isScarce))
  }

  /// Memory of the heap, if it is worth being read there, or else of this process alone.
  private func memory(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    if byteCount >= SharedHeap.partByteCount, let taken = heap?.take(byteCount) { return taken }
    return SystemMemory.map(byteCount)
  }

  private mutating func unmap(_ address: UInt, _ byteCount: Int) {
    let address = UnsafeMutableRawPointer(bitPattern: address)!
    if !(heap?.giveBack(address, byteCount) ?? false) { SystemMemory.unmap(address, byteCount) }
    statistics.reserved -= byteCount
  }
}
