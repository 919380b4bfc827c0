import CNUMA

/// From which nodes the kernel takes pages that a thread touches first.
package struct MemoryPolicy: Hashable, Sendable {
  /// One of the kernel's `MPOL_` modes with its flags.
  package var mode: CInt
  package var nodes: NodeMask

  /// Pages come from the node of the CPU that touches them, and from others when that one is full.
  package static let local = MemoryPolicy(mode: CInt(MPOL_LOCAL), nodes: NodeMask([]))

  /// The calling thread's policy, or nil where the kernel does not say, as in containers that
  /// forbid the call. `get_mempolicy(2)`.
  package static func current() -> MemoryPolicy? {
    var mode: CInt = 0
    var nodes = NodeMask([])
    guard get_mempolicy(&mode, &nodes.words, NodeMask.bitCount, nil, 0) == 0 else { return nil }
    return MemoryPolicy(mode: mode, nodes: nodes)
  }

  /// Makes this the calling thread's policy. Returns what the kernel objected to, or nil.
  /// `set_mempolicy(2)`.
  package func install() -> String? {
    // Modes without nodes are refused together with a mask, even an empty one on some kernels.
    let status =
      nodes.isEmpty
      ? set_mempolicy(mode, nil, 0) : set_mempolicy(mode, nodes.words, NodeMask.bitCount)
    return status == 0 ? nil : "set_mempolicy to mode \(mode): \(SystemError.last)"
  }
}

/// A set of NUMA nodes in the form of the kernel's memory calls.
package struct NodeMask: Hashable, Sendable {
  /// As many nodes as any kernel can be configured for.
  static let capacity = 1024
  /// What the calls take for the mask's length: the kernel subtracts one from it.
  static let bitCount = UInt(capacity + 1)

  var words = [UInt](repeating: 0, count: capacity / UInt.bitWidth)

  /// The given nodes; numbers that no kernel uses are left out.
  package init(_ nodes: [Int]) {
    for node in nodes where (0..<Self.capacity).contains(node) {
      words[node / UInt.bitWidth] |= 1 << UInt(node % UInt.bitWidth)
    }
  }

  var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
}
