import Dispatch
import Machine
import Shapes
import Synchronization
import Testing

struct ArenaTests {
  private static let oneNode = Topology(nodes: [.init(number: 0, cpus: [0])])
  /// Sizes cut from chunks and sizes with mappings of their own.
  private static let sizes = [0, 1, 64, 100, 4096, 300_000, 2 << 20, (5 << 20) + 3]

  private func makeArena(limit: Int? = nil) -> Arena { Arena(topology: Self.oneNode, limit: limit) }

  @Test(arguments: sizes)
  func blocksAreWritableAndAligned(byteCount: Int) throws {
    let arena = makeArena()
    let storages = try (0..<5).map { _ in try arena.allocate(byteCount: byteCount) }
    for (index, storage) in storages.enumerated() {
      #expect(storage.byteCount == byteCount)
      #expect(Int(bitPattern: storage.address).isMultiple(of: 64))
      storage.address.initializeMemory(as: UInt8.self, repeating: UInt8(index), count: byteCount)
    }
    for (index, storage) in storages.enumerated() {
      let bytes = StorageRange(storage).bytes
      #expect(bytes.count == byteCount)
      #expect(bytes.allSatisfy { $0 == index })
    }
  }

  @Test func blocksInUseNeverOverlap() throws {
    let arena = makeArena()
    var storages: [Storage] = []
    for round in 0..<400 {
      storages.append(try arena.allocate(byteCount: (round * 7919) % 40_000 + round))
      if round % 3 == 2 { storages.remove(at: round * 31 % storages.count) }
    }
    storages.append(try arena.allocate(byteCount: 3 << 20))
    let ranges = storages.map { StorageRange($0).bytes }.filter { $0.count > 0 }
      .sorted { $0.baseAddress! < $1.baseAddress! }
    for (lower, upper) in zip(ranges, ranges.dropFirst()) {
      #expect(lower.baseAddress! + lower.count <= upper.baseAddress!)
    }
  }

  @Test(arguments: sizes)
  func freedBlocksComeBackLatestFirst(byteCount: Int) throws {
    let arena = makeArena()
    var first: Storage? = try arena.allocate(byteCount: byteCount)
    var second: Storage? = try arena.allocate(byteCount: byteCount)
    let addresses = [first!.address, second!.address]
    #expect(addresses[0] != addresses[1])
    first = nil
    second = nil
    let before = arena.statistics.systemAllocations
    let third = try arena.allocate(byteCount: byteCount)
    let fourth = try arena.allocate(byteCount: byteCount)
    #expect([fourth.address, third.address] == addresses)
    #expect(arena.statistics.systemAllocations == before)
    #expect(third.identifier != fourth.identifier)
  }

  @Test func aSteadyPatternAsksNothingOfTheSystem() throws {
    let arena = makeArena()
    func step() throws -> [UnsafeMutableRawPointer] {
      var storages: [Storage] = []
      for size in Self.sizes + Self.sizes { storages.append(try arena.allocate(byteCount: size)) }
      storages.removeFirst(5)
      for size in Self.sizes { storages.append(try arena.allocate(byteCount: size)) }
      return storages.map(\.address)
    }
    _ = try step()
    let asked = arena.statistics.systemAllocations
    #expect(asked > 0)
    _ = try step()
    let addresses = try (0..<4).map { _ in Set(try step()) }
    #expect(arena.statistics.systemAllocations == asked)
    #expect(addresses.allSatisfy { $0 == addresses[0] })
  }

  @Test func identifiersAreNeverReused() throws {
    let arena = makeArena()
    var identifiers: Set<UInt64> = []
    for _ in 0..<100 { identifiers.insert(try arena.allocate(byteCount: 64).identifier) }
    #expect(identifiers.count == 100)
  }

  @Test func countersFollowTheStorage() throws {
    let arena = makeArena()
    #expect(arena.statistics == MemoryStatistics())
    var large: Storage? = try arena.allocate(byteCount: 3_000_000)
    let small = try arena.allocate(byteCount: 1000)
    var statistics = arena.statistics
    #expect(statistics.inUse == 3_001_000)
    #expect(statistics.peak == 3_001_000)
    #expect(statistics.largestInUse == 3_000_000)
    #expect(statistics.allocations == 2)
    #expect(statistics.systemAllocations == 2)
    #expect(statistics.reserved >= statistics.inUse + statistics.cached)
    withExtendedLifetime(large) {}
    large = nil
    statistics = arena.statistics
    #expect(statistics.inUse == 1000)
    #expect(statistics.peak == 3_001_000)
    #expect(statistics.cached >= 3_000_000)
    // A lesser moment later leaves the peak.
    _ = try arena.allocate(byteCount: 10)
    #expect(arena.statistics.peak == 3_001_000)
    #expect(arena.statistics.largestInUse == 3_000_000)
    arena.resetPeak()
    #expect(arena.statistics.peak == 1000)
    #expect(arena.statistics.largestInUse == 0)
    withExtendedLifetime(small) {}
  }

