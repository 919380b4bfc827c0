/// A mistake in the use of Tessera, or a failure of the world outside, told so that one can act on it.
///
/// Errors found in metadata are the same on every rank. Errors of the outside (a file, say) are agreed on by
/// the ranks before anyone throws, and name the rank that met them.
public struct TensorError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The operation that was asked for, such as `matmul`.
  public var operation: String
  /// What it was given.
  public var given: String
  /// What it expected instead, or what to do.
  public var expected: String
  /// The rank that met the error, when it did not follow from common knowledge.
  public var rank: Int?

  /// An error of an operation, as messages show it.
  public init(_ operation: String, given: String, expected: String, rank: Int? = nil) {
    self.operation = operation
    self.given = given
    self.expected = expected
    self.rank = rank
  }

  /// One line: `matmul: given shapes [2, 3] and [4, 5]; expected …`.
  public var description: String {
    let place = rank.map { " (on rank \($0))" } ?? ""
    return "\(operation)\(place): given \(given); expected \(expected)"
  }
}
