import Glibc

/// Memory asked of the system and given back to it, in whole pages.
package enum SystemMemory {
  /// What one entry of the page tables covers when the kernel uses huge pages.
  static let hugePageSize = 1 << 21

  package static let pageSize = Int(sysconf(CInt(_SC_PAGESIZE)))

  /// Bytes that the system could provide now without writing others to disk; all there are where it does not say.
  static var available: Int {
    for line in (TextFile.read("/proc/meminfo") ?? "").split(separator: "\n")
    where line.hasPrefix("MemAvailable:") {
      let fields = line.split(separator: " ")
      if fields.count > 1, let kilobytes = Int(fields[1]) { return kilobytes << 10 }
    }
    return .max
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

  static func unmap(_ address: UnsafeMutableRawPointer, _ byteCount: Int) {
    munmap(address, byteCount)
  }
}