  @Test func trimmingKeepsWhatIsInUse() throws {
    let arena = makeArena()
    let kept = try arena.allocate(byteCount: 5000)
    kept.address.initializeMemory(as: UInt8.self, repeating: 7, count: 5000)
    do {
      let others = try Self.sizes.map { try arena.allocate(byteCount: $0) }
      withExtendedLifetime(others) {}
    }
    arena.trim()
    #expect(arena.statistics.inUse == 5000)
    #expect(arena.statistics.reserved < 2 << 20)
    #expect(StorageRange(kept).bytes.allSatisfy { $0 == 7 })
    // What was trimmed is asked for again.
    let asked = arena.statistics.systemAllocations
    let large = try arena.allocate(byteCount: 2 << 20)
    large.address.storeBytes(of: 1, as: UInt8.self)
    #expect(arena.statistics.systemAllocations == asked + 1)
  }

  @Test func trimmingAnIdleArenaGivesEverythingBack() throws {
    let arena = makeArena()
    for _ in 0..<2 {
      var storages = try (0..<3).flatMap { _ in
        try Self.sizes.map { try arena.allocate(byteCount: $0) }
      }
      for storage in storages where storage.byteCount > 0 {
        storage.address.storeBytes(of: 1, as: UInt8.self)
      }
      storages = []
      #expect(arena.statistics.cached == arena.statistics.reserved)
      #expect(arena.statistics.reserved > 0)
      arena.trim()
      #expect(arena.statistics.cached == 0)
      #expect(arena.statistics.reserved == 0)
    }
  }

  @Test func sizesThatNeverComeAgainDoNotPileUp() throws {
    let arena = makeArena()
    // Only address space: the pages are never touched.
    for step in 1...200 { _ = try arena.allocate(byteCount: step << 24) }
    let statistics = arena.statistics
    #expect(statistics.reserved <= 4 * statistics.peak)
  }

  @Test(arguments: [1 << 50, SizeClass.largest, SizeClass.largest + 1, Int.max, -1, Int.min])
  func impossibleRequestsAreErrors(byteCount: Int) throws {
    let arena = makeArena()
    let error = #expect(throws: TensorError.self) { try arena.allocate(byteCount: byteCount) }
    #expect(error?.given.contains("\(byteCount) bytes") == true)
    #expect(arena.statistics == MemoryStatistics())
    #expect(try arena.allocate(byteCount: 10).byteCount == 10)
  }

  @Test func storageOutlivesItsArena() throws {
    var arena: Arena? = makeArena()
    let storages = try Self.sizes.map { try arena!.allocate(byteCount: $0) }
    arena = nil
    for storage in storages {
      storage.address.initializeMemory(as: UInt8.self, repeating: 3, count: storage.byteCount)
      #expect(StorageRange(storage).bytes.allSatisfy { $0 == 3 })
    }
  }

  @Test func peakIsExactUnderConcurrency() {
    let arena = makeArena()
    let failures = Atomic<Int>(0)
    let threads = 4
    let arrived = Atomic<Int>(0)
    let group = DispatchGroup()
    for index in 0..<threads {
      DispatchQueue(label: "allocating \(index)").async(group: group) {
        for round in 0..<2000 {
          // Never above the final sum, whatever the threads' timing.
          let size = (index * 7919 + round * 104_729) % 100_000
          guard let storage = try? arena.allocate(byteCount: size) else {
            failures.add(1, ordering: .relaxed)
            continue
          }
          storage.address.initializeMemory(
            as: UInt8.self, repeating: UInt8(index), count: min(size, 500))
          if !StorageRange(storage).bytes.prefix(500).allSatisfy({ $0 == index }) {
            failures.add(1, ordering: .relaxed)
          }
        }
        guard let last = try? arena.allocate(byteCount: 100_000 + index) else {
          failures.add(1, ordering: .relaxed)
          return
        }
        arrived.add(1, ordering: .acquiringAndReleasing)
        while arrived.load(ordering: .acquiring) < threads {}
        withExtendedLifetime(last) {}
      }
    }
    group.wait()
    #expect(failures.load(ordering: .relaxed) == 0)
    #expect(arena.statistics.inUse == 0)
    #expect(arena.statistics.peak == 400_006)
    #expect(arena.statistics.allocations == threads * 2001)
  }
}
