import CNUMA
import Glibc
import Shapes

// Sendable by protocol, not by type: the descriptor is closed once, by the thread that made the
// segment; the bytes behind the address are their users' to order.
/// Memory that other processes of this machine may map too: it has no name, and goes when the last
/// process that maps it ends.
///
/// A forked child does not have it, because the parent's neighbours would take its writes for the
/// parent's.
package final class SharedSegment: @unchecked Sendable {
  package let byteCount: Int
  /// The first byte, on a page border.
  package let address: UnsafeMutableRawPointer
  /// By which others find the segment until `closeDescriptor`; below 0 afterwards.
  package private(set) var descriptor: Int32

  /// The pages that a segment is to have where the system has them.
  package enum Pages {
    case small
    /// Huge ones, for large segments: on both sides of the mapping, which so begins on a border of
    /// one. Such a segment is left out of what is written when the process crashes.
    case huge
  }

  /// Zeroed memory of this process, a multiple of the page size.
  package init(byteCount: Int, pages: Pages = .small) throws(TensorError) {
    // A file beyond this limit ends the process, without an error.
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0,
      limit.rlim_cur < rlim_t(byteCount)
    {
      throw TensorError(
        "shared memory", given: "files of at most \(limit.rlim_cur) bytes (ulimit -f)",
        expected: "a segment of \(byteCount)")
    }
    let descriptor = cnuma_create_shared_memory("tessera")
    if descriptor < 0 { throw Self.refusal("memfd_create") }
    guard ftruncate(descriptor, byteCount) == 0, cnuma_seal_size(descriptor) == 0 else {
      let error = Self.refusal("a segment of \(byteCount) bytes")
      close(descriptor)
      throw error
    }
    do {
      address = try Self.map(descriptor, byteCount, PROT_READ | PROT_WRITE, pages)
    } catch {
      close(descriptor)
      throw error
    }
    self.byteCount = byteCount
    self.descriptor = descriptor
  }

  /// The segment of another process, for reading; its owner must not have closed the descriptor.
  package init(
    of process: Int32, descriptor: Int32, byteCount: Int, pages: Pages = .small
  ) throws(TensorError) {
    let path = "/proc/\(process)/fd/\(descriptor)"
    let own = open(path, O_RDONLY | O_CLOEXEC)
    if own < 0 { throw Self.refusal("open of \(path)") }
    defer { close(own) }
    var status = stat()
    guard fstat(own, &status) == 0, status.st_size == byteCount else {
      throw TensorError(
        "shared memory", given: "\(path) of \(status.st_size) bytes",
        expected: "a segment of \(byteCount)")
    }
    address = try Self.map(own, byteCount, PROT_READ, pages)
    self.byteCount = byteCount
    self.descriptor = -1
  }

  deinit {
    closeDescriptor()
    munmap(address, byteCount)
  }

  /// To be called when all others have mapped the segment.
  package func closeDescriptor() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  private static func map(
    _ descriptor: Int32, _ byteCount: Int, _ protection: Int32, _ pages: Pages
  ) throws(TensorError) -> UnsafeMutableRawPointer {
    func refusal(_ call: String) -> TensorError { Self.refusal("\(call) of \(byteCount) bytes") }
    let excess = pages == .huge ? SystemMemory.hugePageSize : 0
    // Addresses first, of which those of whole pages are then used.
    let reserved = mmap(
      nil, byteCount + excess, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let reserved, reserved != MAP_FAILED else { throw refusal("mmap") }
    let start =
      excess == 0 ? reserved : reserved.alignedUp(toMultipleOf: SystemMemory.hugePageSize)
    // Of a program that locks all its memory the system would provide all of a large segment at
    // once: only what cannot be accessed yet is not provided.
    let mapped = mmap(
      start, byteCount, pages == .huge ? PROT_NONE : protection, MAP_SHARED | MAP_FIXED, descriptor,
      0)
    guard mapped != MAP_FAILED,
      pages != .huge
        || munlock(start, byteCount) == 0 && mprotect(start, byteCount, protection) == 0
    else {
      let error = refusal("mmap")
      munmap(reserved, byteCount + excess)
      throw error
    }
    let (before, after) = (start - reserved, excess - (start - reserved))
    if before > 0 { munmap(reserved, before) }
    if after > 0 { munmap(start + byteCount, after) }
    guard madvise(start, byteCount, MADV_DONTFORK) == 0 else {
      let error = refusal("MADV_DONTFORK")
      munmap(start, byteCount)
      throw error
    }
    if pages == .huge {
      // A kernel without huge pages refuses, and small ones serve.
      _ = madvise(start, byteCount, MADV_HUGEPAGE)
      _ = madvise(start, byteCount, MADV_DONTDUMP)
    }
    return start
  }

  private static func refusal(_ call: String) -> TensorError {
    TensorError(
      "shared memory", given: "\(call): \(SystemError.last)", expected: "memory for all ranks")
  }
}

/// Tells the processor that the calling thread spins.
package func spinHint() { cnuma_spin_hint() }
