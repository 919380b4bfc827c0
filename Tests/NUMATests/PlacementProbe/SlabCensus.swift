import Machine

/// On which nodes the pages of a block lie, by both of the kernel's accounts.
struct SlabCensus {
  /// One line a slab, and one of the mappings.
  private(set) var figures: [String] = []
  /// Pages of a slab that lie elsewhere than on its node, or nowhere.
  private(set) var misplaced = 0
  /// The memory policy of each slab, as `/proc/self/numa_maps` says.
  private(set) var policies: [String] = []
  /// All pages of the mappings in which the slabs begin, by node, as `move_pages` says. A mapping
  /// may hold more than the block, where its neighbour has been merged with it.
  private(set) var pagesOfNode: [Int: Int] = [:]
  /// The same, as `/proc/self/numa_maps` says.
  private(set) var mappedPagesOfNode: [Int: Int] = [:]

  /// Whether the two accounts agree.
  var isConfirmed: Bool { !pagesOfNode.isEmpty && pagesOfNode == mappedPagesOfNode }

  init(_ bytes: UnsafeRawBufferPointer, slabs: [Slab]) {
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
    for mapping in mappings.values {
      let whole = UnsafeRawBufferPointer(
        start: UnsafeRawPointer(bitPattern: mapping.address), count: mapping.byteCount ?? 0)
      if case .counted(let counts) = PageReport(of: whole) {
        pagesOfNode.merge(counts.pagesOfNode, uniquingKeysWith: +)
      }
      mappedPagesOfNode.merge(mapping.pagesOfNode, uniquingKeysWith: +)
    }
    figures.append(
      "whole mappings: \(Self.text(pagesOfNode)); numa_maps: \(Self.text(mappedPagesOfNode))")
  }

  private static func text(_ pagesOfNode: [Int: Int]) -> String {
    pagesOfNode.sorted { $0.key < $1.key }.map { "node \($0.key): \($0.value)" }
      .joined(separator: ", ")
  }
}

extension Arena {
  /// The census of a tensor's elements that begin where their block does.
  func census(of bytes: UnsafeRawBufferPointer) -> SlabCensus {
    SlabCensus(bytes, slabs: slabs(byteCount: bytes.count))
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
