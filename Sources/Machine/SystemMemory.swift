import Glibc
import Synchronization

/// Memory asked of the system and given back to it, in whole pages.
package enum SystemMemory {
  /// What one entry of the page tables covers when the kernel uses huge pages.
  static let hugePageSize = 1 << 21

  package static let pageSize = Int(sysconf(CInt(_SC_PAGESIZE)))

  /// What is left to everything else: stacks, messages, the tables of pages, and the search for the
  /// line that a message names, which reads the program's tables.
  private static let reserve = 80 << 20

  /// Bytes that a request takes with its share of the page tables, and what is to be left beside
  /// it.
  private static func need(_ byteCount: Int) -> Int {
    let (sum, overflow) = byteCount.addingReportingOverflow(byteCount / 512 + reserve)
    return overflow ? .max : sum
  }

  /// Whether the system has so many bytes.
  enum Supply {
    /// More than twice what all processes would ask.
    case ample
    /// Enough, but others may ask at the same time.
    case scarce
    /// The system would end processes rather than provide them, for this reason.
    case short(String)
  }

  /// - Parameter processes: how many share what there is, this one included.
  static func supply(of byteCount: Int, processes: Int) -> Supply {
    let own = ProcessMemoryLimits.room()
    let need = need(byteCount)
    if need > own.byteCount { return .short(shortage(own)) }
    let (wanted, overflow) = need.multipliedReportingOverflow(by: 2 * processes)
    if !overflow, plenty.withLock({ $0.covers(wanted) }) { return .ample }
    let room = MemoryLimits.current.room(needed: overflow ? .max : wanted + Plenty.margin)
    if need > room.byteCount { return .short(shortage(room)) }
    if overflow || wanted > room.byteCount { return .scarce }
    plenty.withLock { $0 = Plenty(room: room.byteCount - wanted) }
    return .ample
  }

  private static let plenty = Mutex(Plenty(room: 0))

  /// What there was a moment ago, where it was so much that nothing can have taken it since: asking
  /// takes some ten files.
  private struct Plenty {
    /// More than is written in the time for which the room is believed.
    static let margin = 1 << 30
    private static let nanoseconds = 10_000_000

    private var room: Int
    private var end: Int

    init(room: Int) {
      self.room = room
      end = Self.now + Self.nanoseconds
    }

    /// Takes what is asked for from what there was.
    mutating func covers(_ byteCount: Int) -> Bool {
      guard room - byteCount >= Self.margin, Self.now < end else { return false }
      room -= byteCount
      return true
    }

    private static var now: Int {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC_COARSE, &time)
      return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
  }

  private static func shortage(_ room: MemoryRoom, processes: Int = 1) -> String {
    let left = max(0, room.byteCount - reserve) / processes
    return "\(room.bound) has room for \(ByteCount.text(left)) more"
  }

  /// Lets a mapping have its pages now, piece by piece with a look at what is left before each, so
  /// that a lack of them is found before they are written, when it would end a process.
  ///
  /// - Returns: why there are not as many, or nil.
  static func secure(
    _ address: UnsafeMutableRawPointer, _ byteCount: Int, processes: Int
  ) -> String? {
    let piece = 8 << 20
    let need = reserve + piece * processes
    for offset in stride(from: 0, to: byteCount, by: piece) {
      let room = MemoryLimits.current.room(needed: need)
      if room.byteCount < need { return shortage(room, processes: processes) }
      populate(address + offset, min(piece, byteCount - offset))
    }
    return nil
  }

  /// Has the kernel provide pages of zeros (madvise with MADV_POPULATE_WRITE, since Linux 5.14).
  private static func populate(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    let populateWrite: CInt = 23
    if madvise(address, byteCount, populateWrite) == 0 { return }
    for offset in stride(from: 0, to: byteCount, by: pageSize) {
      (address + offset).storeBytes(of: 0, as: UInt8.self)
    }
  }

  /// Maps `byteCount` bytes, a multiple of the page size. Mappings that hold a huge page begin at a
  /// multiple of one and ask for huge pages. Returns nil, with the reason in `errno`, where the
  /// system has no more.
  ///
  /// The mappings are private and a forked child sees its copy, as of any other memory: only
  /// segments that other processes map have to be kept from it.
  static func map(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let excess = byteCount >= hugePageSize ? hugePageSize : 0
    let (mappedCount, overflow) = byteCount.addingReportingOverflow(excess)
    guard !overflow else {
      errno = ENOMEM
      return nil
    }
    let mapped = mmap(
      nil, mappedCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped, mapped != MAP_FAILED else { return nil }
    guard excess > 0 else { return mapped }

    let aligned = mapped.alignedUp(toMultipleOf: hugePageSize)
    let before = aligned - mapped
    let after = excess - before
    if before > 0 { munmap(mapped, before) }
    if after > 0 { munmap(aligned + byteCount, after) }
    // A kernel without huge pages refuses, and small ones serve.
    _ = madvise(aligned, byteCount, MADV_HUGEPAGE)
    return aligned
  }

  /// Addresses of `byteCount` bytes, a multiple of the page size, without memory behind them; nil,
  /// with the reason in `errno`, where there are no more.
  static func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let mapped = mmap(
      nil, byteCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    return mapped == MAP_FAILED ? nil : mapped
  }

  static func unmap(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    munmap(address, byteCount)
  }
}
