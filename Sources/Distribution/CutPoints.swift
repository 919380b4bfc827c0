import Shapes

/// Where an axis is cut into one part a mesh coordinate.
///
/// Part r of P of an axis of extent n is `⌊r·n/P⌋ ..< ⌊(r+1)·n/P⌋` when the cut is even; a slice
/// may leave elements where they are, which gives explicit cut points. Empty parts are ordinary.
public struct CutPoints: Hashable, Sendable, CustomStringConvertible {
  /// Even cuts are a case of their own, so that their size does not grow with the mesh.
  private enum Cut: Hashable, Sendable {
    case even(extent: Int)
    case explicit([Int])
  }

  private let cut: Cut
  /// The number of parts.
  public let count: Int

  /// As many parts as an axis may be cut into.
  public static let mostParts = 1 << 24

  /// The canonical cut. A negative extent, less than one part or more than 2²⁴ end the program with
  /// a message.
  public init(evenly extent: Int, into count: Int) {
    Misuse.check(
      extent >= 0 && (1...Self.mostParts).contains(count),
      TensorError(
        "CutPoints", given: "an axis of \(extent) to be cut into \(count) parts",
        expected: "an extent that is not negative and a number of parts in 1...\(Self.mostParts)"))
    cut = .even(extent: extent)
    self.count = count
  }

  /// Cut points `points[0] = 0 ≤ … ≤ points[count] = extent`; equal to the even cut when they
  /// coincide. Others end the program with a message.
  public init(_ points: [Int]) {
    Misuse.check(
      (2...Self.mostParts + 1).contains(points.count) && points[0] == 0
        && zip(points, points.dropFirst()).allSatisfy { $0 <= $1 },
      TensorError(
        "CutPoints",
        given: "the points \(points.prefix(20).map(\.description).joined(separator: ", "))",
        expected: "at least two, from 0 on, none below the one before it"))
    let even = CutPoints(evenly: points.last!, into: points.count - 1)
    count = points.count - 1
    cut = even.points == points ? even.cut : .explicit(points)
  }

  /// The extent of the axis.
  public var extent: Int {
    switch cut {
    case .even(let extent): extent
    case .explicit(let points): points[count]
    }
  }

  /// Whether the cut is the canonical one.
  public var isEven: Bool {
    if case .even = cut { return true }
    return false
  }

  /// Where part `index` begins; the extent for `index == count`. A part that is not there ends the
  /// program with a message.
  public subscript(index: Int) -> Int {
    if index < 0 || index > count { endForPart(index) }
    switch cut {
    case .even(let extent):
      // The product may exceed Int for huge axes.
      let (high, low) = index.multipliedFullWidth(by: extent)
      return count.dividingFullWidth((high, low)).quotient
    case .explicit(let points):
      return points[index]
    }
  }

  private func endForPart(_ index: Int) -> Never {
    Misuse.end(
      TensorError(
        "CutPoints", given: "part \(index) of \(count)", expected: "a part in 0..<\(count)"))
  }

  /// The positions of one part. A part that is not there ends the program with a message.
  public func range(of index: Int) -> Range<Int> {
    if index < 0 || index >= count { endForPart(index) }
    return self[index]..<self[index + 1]
  }

  /// Where each part begins, and the extent at the end.
  public var points: [Int] { (0...count).map { self[$0] } }

  /// The part that holds a position.
  public func part(holding position: Int) -> Int {
    var low = 0
    var high = count
    while high - low > 1 {
      let middle = (low + high) / 2
      if self[middle] <= position { low = middle } else { high = middle }
    }
    return low
  }

  /// Every cut point times a factor: the cut of a joined axis whose outer part was cut like this. A
  /// factor that is negative, or makes the axis too long, ends the program with a message.
  public func scaled(by factor: Int) -> CutPoints {
    if factor == 1 { return self }
    Misuse.check(
      factor >= 0 && !extent.multipliedReportingOverflow(by: factor).overflow,
      TensorError(
        "CutPoints", given: "an axis of \(extent), \(factor) times",
        expected: "a factor that is not negative, and an axis that can be counted"))
    return CutPoints(points.map { $0 * factor })
  }

  /// Each part cut into so many, evenly. Of an even cut that is the even cut into as many in all.
  func refined(by count: Int) -> CutPoints {
    if isEven { return CutPoints(evenly: extent, into: self.count * count) }
    var points = [0]
    for part in 0..<self.count {
      let inner = CutPoints(evenly: range(of: part).count, into: count)
      points += (1...count).map { self[part] + inner[$0] }
    }
    return CutPoints(points)
  }

  /// `even`, or the points.
  public var description: String { isEven ? "even" : points.description }
}
