import Shapes

/// What a collective is called in messages, and what its ranks compare before anything moves.
public struct CollectiveLabel: Hashable, Sendable, CustomStringConvertible {
  /// The operation as the user knows it, such as `all-reduce (sum)`.
  public var name: String
  /// A number that all ranks have in common, such as the bytes of the result; 0 is not shown.
  public var detail: Int

  public init(_ name: String, _ detail: Int = 0) {
    self.name = name
    self.detail = detail
  }

  /// Such as `all-reduce (sum) [4096]`.
  public var description: String {
    detail == 0 ? name : "\(name) [\(detail)]"
  }
}

/// The operation that a program carries out while its collectives run: what all ranks must agree on
/// before anything moves, and what messages name beside the collective.
public protocol CollectiveCall: AnyObject, Sendable {
  /// A hash of all that must be the same on every rank; a `StableHash`, as ranks are processes.
  var fingerprint: Int64 { get }

  /// The call in words, such as `sum(Float [6, 4] sharded(axis: 0) over world[2])`; asked for where
  /// something went wrong.
  func description(_ detail: CallDetail) -> String
}

/// How much is told of a call: more where less would read the same on ranks that differ.
public enum CallDetail: Sendable, CaseIterable {
  /// The operation and what it is applied to.
  case operands
  /// Also what it gives.
  case results
  /// Also everything that it was told.
  case options
}

extension StableHash {
  init(_ label: CollectiveLabel, _ kind: String) {
    self.init()
    combine(label.name)
    combine(label.detail)
    combine(kind)
  }
}

/// A call inside another one, such as a part of what is printed.
final class InnerCall: CollectiveCall {
  private let inner: any CollectiveCall
  private let outer: any CollectiveCall
  let fingerprint: Int64

  init(_ inner: any CollectiveCall, in outer: any CollectiveCall) {
    self.inner = inner
    self.outer = outer
    var hash = StableHash()
    hash.combine(word: UInt64(inner.fingerprint))
    hash.combine(word: UInt64(outer.fingerprint))
    fingerprint = hash.number
  }

  func description(_ detail: CallDetail) -> String {
    "\(inner.description(detail)) in \(outer.description(detail))"
  }
}

/// A call that is known by its text alone.
package final class DescribedCall: CollectiveCall {
  private let text: String
  package let fingerprint: Int64

  package init(_ text: String) {
    self.text = text
    var hash = StableHash()
    hash.combine(text)
    fingerprint = hash.number
  }

  package func description(_ detail: CallDetail) -> String { text }
}
