import Shapes

/// Whether the ranks of a node exchange bytes through memory: `TESSERA_SHARED_MEMORY`.
package enum SharedMemory {
  package static let variable = "TESSERA_SHARED_MEMORY"
  package static let standard = true

  package static func parse(_ text: String?) throws(TensorError) -> Bool {
    switch text {
    case nil, "": return standard
    case "on": return true
    case "off": return false
    case .some(let text):
      throw TensorError(variable, given: "\"\(text)\"", expected: expected)
    }
  }

  static let expected = "on or off"
}

/// How many ranks of a machine count as one node: `TESSERA_RANKS_PER_NODE`, which lets one machine
/// pass for several.
package enum RanksPerNode {
  package static let variable = "TESSERA_RANKS_PER_NODE"

  /// Nil stands for all ranks of a machine.
  package static func parse(_ text: String?) throws(TensorError) -> Int? {
    guard let text, !text.isEmpty else { return nil }
    guard let ranks = Int(text), (1...greatest).contains(ranks) else {
      throw TensorError(variable, given: "\"\(text)\"", expected: expected)
    }
    return ranks
  }

  private static let greatest = 1_000_000
  static let expected = "a number of ranks from 1 to 1000000"
}
