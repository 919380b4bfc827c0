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

  /// Zeroed memory of this process, a multiple of the page size.
  package init(byteCount: Int) throws(TensorError) {
    let descriptor = cnuma_create_shared_memory("tessera")
    if descriptor < 0 { throw Self.refusal("memfd_create") }
    guard ftruncate(descriptor, byteCount) == 0, cnuma_seal_size(descriptor) == 0 else {
      let error = Self.refusal("a segment of \(byteCount) bytes")
      close(descriptor)
      throw error
    }
    do {
      address = try Self.map(descriptor, byteCount, PROT_READ | PROT_WRITE)
    } catch {
      close(descriptor)
      throw error
    }
    self.byteCount = byteCount
    self.descriptor = descriptor
  }

  /// The segment of another process, for reading; its owner must not have closed the descriptor.
  package init(
    of process: Int32, descriptor: Int32, byteCount: Int
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
    address = try Self.map(own, byteCount, PROT_READ)
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
    _ descriptor: Int32, _ byteCount: Int, _ protection: Int32
  ) throws(TensorError) -> UnsafeMutableRawPointer {
    let mapped = mmap(nil, byteCount, protection, MAP_SHARED, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else { throw refusal("mmap of \(byteCount) bytes") }
    guard madvise(mapped, byteCount, MADV_DONTFORK) == 0 else {
      let error = refusal("MADV_DONTFORK")
      munmap(mapped, byteCount)
      throw error
    }
    return mapped
  }

  private static func refusal(_ call: String) -> TensorError {
    TensorError(
      "shared memory", given: "\(call): \(SystemError.last)", expected: "memory for all ranks")
  }
}

/// Tells the processor that the calling thread spins.
package func spinHint() { cnuma_spin_hint() }
