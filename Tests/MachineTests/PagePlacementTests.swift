import Machine
import Synchronization
import Testing

struct PagePlacementTests {
  private static let oneNode = Topology(nodes: [.init(number: 0, cpus: [0])])
  private static let twoNodes = Topology(nodes: [
    .init(number: 0, cpus: [0]), .init(number: 1, cpus: [1]),
  ])

  @Test func largeBlocksAreCutIntoASlabANode() {
    let arena = Arena(topology: Self.twoNodes, limit: nil)
    #expect(
      arena.slabs(byteCount: 4 << 20) == [
        Slab(node: 0, bytes: 0..<2 << 20), Slab(node: 1, bytes: 2 << 20..<4 << 20),
      ])
    // Another size of the same class is cut at the same place.
    #expect(
      arena.slabs(byteCount: (4 << 20) - 100) == [
        Slab(node: 0, bytes: 0..<2 << 20), Slab(node: 1, bytes: 2 << 20..<(4 << 20) - 100),
      ])
    #expect(arena.slabs(byteCount: 1 << 20) == [Slab(node: 0, bytes: 0..<1 << 20)])
    let whole = Arena(topology: Self.oneNode, limit: nil).slabs(byteCount: 4 << 20)
    #expect(whole == [Slab(node: 0, bytes: 0..<4 << 20)])
  }

  @Test(arguments: 1...5)
  func slabsCoverTheBlockInWholePages(nodes: Int) {
    let topology = Topology(nodes: (0..<nodes).map { .init(number: $0, cpus: [$0]) })
    let arena = Arena(topology: topology, limit: nil)
    for byteCount in [2 << 20, 3_000_000, 12_345_678, 64 << 20] {
      let slabs = arena.slabs(byteCount: byteCount)
      #expect(slabs.map(\.node) == Array(0..<nodes))
      #expect(slabs.first?.bytes.lowerBound == 0)
      #expect(slabs.last?.bytes.upperBound == byteCount)
      for (lower, upper) in zip(slabs, slabs.dropFirst()) {
        #expect(lower.bytes.upperBound == upper.bytes.lowerBound)
        #expect(upper.bytes.lowerBound.isMultiple(of: 4096))
      }
    }
  }

  @Test func refusedPlacementIsOneNoteAndNoFailure() throws {
    // No machine has this node.
    let topology = Topology(nodes: [.init(number: 0, cpus: [0]), .init(number: 1000, cpus: [1])])
    let reports = Mutex<[String]>([])
    let arena = Arena(topology: topology, limit: nil) { note in
      reports.withLock { $0.append(note) }
    }
    let small = try arena.allocate(byteCount: 1000)
    #expect(arena.notes.isEmpty)
    for _ in 0..<3 {
      let storages = try (0..<2).map { _ in try arena.allocate(byteCount: 4 << 20) }
      for storage in storages {
        storage.address.initializeMemory(as: UInt8.self, repeating: 1, count: 4 << 20)
      }
    }
    #expect(arena.notes.count == 1)
    #expect(reports.withLock { $0 } == arena.notes)
    #expect(arena.notes.first?.contains("mbind") == true)
    withExtendedLifetime(small) {}
  }

  @Test func slabsPreferTheirNode() throws {
    // One node twice, so that every machine has it; a container may refuse, and then the note says
    // so.
    let topology = Topology(nodes: [.init(number: 0, cpus: [0]), .init(number: 0, cpus: [1])])
    let arena = Arena(topology: topology, limit: nil)
    let storage = try arena.allocate(byteCount: 4 << 20)
    storage.address.initializeMemory(as: UInt8.self, repeating: 1, count: 4 << 20)
    if let mapping = NUMAMapping(holding: storage.address), arena.notes.isEmpty {
      #expect(mapping.policy.hasPrefix("prefer"))
      #expect(mapping.address == UInt(bitPattern: storage.address))
    }
  }

  @Test func pagesAreCountedOnceTouched() throws {
    let arena = Arena(topology: Self.oneNode, limit: nil)
    let storage = try arena.allocate(byteCount: 40 << 20)
    guard case .counted(let fresh) = PageReport(of: StorageRange(storage)) else { return }
    let pages = (40 << 20) / fresh.pageSize
    #expect(fresh.total == pages)
    #expect(fresh.absent == pages)

    storage.address.initializeMemory(as: UInt8.self, repeating: 1, count: storage.byteCount)
    guard case .counted(let touched) = PageReport(of: StorageRange(storage)) else { return }
    #expect(touched.total == pages)
    #expect(touched.absent == 0)
    #expect(touched.pagesOfNode.values.reduce(0, +) + touched.unknown == pages)

    // Three bytes over a page boundary lie on two pages.
    let boundary = StorageRange(storage: storage, byteOffset: touched.pageSize - 1, byteCount: 3)
    guard case .counted(let few) = PageReport(of: boundary) else { return }
    #expect(few.total == 2)
    let none = StorageRange(storage: storage, byteOffset: 5, byteCount: 0)
    #expect(PageReport(of: none) == .counted(PageCounts(pageSize: few.pageSize)))

    // The kernel's other account; the mapping may be longer than the storage.
    if let mapping = NUMAMapping(holding: storage.address) {
      for (node, count) in touched.pagesOfNode {
        #expect(mapping.pagesOfNode[node, default: 0] >= count)
      }
    }
  }

  @Test func reportsReadWell() {
    var counts = PageCounts(pageSize: 4096)
    counts.pagesOfNode = [1: 5, 0: 3]
    counts.absent = 2
    #expect(
      PageReport.counted(counts).description
        == "node 0: 3 pages, node 1: 5 pages, untouched: 2 pages (4096 bytes each)")
    #expect(PageReport.refused(note: "move_pages: no").description == "unknown (move_pages: no)")
  }

  @Test func parsesTheKernelsAccount() {
    let mappings = NUMAMapping.parse(
      """
      56491083d000 default file=/usr/bin/N7=x mapped=2 active=1 N0=2 kernelpagesize_kB=4
      7f0000000000 prefer:1 anon=700 dirty=700 N0=188 N1=512 kernelpagesize_kB=4
      not a mapping
      """)
    #expect(mappings.map(\.address) == [0x5649_1083_d000, 0x7f00_0000_0000])
    #expect(mappings.map(\.policy) == ["default", "prefer:1"])
    #expect(mappings.map(\.pagesOfNode) == [[0: 2], [0: 188, 1: 512]])
    #expect(mappings.map(\.pageSize) == [4096, 4096])
    let maps = """
      56491083d000-56491083f000 r--p 00000000 fe:00 1234 /usr/bin/x
      7f0000000000-7f0000300000 rw-p 00000000 00:00 0
      """
    #expect(NUMAMapping.byteCount(ofMappingAt: 0x7f00_0000_0000, in: maps) == 0x30_0000)
    #expect(NUMAMapping.byteCount(ofMappingAt: 0x7f00_0000_1000, in: maps) == nil)
  }
}
