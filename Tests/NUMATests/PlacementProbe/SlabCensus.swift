import Machine

/// On which nodes the pages of a block lie, by both of the kernel's accounts.
struct SlabCensus {
  /// One line a slab, and one of the mappings.
  private(set) var figures: [String] = []
  /// Pages of a slab that lie elsewhere than on its node, or nowhere.
  private(set) var misplaced = 0
  /// The memory policy of each slab, as `/proc/self/numa_maps` says.
  private(set) var policies: [String] = []
  /// All pages of the block by node, as `move_pages` says.
  private(set) var pagesOfNode: [Int: Int] = [:]
  /// The same, as `/proc/self/numa_maps` says of the mappings in which the slabs begin.
  private(set) var mappedPagesOfNode: [Int: Int] = [:]

  /// Whether the two accounts agree.
  var isConfirmed: Bool { !pagesOfNode.isEmpty && pagesOfNode == mappedPagesOfNode }

  /// - Parameters:
  ///   - bytes: those in use; they begin where their block does.
  ///   - block: all of the block: an earlier user or a huge page may have brought pages beyond
  ///     `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, block: UnsafeRawBufferPointer, slabs: [Slab]) {
    var mappings: [UInt: NUMAMapping] = [:]
    for slab in slabs where !slab.bytes.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: bytes[slab.bytes])
      let mapping = part.baseAddress.flatMap { NUMAMapping(holding: $0) }
      if let mapping { mappings[mapping.address] = mapping }
      let policy = mapping?.policy ?? "unknown"
      policies.append(policy)
      let report = PageReport(of: part)
      figures.append(
        "\(slab.bytes.count) bytes for node \(slab.node), policy \(policy): \(report)")
      switch report {
      case .counted(let counts):
        misplaced += counts.total - counts.pagesOfNode[slab.node, default: 0]
      case .refused:
        misplaced += part.count
      }
    }
    if case .counted(let counts) = PageReport(of: block) { pagesOfNode = counts.pagesOfNode }
    for mapping in mappings.values {
      mappedPagesOfNode.merge(mapping.pagesOfNode, uniquingKeysWith: +)
    }
    figures.append(
      "whole block: \(Self.text(pagesOfNode)); numa_maps: \(Self.text(mappedPagesOfNode))")
  }

  private static func text(_ pagesOfNode: [Int: Int]) -> String {
    pagesOfNode.sorted { $0.key < $1.key }.map { "node \($0.key): \($0.value)" }
      .joined(separator: ", ")
  }
}

extension Arena {
  /// The census of a tensor's elements that begin where their block does.
  func census(of bytes: UnsafeRawBufferPointer) -> SlabCensus {
    let block = UnsafeRawBufferPointer(
      start: bytes.baseAddress, count: SizeClass(holding: bytes.count).byteCount)
    return SlabCensus(bytes, block: block, slabs: slabs(byteCount: bytes.count))
  }

  func census(of storage: Storage) -> SlabCensus {
    census(of: UnsafeRawBufferPointer(StorageRange(storage).bytes))
  }
}

extension Storage {
  /// Writes every byte from the calling thread, as reading a file does.
  func touch() {
    address.initializeMemory(as: UInt8.self, repeating: 1, count: byteCount)
  }
}
