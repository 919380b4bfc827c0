/// Where an axis is cut into one part a mesh coordinate.
///
/// Part r of P of an axis of extent n is `⌊r·n/P⌋ ..< ⌊(r+1)·n/P⌋` when the cut is even; a slice may leave
/// elements where they are, which gives explicit cut points. Empty parts are ordinary.
public struct CutPoints: Hashable, Sendable, CustomStringConvertible {
  /// Even cuts are a case of their own, so that their size does not grow with the mesh.
  private enum Cut: Hashable, Sendable {
    case even(extent: Int)
    case explicit([Int])
  }

  private let cut: Cut
  /// The number of parts.
  public let count: Int

  /// The canonical cut.
  public init(evenly extent: Int, into count: Int) {
    cut = .even(extent: extent)
    self.count = count
  }

  /// Cut points `points[0] = 0 ≤ … ≤ points[count] = extent`; equal to the even cut when they coincide.
  public init(_ points: [Int]) {
    precondition(points.count >= 2 && points[0] == 0, "cut points begin at 0")
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

  /// Where part `index` begins; the extent for `index == count`.
  public subscript(index: Int) -> Int {
    switch cut {
    case .even(let extent):
      // The product may exceed Int for huge axes.
      let (high, low) = index.multipliedFullWidth(by: extent)
      return count.dividingFullWidth((high, low)).quotient
    case .explicit(let points):
      return points[index]
    }
  }

  /// The positions of one part.
  public func range(of index: Int) -> Range<Int> { self[index]..<self[index + 1] }

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

  /// Every cut point times a factor: the cut of a joined axis whose outer part was cut like this.
  public func scaled(by factor: Int) -> CutPoints {
    factor == 1 ? self : CutPoints(points.map { $0 * factor })
  }

  /// `even`, or the points.
  public var description: String { isEven ? "even" : points.description }
}
