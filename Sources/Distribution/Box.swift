import Shapes

/// A rectangular part of an index space: one range an axis.
public struct Box: Hashable, Sendable {
  /// Positions of each axis.
  public var ranges: [Range<Int>]

  /// A box of the given ranges.
  public init(_ ranges: [Range<Int>]) { self.ranges = ranges }

  /// All of a shape, whose extents are not negative: a negative one ends the program with a
  /// message.
  public init(whole shape: Shape) {
    ranges = shape.map {
      if $0 < 0 {
        Misuse.end(
          TensorError(
            "Box", given: "the shape \(shape)", expected: "extents that are not negative"))
      }
      return 0..<$0
    }
  }

  /// The extents of the box. A range with more positions than can be counted ends the program with
  /// a message.
  public var shape: Shape {
    Shape(
      ranges.map { range in
        let (count, overflows) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
        if overflows {
          Misuse.end(
            TensorError(
              "Box", given: "the range \(range)",
              expected: "fewer positions than can be counted"))
        }
        return count
      })
  }
  /// The number of positions in it, as `Shape.elementCount`.
  public var elementCount: Int {
    var count = 1
    for range in ranges {
      let (extent, isTooLong) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
      let (product, overflows) = count.multipliedReportingOverflow(by: extent)
      if isTooLong || overflows { return shape.elementCount }
      count = product
    }
    return count
  }
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

  /// The box moved along each axis. Positions beyond the largest number end the program with a
  /// message.
  public func shifted(by offsets: [Int]) -> Box {
    Box(
      zip(ranges, offsets).map { range, offset in
        let (lower, isLow) = range.lowerBound.addingReportingOverflow(offset)
        let (upper, isHigh) = range.upperBound.addingReportingOverflow(offset)
        if isLow || isHigh {
          Misuse.end(
            TensorError(
              "Box", given: "the range \(range), moved by \(offset)",
              expected: "positions that are numbers"))
        }
        return lower..<upper
      })
  }
}
