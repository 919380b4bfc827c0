import CNUMA

/// The part of a block that lies on one NUMA node.
public struct Slab: Hashable, Sendable {
  /// The kernel's number of the node.
  public var node: Int
  /// The slab's bytes, counted from the block's beginning.
  public var bytes: Range<Int>

  public init(node: Int, bytes: Range<Int>) {
    self.node = node
    self.bytes = bytes
  }
}

/// How large blocks are cut over the NUMA nodes: one slab a node, in equal parts of whole pages.
///
/// The cut depends on the block's size class alone, so that the pages of a reused block lie where
/// the next user of that block expects them.
struct SlabPlacement: Sendable {
  /// Blocks smaller than this are not cut.
  static let leastByteCount = SystemMemory.hugePageSize

  let nodes: [Int]

  /// The slabs of a block of `byteCount` bytes, which is a size class's.
  func slabs(blockByteCount byteCount: Int) -> [Slab] {
    guard byteCount >= Self.leastByteCount, nodes.count > 1 else {
      return [Slab(node: nodes[0], bytes: 0..<byteCount)]
    }
    let pages = byteCount / SystemMemory.pageSize
    // The last slab also has what is less than a page.
    let cuts =
      (0..<nodes.count).map { pages * $0 / nodes.count * SystemMemory.pageSize } + [byteCount]
    return nodes.indices.map { Slab(node: nodes[$0], bytes: cuts[$0]..<cuts[$0 + 1]) }
  }

  /// Asks the kernel to take each slab's pages from its node, preferably: a full node lends from
  /// another. Returns what the kernel objected to, or nil. `mbind(2)`.
  func place(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> String? {
    guard nodes.count > 1 else { return nil }
    for slab in slabs(blockByteCount: byteCount) where !slab.bytes.isEmpty {
      let mask = NodeMask([slab.node])
      let status = mbind(
        address + slab.bytes.lowerBound, UInt(slab.bytes.count), CInt(MPOL_PREFERRED),
        mask.words, NodeMask.bitCount, 0)
      if status != 0 {
        return "mbind of \(slab.bytes.count) bytes to node \(slab.node): \(SystemError.last)"
      }
    }
    return nil
  }
}
