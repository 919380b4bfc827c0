import Shapes

/// A rectangular part of an index space: one range an axis.
public struct Box: Hashable, Sendable {
  /// Positions of each axis.
  public var ranges: [Range<Int>]

  /// A box of the given ranges.
  public init(_ ranges: [Range<Int>]) { self.ranges = ranges }

  /// All of a shape.
  public init(whole shape: Shape) { ranges = shape.map { 0..<$0 } }

  /// The extents of the box.
  public var shape: Shape { Shape(ranges.map(\.count)) }
  /// The number of positions in it.
  public var elementCount: Int { ranges.reduce(1) { $0 * $1.count } }
  /// Whether there is no position in it.
  public var isEmpty: Bool { ranges.contains(where: \.isEmpty) }
  /// Where it begins, one number an axis.
  public var lowerBounds: [Int] { ranges.map(\.lowerBound) }

  /// What two boxes of as many axes have in common; empty where that is nothing.
  public func intersection(_ other: Box) -> Box {
    Box(
      zip(ranges, other.ranges).map { a, b in
        let lower = max(a.lowerBound, b.lowerBound)
        return lower..<max(lower, min(a.upperBound, b.upperBound))
      })
  }

  /// The box moved along each axis.
  public func shifted(by offsets: [Int]) -> Box {
    Box(zip(ranges, offsets).map { $0.lowerBound + $1..<$0.upperBound + $1 })
  }
}
