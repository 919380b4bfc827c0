import Machine
import Shapes
import Testing

struct ArenaLimitTests {
  private static let mebibyte = 1 << 20

  private func makeArena(limit: Int?) -> Arena {
    Arena(topology: Topology(nodes: [.init(number: 0, cpus: [0])]), limit: limit)
  }

  private func refusal(of arena: Arena, _ byteCount: Int) -> TensorError? {
    #expect(throws: TensorError.self) { try arena.allocate(byteCount: byteCount) }
  }

  @Test func theLimitIsAnErrorThatSaysWhy() throws {
    let arena = makeArena(limit: 8 * Self.mebibyte)
    let first = try arena.allocate(byteCount: 5 * Self.mebibyte)
    let error = refusal(of: arena, 4 * Self.mebibyte)
    #expect(error?.operation == "allocate")
    #expect(
      error?.given == """
        4194304 bytes (4 MiB) while 5242880 bytes (5 MiB) are in use:
          5 MiB in 1 for intermediate results
        """)
    #expect(
      error?.expected == """
        at most 8388608 bytes (8 MiB) together, the cap on this rank's memory \
        (Memory.cap, TESSERA_MEMORY_CAP)
        """)
    let second = try arena.allocate(byteCount: 3 * Self.mebibyte)
    #expect(arena.statistics.inUse == 8 * Self.mebibyte)
    #expect(arena.statistics.reserved == 8 * Self.mebibyte)
    withExtendedLifetime((first, second)) {}
    #expect(arena.limit == 8 * Self.mebibyte)
  }

  @Test func smallStoragesAreToldTogether() throws {
    let arena = makeArena(limit: 1 << 16)
    let storages = try (0..<3).map { try arena.allocate(byteCount: 1000 * ($0 + 1)) }
    let error = refusal(of: arena, 1 << 16)
    #expect(error?.given.contains("65536 bytes (64 KiB) while 6000 bytes (5.86 KiB)") == true)
    #expect(error?.given.hasSuffix(":\n  5.86 KiB in 3 of less than 256 KiB each") == true)
    withExtendedLifetime(storages) {}
  }

  @Test func whatIsCachedIsGivenBackFirst() throws {
    let arena = makeArena(limit: 8 * Self.mebibyte)
    // Fits although no block serves the other size, nor a chunk's.
    for _ in 0..<3 {
      _ = try arena.allocate(byteCount: 7 * Self.mebibyte)
      _ = try arena.allocate(byteCount: 5 * Self.mebibyte)
      let small = try (0..<6).map { _ in try arena.allocate(byteCount: Self.mebibyte) }
      withExtendedLifetime(small) {}
    }
    #expect(arena.statistics.reserved <= 8 * Self.mebibyte)
  }

  /// Sizes from chunks and mappings of their own, taken and freed until nothing fits any more.
  @Test(arguments: [1 << 14, 1 << 20, (12 << 20) + 5, 64 << 20])
  func nothingBeyondTheLimitIsAskedOfTheSystem(limit: Int) throws {
    let arena = makeArena(limit: limit)
    var storages: [Storage] = []
    var state = UInt64(limit)
    var refusals = 0
    for _ in 0..<2000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let random = Int(state >> 33)
      if random % 3 == 0, !storages.isEmpty {
        storages.remove(at: random / 3 % storages.count)
      } else {
        let before = arena.statistics
        do {
          storages.append(try arena.allocate(byteCount: random % (1 << (random % 24 + 1))))
        } catch {
          refusals += 1
          var after = arena.statistics
          // The cache may have gone, and nothing else has happened.
          #expect(after.reserved - after.cached == before.reserved - before.cached)
          (after.reserved, after.cached) = (before.reserved, before.cached)
          #expect(after == before)
        }
      }
      #expect(arena.statistics.reserved <= limit)
    }
    #expect(refusals > 0)
    #expect(arena.statistics.inUse == storages.reduce(0) { $0 + $1.byteCount })
  }

  @Test func aLimitBelowWhatIsInUseRefusesWhatComes() throws {
    let arena = makeArena(limit: nil)
    let kept = try arena.allocate(byteCount: 6 * Self.mebibyte)
    var freed: Storage? = try arena.allocate(byteCount: 4 * Self.mebibyte)
    do { _ = try arena.allocate(byteCount: 3 * Self.mebibyte) }
    arena.limit = 5 * Self.mebibyte
    #expect(arena.statistics.reserved == 10 * Self.mebibyte)
    withExtendedLifetime(freed) {}
    freed = nil
    #expect(arena.statistics.reserved == 6 * Self.mebibyte)
    #expect(refusal(of: arena, 4 * Self.mebibyte) != nil)
    arena.limit = nil
    #expect(try arena.allocate(byteCount: 4 * Self.mebibyte).byteCount == 4 * Self.mebibyte)
    withExtendedLifetime(kept) {}
  }

  @Test func holdersAreKnownByPurpose() throws {
    let arena = makeArena(limit: nil)
    func purpose(_ operation: String?) -> StoragePurpose {
      StoragePurpose(shape: [1 << 18], scalarType: .float32, operation: operation)
    }
    var storages = try ["zeros", "add", "add", nil].map {
      try arena.allocate(byteCount: Self.mebibyte, for: purpose($0))
    }
    storages.append(try arena.allocate(byteCount: 1000, for: purpose("small")))
    nonisolated(unsafe) let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: 3 * Self.mebibyte, alignment: 64)
    storages.append(
      Storage(sharing: memory, listedBy: arena, for: purpose(nil)) { memory.deallocate() })
    storages[3].attribute(to: "matmul")
    storages[0].attribute(to: "another")
    #expect(
      arena.holders.map(\.description) == [
        "3 MiB in 1 of [262144] Float shared from user, not counted",
        "2 MiB in 2 of [262144] Float by add", "1 MiB in 1 of [262144] Float by zeros",
        "1 MiB in 1 of [262144] Float by matmul",
      ])
    #expect(arena.statistics.inUse == 4 * Self.mebibyte + 1000)
    storages[1].exchangeBlocks(with: storages[3])
    storages.removeSubrange(2...)
    #expect(
      arena.holders.map(\.description) == [
        "1 MiB in 1 of [262144] Float by zeros", "1 MiB in 1 of [262144] Float by matmul",
      ])
    storages = []
    #expect(arena.holders.isEmpty)
  }

  @Test func manyKindsOfHoldersAreCutShort() throws {
    let arena = makeArena(limit: 16 * Self.mebibyte)
    let storages = try (1...11).map {
      try arena.allocate(byteCount: Self.mebibyte, for: StoragePurpose(operation: "op\($0)"))
    }
    let error = refusal(of: arena, 16 * Self.mebibyte)
    let lines = error?.given.split(separator: "\n").map(String.init) ?? []
    #expect(lines.count == 10)
    #expect(lines.dropFirst().first == "  1 MiB in 1 by op1")
    #expect(lines.last == "  3 MiB in 3 of other kinds")
    withExtendedLifetime(storages) {}
  }

  @Test(arguments: [
    ("4GiB", 4 << 30), ("1.5 GiB", 3 << 29), ("500MB", 500_000_000), ("64KiB", 1 << 16),
    ("2TiB", 2 << 40), ("1024", 1024), ("7 B", 7), ("2kB", 2000), ("2KB", 2000), ("1TB", Int(1e12)),
  ])
  func sizesAreRead(text: String, byteCount: Int) {
    #expect(ByteCount.parse(text) == byteCount)
  }

  @Test(arguments: [
    "", "0", "GiB", "-1", "+5", "4Gib", "4 gib", "1e9", "nan", "inf", "1.2.3", " 4GiB", "4GiB ",
    "4  GiB", "0.1B", "99999999TiB", "٤GiB", ".", "5 ",
  ])
  func otherSizesAreNot(text: String) {
    #expect(ByteCount.parse(text) == nil)
  }

  @Test(arguments: [
    (0, "0 bytes"), (1, "1 byte"), (1023, "1023 bytes"), (1024, "1 KiB"), (1536, "1.5 KiB"),
    (4 << 20, "4 MiB"), (1_000_000, "976.56 KiB"), (3 << 39, "1.5 TiB"), (1085, "1.06 KiB"),
  ])
  func sizesAreWritten(byteCount: Int, text: String) {
    #expect(ByteCount.text(byteCount) == text)
  }
}
