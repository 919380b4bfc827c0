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

/// How large blocks are cut over the NUMA nodes: one slab a node, in whole pages, as large as the
/// node's part of the workers.
///
/// The cut depends on the block's size class alone, so that the pages of a reused block lie where
/// the next user of that block expects them.
struct SlabPlacement: Hashable, Sendable {
  /// Blocks smaller than this are not cut.
  static let leastByteCount = SystemMemory.hugePageSize

  /// At least one; workers are numbered from 0 on without gaps.
  let teams: [NodeTeam]
  /// Without it pages lie where they are first touched: a control for tests.
  let isPlacing: Bool

  /// Whether a block of `byteCount` bytes has more than one slab.
  func isCut(blockByteCount byteCount: Int) -> Bool {
    byteCount >= Self.leastByteCount && teams.count > 1
  }

  /// The first byte of the slab of `teams[index]` in a block that is cut.
  func cut(before index: Int, blockByteCount byteCount: Int) -> Int {
    let pages = byteCount / SystemMemory.pageSize
    let workers = teams[teams.count - 1].workers.upperBound
    // The quotient first, so that no block is too large for the product.
    let (pagesPerWorker, rest) = pages.quotientAndRemainder(dividingBy: workers)
    let before = teams[index].workers.lowerBound
    return (pagesPerWorker * before + rest * before / workers) * SystemMemory.pageSize
  }

  /// The slabs of a block of `byteCount` bytes, which is a size class's. The last also has what is
  /// less than a page.
  func slabs(blockByteCount byteCount: Int) -> [Slab] {
    guard isCut(blockByteCount: byteCount) else {
      return [Slab(node: teams[0].node, bytes: 0..<byteCount)]
    }
    let cuts = teams.indices.map { cut(before: $0, blockByteCount: byteCount) } + [byteCount]
    return teams.indices.map { Slab(node: teams[$0].node, bytes: cuts[$0]..<cuts[$0 + 1]) }
  }

  /// Asks the kernel to take each slab's pages from its node, preferably: a full node lends from
  /// another. Returns what the kernel objected to, or nil. `mbind(2)`.
  func place(_ address: UnsafeMutableRawPointer, _ byteCount: Int) -> String? {
    guard isPlacing, teams.count > 1 else { return nil }
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
