import Shapes

/// In which updates optimizers compare what ranks should hold alike: every N-th, by
/// `TESSERA_CHECK_REPLICAS`.
package enum ReplicaChecks {
  package static let variable = "TESSERA_CHECK_REPLICAS"
  /// In none.
  package static let standard = 0

  package static func parse(_ text: String?) throws(TensorError) -> Int {
    guard let text, !text.isEmpty else { return standard }
    guard let interval = Int(text), (0...greatest).contains(interval) else {
      throw TensorError(variable, given: "\"\(text)\"", expected: expected)
    }
    return interval
  }

  private static let greatest = 1_000_000_000
  static let expected = "a number of updates, such as 100, or 0 for no checks"
}
