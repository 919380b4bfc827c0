/// A mistake in the use of Tessera, or a failure of the world outside, told so that one can act on
/// it.
///
/// Errors found in metadata are the same on every rank. Errors of the outside (a file, say) are
/// agreed on by the ranks before anyone throws, and name the rank that met them.
///
/// An error remembers the calls that led to it, which takes some microseconds where it is made.
/// They are no part of what it is: errors of different places are equal if they say the same.
/// `description` leaves them out, `debugDescription` looks the line of the program up.
public struct TensorError: Error, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The operation that was asked for, such as `matmul`.
  public var operation: String
  /// What it was given.
  public var given: String
  /// What it expected instead, or what to do.
  public var expected: String
  /// The rank that met the error, when it did not follow from common knowledge.
  public var rank: Int?

  private let calls = CallStack()

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

  /// The same with the line of the program that led to it, `…, at Sources/Line/main.swift:12`,
  /// where it can be found. Local; looks into the program's file, which takes up to three seconds.
  public var debugDescription: String {
    callSite().map { "\(description), \($0)" } ?? description
  }

  /// Where the program, or another package, called what failed.
  ///
  /// - Parameters:
  ///   - more: further calls to look among, where those of the error are all Tessera's.
  ///   - seconds: how long the search may take.
  package func callSite(or more: CallStack? = nil, within seconds: Double = 3) -> CallSite? {
    CallSite.find(in: [calls] + (more.map { [$0] } ?? []), within: seconds)
  }
}

extension TensorError: Hashable {
  private var said: (String, String, String, Int?) { (operation, given, expected, rank) }

  /// Whether two errors say the same, wherever they come from.
  public static func == (a: TensorError, b: TensorError) -> Bool { a.said == b.said }

  /// Hashes what the error says.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(operation)
    hasher.combine(given)
    hasher.combine(expected)
    hasher.combine(rank)
  }
}
