import Machine
import Testing

/// What the arena keeps for later is bounded by what was in use lately. Only addresses: no page is
/// touched.
@Suite struct ArenaCacheTests {
  private static let mebibyte = 1 << 20
  /// Twice the peak, and 32 MiB.
  private static func bound(_ statistics: MemoryStatistics) -> Int {
    2 * statistics.peak + 32 * mebibyte
  }

  private func makeArena() -> Arena {
    Arena(topology: Topology(nodes: [.init(number: 0, cpus: [0])]), limit: nil)
  }

  /// Sizes from 2 MiB on, of as many classes as there are.
  @Test func largeSizesThatVaryDoNotPileUp() throws {
    let arena = makeArena()
    var state: UInt64 = 7
    var largest = 0
    for _ in 0..<2000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let byteCount = 2 * Self.mebibyte + Int(state >> 33) % (16 * Self.mebibyte)
      let storage = try arena.allocate(byteCount: byteCount)
      withExtendedLifetime(storage) {}
      let statistics = arena.statistics
      largest = max(largest, statistics.reserved)
      // A block is up to an eighth larger than what is in it.
      #expect(statistics.reserved <= Self.bound(statistics) + statistics.peak * 9 / 8)
    }
    // The bound is reached, so that it is what keeps the arena small.
    #expect(largest > 32 * Self.mebibyte)
  }

  @Test func smallSizesThatVaryDoNotPileUp() throws {
    let arena = makeArena()
    var state: UInt64 = 3
    let held = try arena.allocate(byteCount: 1000)
    for _ in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let storages = try (0..<4).map {
        try arena.allocate(byteCount: 1 + Int(state >> (33 + $0)) % (2 * Self.mebibyte - 1))
      }
      withExtendedLifetime(storages) {}
    }
    let statistics = arena.statistics
    // Beside the bound, the chunk that is cut, and the one that something is in.
    #expect(statistics.reserved <= Self.bound(statistics) + statistics.peak * 9 / 8 + (16 << 20))
    withExtendedLifetime(held) {}
  }

  /// The longest unused goes first: a steady part beside sizes that vary keeps its blocks.
  @Test func whatIsUsedAllTheTimeStays() throws {
    let arena = makeArena()
    func steady() throws -> [Int] {
      let storages = try (0..<4).map { try arena.allocate(byteCount: (8 + $0) * Self.mebibyte) }
      return storages.map { Int(bitPattern: $0.address) }
    }
    let addresses = Set(try steady())
    for step in 0..<300 {
      _ = try arena.allocate(byteCount: (20 + step % 31) * Self.mebibyte)
      // Blocks that were given back could come again at the same addresses.
      let asked = arena.statistics.systemAllocations
      #expect(Set(try steady()) == addresses)
      #expect(arena.statistics.systemAllocations == asked)
    }
  }

  /// Through several windows of 65 536 allocations.
  @Test func aSteadyPatternKeepsAll() throws {
    let arena = makeArena()
    func step() throws {
      for _ in 0..<100 { _ = try arena.allocate(byteCount: 640) }
      let storages = try [3, 5, 40, 1, 1].map { try arena.allocate(byteCount: $0 * Self.mebibyte) }
      withExtendedLifetime(storages) {}
    }
    try step()
    let asked = arena.statistics.systemAllocations
    for _ in 0..<2500 { try step() }
    #expect(arena.statistics.systemAllocations == asked)
  }

  @Test func aLargePhaseIsForgotten() throws {
    let arena = makeArena()
    do {
      let large = try (0..<8).map { try arena.allocate(byteCount: (64 + $0) * Self.mebibyte) }
      withExtendedLifetime(large) {}
    }
    #expect(arena.statistics.reserved > 500 * Self.mebibyte)
    for _ in 0..<3 * 65_536 { _ = try arena.allocate(byteCount: 640) }
    #expect(arena.statistics.reserved <= 32 * Self.mebibyte)
  }
}
