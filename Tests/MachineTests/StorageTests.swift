import Machine
import Synchronization
import Testing

struct StorageTests {
  private static let oneNode = Topology(nodes: [.init(number: 0, cpus: [0])])

  @Test func exchangedBlocksKeepTheirOwners() throws {
    let left = Arena(topology: Self.oneNode, limit: nil)
    let right = Arena(topology: Self.oneNode, limit: nil)
    var first: Storage? = try left.allocate(byteCount: 1000)
    let second = try right.allocate(byteCount: 20)
    let before = (first!.address, first!.identifier, second.address, second.identifier)
    first!.address.storeBytes(of: 42, as: UInt8.self)

    first!.exchangeBlocks(with: second)
    #expect(second.address == before.0)
    #expect(second.identifier == before.1)
    #expect(second.byteCount == 1000)
    #expect(first!.address == before.2)
    #expect(first!.identifier == before.3)
    #expect(first!.byteCount == 20)
    #expect(second.address.load(as: UInt8.self) == 42)

    first = nil
    #expect(right.statistics.inUse == 0)
    #expect(left.statistics.inUse == 1000)
  }

  @Test func exchangingWithItselfChangesNothing() throws {
    let arena = Arena(topology: Self.oneNode, limit: nil)
    let storage = try arena.allocate(byteCount: 64)
    let identifier = storage.identifier
    storage.exchangeBlocks(with: storage)
    #expect(storage.identifier == identifier)
  }

  @Test func sharedMemoryIsReleasedExactlyOnce() throws {
    let arena = Arena(topology: Self.oneNode, limit: nil)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 100, alignment: 1)
    defer { bytes.deallocate() }
    let releases = Mutex(0)
    var shared: Storage? = Storage(sharing: bytes) { releases.withLock { $0 += 1 } }
    #expect(shared!.address == bytes.baseAddress)
    #expect(shared!.byteCount == 100)
    #expect(arena.statistics == MemoryStatistics())

    // The block moves to another storage object, and the duty to release it with it.
    var other: Storage? = try arena.allocate(byteCount: 8)
    #expect(shared!.identifier != other!.identifier)
    other!.exchangeBlocks(with: shared!)
    shared = nil
    #expect(releases.withLock { $0 } == 0)
    #expect(arena.statistics.inUse == 0)
    #expect(other!.address == bytes.baseAddress)
    other = nil
    #expect(releases.withLock { $0 } == 1)
  }

  /// Whether a block may be written goes with the block.
  @Test func memoryForReadingAloneSaysSo() throws {
    let arena = Arena(topology: Self.oneNode, limit: nil)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
    defer { bytes.deallocate() }
    let own = try arena.allocate(byteCount: 8)
    let shared = Storage(sharing: bytes, isWritable: false) {}
    #expect(own.isWritable && !shared.isWritable)
    #expect(Storage(sharing: bytes) {}.isWritable)
    own.exchangeBlocks(with: shared)
    #expect(!own.isWritable && shared.isWritable)
  }

  @Test func emptySharedMemoryNeedsNoAddress() {
    let releases = Mutex(0)
    do {
      let storage = Storage(sharing: UnsafeMutableRawBufferPointer(start: nil, count: 0)) {
        releases.withLock { $0 += 1 }
      }
      #expect(storage.byteCount == 0)
      #expect(StorageRange(storage).bytes.isEmpty)
    }
    #expect(releases.withLock { $0 } == 1)
  }

  @Test func rangesPointIntoTheirStorage() throws {
    let storage = try Arena(topology: Self.oneNode, limit: nil).allocate(byteCount: 100)
    let range = StorageRange(storage: storage, byteOffset: 10, byteCount: 90)
    #expect(range.bytes.baseAddress == storage.address + 10)
    #expect(range.bytes.count == 90)
    #expect(StorageRange(storage: storage, byteOffset: 100, byteCount: 0).bytes.isEmpty)
  }
}
