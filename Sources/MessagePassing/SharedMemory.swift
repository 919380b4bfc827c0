import Shapes

/// Whether the ranks of a machine exchange bytes through memory: `TESSERA_SHARED_MEMORY`.
package enum SharedMemory {
  package static let variable = "TESSERA_SHARED_MEMORY"
  package static let standard = true

  package static func parse(_ text: String?) throws(TensorError) -> Bool {
    switch text {
    case nil: return standard
    case "on": return true
    case "off": return false
    case .some(let text):
      throw TensorError(variable, given: "\"\(text)\"", expected: expected)
    }
  }

  static let expected = "on or off"
}
