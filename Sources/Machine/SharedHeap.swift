import CNUMA
import Dispatch
import Glibc
import Shapes
import Synchronization

/// Memory for the large blocks of a rank, which its neighbours map as a whole and so can read where
/// they lie.
///
/// It is one segment of far more addresses than there is memory: only pages that are touched take
/// any. Parts of it are taken and given back by the arena.
package final class SharedHeap: Sendable {
  /// Parts are multiples of this many bytes, and begin there.
  package static let partByteCount = SystemMemory.hugePageSize

  private let segment: SharedSegment
  private let free: Mutex<FreeParts>

  /// How large the heaps of so many neighbours are: as each of them maps all, they share a part of
  /// a process's addresses.
  package static func byteCount(ranks: Int) -> Int {
    let share = min(1 << 40, (1 << 45) / max(ranks, 1))
    return share / partByteCount * partByteCount
  }

  /// Addresses for `byteCount` bytes, a multiple of `partByteCount`, without memory behind them.
  package init(byteCount: Int) throws(TensorError) {
    segment = try SharedSegment(byteCount: byteCount, pages: .huge)
    free = Mutex(FreeParts(byteCount: byteCount))
  }

  /// By which neighbours find it until `closeDescriptor`.
  package var descriptor: Int32 { segment.descriptor }

  /// To be called when all neighbours have mapped the heap.
  package func closeDescriptor() { segment.closeDescriptor() }

  /// How far an address is from the heap's beginning; nil outside of it.
  package func offset(of address: UnsafeRawPointer) -> Int? {
    let offset = address - UnsafeRawPointer(segment.address)
    return offset >= 0 && offset < segment.byteCount ? offset : nil
  }

  /// Memory with undefined contents, or nil where no part is long enough. Whether the system has as
  /// much is looked at before.
  func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    free.withLock { $0.take(Self.rounded(byteCount)) }.map { segment.address + $0 }
  }

  /// Gives memory that was taken back to the system; false where the address is not the heap's.
  func giveBack(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    guard let offset = offset(of: address) else { return false }
    let byteCount = Self.rounded(byteCount)
    // Cuts a hole into the segment, so that the pages are gone from all mappings; where the system
    // refuses, as for locked memory, they stay until they are taken again. The hole would keep its
    // NUMA policy.
    _ = madvise(address, byteCount, MADV_REMOVE)
    _ = mbind(address, UInt(byteCount), CInt(MPOL_DEFAULT), nil, 0, 0)
    free.withLock { $0.put(offset, byteCount) }
    return true
  }

  private static func rounded(_ byteCount: Int) -> Int {
    (byteCount + partByteCount - 1) / partByteCount * partByteCount
  }

  /// Provides the memory of a part on huge pages, each on the node that its first byte is to be on,
  /// but for what is less than one at the end; false where the system has none, and small ones
  /// serve.
  ///
  /// Few systems give shared memory huge pages when it is touched, and all that have them when
  /// asked to put together small ones: `MADV_COLLAPSE` of madvise(2), since Linux 6.1.
  @discardableResult
  func provide(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> Bool {
    let collapse: CInt = 25
    let (segment, offset) = (segment, offset(of: address)!)
    let parts = byteCount / Self.partByteCount
    let isRefused = Atomic(false)
    // Zeroing takes as long as the memory is, and large parts come where time is short.
    DispatchQueue.concurrentPerform(iterations: (parts + 31) / 32) { group in
      for part in group * 32..<min(parts, group * 32 + 32) {
        let page = segment.address + offset + part * Self.partByteCount
        page.storeBytes(of: 0, as: UInt8.self)
        if madvise(page, Self.partByteCount, collapse) != 0 {
          isRefused.store(true, ordering: .relaxed)
        }
      }
    }
    return !isRefused.load(ordering: .relaxed)
  }

  /// Whether memory of the heap is as good as memory of the process's own: on pages of the same
  /// size, and not promised in advance.
  package var isWorthwhile: Bool {
    // Where the kernel keeps account of promises, a lack of memory is to be an error, not a signal.
    if TextFile.read("/proc/sys/vm/overcommit_memory")?.hasPrefix("2") ?? false { return false }
    let own = TextFile.read("/sys/kernel/mm/transparent_hugepage/enabled") ?? "[never]"
    if own.contains("[never]") { return true }
    guard let part = take(Self.partByteCount) else { return false }
    defer { _ = giveBack(part, Self.partByteCount) }
    return provide(part, Self.partByteCount)
  }
}

/// The parts of a range that are not in use.
package struct FreeParts {
  /// Ascending; none touches the next.
  private var parts: [Range<Int>]

  package init(byteCount: Int) { parts = [0..<byteCount] }

  /// The beginning of the first part that is long enough, which is cut off.
  package mutating func take(_ byteCount: Int) -> Int? {
    guard let index = parts.firstIndex(where: { $0.count >= byteCount }) else { return nil }
    let part = parts[index]
    if part.count == byteCount {
      parts.remove(at: index)
    } else {
      parts[index] = part.lowerBound + byteCount..<part.upperBound
    }
    return part.lowerBound
  }

  /// Adds a part, which is joined with its neighbours.
  package mutating func put(_ offset: Int, _ byteCount: Int) {
    var added = offset..<offset + byteCount
    var index = parts.firstIndex { $0.lowerBound > offset } ?? parts.count
    if index < parts.count, parts[index].lowerBound == added.upperBound {
      added = added.lowerBound..<parts.remove(at: index).upperBound
    }
    if index > 0, parts[index - 1].upperBound == added.lowerBound {
      index -= 1
      added = parts.remove(at: index).lowerBound..<added.upperBound
    }
    parts.insert(added, at: index)
  }
}
