import CNUMA
import Glibc

/// On which NUMA nodes the pages of some memory lie.
public enum PageReport: Hashable, Sendable {
  /// The kernel told.
  case counted(PageCounts)
  /// The kernel, or the container around the process, refused to tell, for this reason.
  case refused(note: String)

  /// Asks the kernel about every page that holds a byte of `range`.
  public init(of range: StorageRange) {
    self.init(of: UnsafeRawBufferPointer(range.bytes))
    withExtendedLifetime(range.storage) {}
  }

  /// Asks the kernel about every page that holds one of `bytes`. Pages that were never touched lie
  /// nowhere; Linux 6.1 and its like also say so of pages that its automatic NUMA balancing has an
  /// eye on, which are never those of slabs. `move_pages(2)`.
  public init(of bytes: UnsafeRawBufferPointer) {
    let pageSize = UInt(SystemMemory.pageSize)
    let begin = UInt(bitPattern: bytes.baseAddress)
    var page = begin / pageSize * pageSize
    let end = bytes.isEmpty ? page : begin + UInt(bytes.count)
    var counts = PageCounts(pageSize: SystemMemory.pageSize)
    while page < end {
      // A batch is what one call asks about.
      let batchEnd = min(end, page + 4096 * pageSize)
      var pages = stride(from: page, to: batchEnd, by: Int(pageSize)).map {
        UnsafeMutableRawPointer(bitPattern: $0)
      }
      var statuses = [CInt](repeating: -ENOENT, count: pages.count)
      guard move_pages(0, UInt(pages.count), &pages, nil, &statuses, 0) >= 0 else {
        self = .refused(note: "move_pages: \(SystemError.last)")
        return
      }
      for status in statuses { counts.count(status) }
      page += UInt(pages.count) * pageSize
    }
    self = .counted(counts)
  }
}

/// How many pages lie on which node.
public struct PageCounts: Hashable, Sendable {
  /// Bytes a page.
  public var pageSize: Int
  /// Pages by the number of their node.
  public var pagesOfNode: [Int: Int] = [:]
  /// Pages without memory behind them: nobody has written them yet.
  public var absent = 0
  /// Pages that the kernel could not look at, such as one on its way between nodes.
  public var unknown = 0

  public init(pageSize: Int) {
    self.pageSize = pageSize
  }

  /// All pages together.
  public var total: Int { pagesOfNode.values.reduce(absent + unknown, +) }

  /// Counts what `move_pages` says of one page: its node, or an error code with a minus.
  mutating func count(_ status: CInt) {
    switch status {
    case 0...: pagesOfNode[Int(status), default: 0] += 1
    // The kernel's page of zeros, which untouched memory reads, counts as a fault to it.
    case -ENOENT, -EFAULT: absent += 1
    default: unknown += 1
    }
  }
}

extension PageReport: CustomStringConvertible {
  /// One line, nodes ascending: `node 0: 16384 pages, untouched: 0 pages (4096 bytes each)`.
  public var description: String {
    switch self {
    case .refused(let note): return "unknown (\(note))"
    case .counted(let counts):
      var parts = counts.pagesOfNode.sorted { $0.key < $1.key }.map {
        "node \($0.key): \($0.value) pages"
      }
      parts.append("untouched: \(counts.absent) pages")
      if counts.unknown > 0 { parts.append("unknown: \(counts.unknown) pages") }
      return parts.joined(separator: ", ") + " (\(counts.pageSize) bytes each)"
    }
  }
}
