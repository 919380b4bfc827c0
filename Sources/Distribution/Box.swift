import Shapes

/// A rectangular part of an index space: one range an axis.
public struct Box: Hashable, Sendable {
  public var ranges: [Range<Int>]

  public init(_ ranges: [Range<Int>]) { self.ranges = ranges }

  public init(whole shape: Shape) { ranges = shape.map { 0..<$0 } }

  public var shape: Shape { Shape(ranges.map(\.count)) }
  public var elementCount: Int { ranges.reduce(1) { $0 * $1.count } }
  public var isEmpty: Bool { ranges.contains(where: \.isEmpty) }
  public var lowerBounds: [Int] { ranges.map(\.lowerBound) }

  public func intersection(_ other: Box) -> Box {
    Box(
      zip(ranges, other.ranges).map { a, b in
        let lower = max(a.lowerBound, b.lowerBound)
        return lower..<max(lower, min(a.upperBound, b.upperBound))
      })
  }

  public func shifted(by offsets: [Int]) -> Box {
    Box(zip(ranges, offsets).map { $0.lowerBound + $1..<$0.upperBound + $1 })
  }
}
