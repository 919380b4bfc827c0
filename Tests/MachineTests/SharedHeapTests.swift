import Foundation
import Machine
import Shapes
import Testing

/// One after another: the limit on files is the whole process's.
@Suite(.serialized) struct SharedHeapTests {
  static let part = SharedHeap.partByteCount

  @Test func partsAreReusedAndJoined() {
    var free = FreeParts(byteCount: 10)
    #expect(free.take(4) == 0)
    #expect(free.take(4) == 4)
    #expect(free.take(4) == nil)
    #expect(free.take(2) == 8)
    free.put(4, 4)
    free.put(0, 4)
    #expect(free.take(9) == nil)
    free.put(8, 2)
    #expect(free.take(10) == 0)
    #expect(free.take(1) == nil)
  }

  /// Random requests never overlap, and all of it is there again at the end.
  @Test func partsNeverOverlap() {
    var generator = SystemRandomNumberGenerator()
    var free = FreeParts(byteCount: 1000)
    var taken: [Range<Int>] = []
    for _ in 0..<5000 {
      if Bool.random(using: &generator), let index = taken.indices.randomElement() {
        let part = taken.remove(at: index)
        free.put(part.lowerBound, part.count)
      } else {
        let count = Int.random(in: 1...60, using: &generator)
        guard let first = free.take(count) else { continue }
        #expect(taken.allSatisfy { !$0.overlaps(first..<first + count) })
        taken.append(first..<first + count)
      }
    }
    for part in taken { free.put(part.lowerBound, part.count) }
    #expect(free.take(1000) == 0)
  }

  @Test func largeBlocksLieInTheHeap() throws {
    let heap = try SharedHeap(byteCount: 64 * Self.part)
    let arena = Arena(topology: .current(), workers: 1, limit: nil, heap: heap)
    let large = try arena.allocate(byteCount: 3 * Self.part)
    let small = try arena.allocate(byteCount: 1000)
    #expect(heap.offset(of: large.address) != nil)
    #expect(heap.offset(of: small.address) == nil)
    #expect(UInt(bitPattern: large.address) % UInt(Self.part) == 0)
    // More than there is in the heap is memory of the process's own.
    let huge = try arena.allocate(byteCount: 80 * Self.part)
    #expect(heap.offset(of: huge.address) == nil)
    huge.address.storeBytes(of: 1, as: UInt8.self)
  }

  @Test func neighboursSeeItAndLoseWhatIsGivenBack() throws {
    let heap = try SharedHeap(byteCount: 16 * Self.part)
    let reader = try SharedSegment(
      of: getpid(), descriptor: heap.descriptor, byteCount: 16 * Self.part, pages: .huge)
    heap.closeDescriptor()
    let arena = Arena(topology: .current(), workers: 1, limit: nil, heap: heap)
    for round in 1...3 {
      let count = round * Self.part
      let storage = try arena.allocate(byteCount: count)
      let seen = reader.address + heap.offset(of: storage.address)!
      // Given back and taken again, it is empty.
      #expect(seen.load(fromByteOffset: count - 1, as: UInt8.self) == 0)
      storage.address.storeBytes(of: UInt8(round), toByteOffset: count - 1, as: UInt8.self)
      #expect(seen.load(fromByteOffset: count - 1, as: UInt8.self) == UInt8(round))
      withExtendedLifetime(storage) {}
      let address = storage.address
      arena.trim()
      #expect(address.load(fromByteOffset: count - 1, as: UInt8.self) == UInt8(round))
    }
    #expect(arena.statistics.reserved == 3 * Self.part)
    arena.trim()
    #expect(arena.statistics.reserved == 0)
    #expect(reader.address.load(fromByteOffset: 3 * Self.part - 1, as: UInt8.self) == 0)
  }

  @Test func whatTheSystemHasNotIsNotTakenFromTheHeap() throws {
    let heap = try SharedHeap(byteCount: SharedHeap.byteCount(ranks: 2))
    let arena = Arena(topology: .current(), workers: 1, limit: nil, heap: heap)
    // An error, or addresses that nobody has promised memory for.
    let storage = try? arena.allocate(byteCount: 512 << 30)
    #expect(storage.map { heap.offset(of: $0.address) == nil } ?? true)
  }

  @Test func aLimitOnFilesIsAnError() throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    var lower = limit
    lower.rlim_cur = 100 << 30
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &lower)
    defer { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) }
    #expect(throws: TensorError.self) { try SharedHeap(byteCount: 1 << 40) }
    _ = try SharedHeap(byteCount: 1 << 30)
  }

  @Test func manyHeapsFitIntoTheAddressesOfAProcess() {
    for ranks in [1, 2, 64, 128, 1024, 10_000] {
      let byteCount = SharedHeap.byteCount(ranks: ranks)
      #expect(byteCount > 0 && byteCount % Self.part == 0)
      #expect(byteCount * ranks <= 1 << 45)
    }
  }
}
