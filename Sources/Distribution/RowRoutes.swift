import Shapes

/// Which rows of a cut axis go where: list row j is the row at `positions[j]`. Rows belong to the
/// owners of their positions, the list is cut over its takers. All ranks know the positions, so
/// nobody has to ask.
public struct RowRoutes: Hashable, Sendable {
  /// Where each row of the list lies along the axis, counted from the front.
  public let positions: [Int]
  /// The cut of the axis.
  public let owners: CutPoints
  /// The cut of the list.
  public let takers: CutPoints

  /// Routes between two cuts over as many ranks; the list is as long as its cut says. Others end
  /// the program with a message.
  public init(positions: [Int], owners: CutPoints, takers: CutPoints) {
    Misuse.check(
      takers.extent == positions.count && takers.count == owners.count,
      TensorError(
        "RowRoutes",
        given:
          "\(positions.count) positions for \(takers.extent) rows of \(takers.count) takers and "
          + "\(owners.count) owners",
        expected: "a position for each row, and as many takers as owners"))
    self.positions = positions
    self.owners = owners
    self.takers = takers
  }

  /// The rows of the list that a rank takes, by the rank that owns them, each ascending.
  /// O(rows of the taker · log ranks).
  public func rows(takenBy taker: Int) -> [[Int]] {
    var rows = [[Int]](repeating: [], count: owners.count)
    for row in takers.range(of: taker) { rows[owners.part(holding: positions[row])].append(row) }
    return rows
  }

  /// The rows of the list that a rank owns, by the rank that takes them, each ascending. O(length
  /// of list).
  public func rows(ownedBy owner: Int) -> [[Int]] {
    var rows = [[Int]](repeating: [], count: owners.count)
    let own = owners.range(of: owner)
    for taker in 0..<takers.count {
      rows[taker] = takers.range(of: taker).filter { own.contains(positions[$0]) }
    }
    return rows
  }
}

/// Rows on their way from owners to takers, or back.
public struct RowMove: Hashable, Sendable {
  /// From owners or to them.
  public enum Direction: Hashable, Sendable {
    case toTakers
    case toOwners
  }

  /// Which rows go where, between the parts of the cut axis.
  public let routes: RowRoutes
  /// Which way they go.
  public let direction: Direction
  /// The tensor of which they are rows.
  public let whole: TensorDescription
  /// The axis along which they lie in it, one that is cut.
  public let axis: Int

  /// Rows of a tensor along an axis that is cut, which go one way.
  init(_ routes: RowRoutes, _ direction: Direction, of whole: TensorDescription, along axis: Int) {
    self.routes = routes
    self.direction = direction
    self.whole = whole
    self.axis = axis
  }

  /// Elements that a rank receives from others.
  public func elementsReceived(by rank: Int) -> Int {
    let part = whole.sharding.part(of: rank, under: whole.sharding.cut(of: axis)!)
    let rows =
      direction == .toTakers ? routes.rows(takenBy: part) : routes.rows(ownedBy: part)
    let held = whole.localShape(of: rank)
    return rows.enumerated().reduce(0) { $0 + ($1.offset == part ? 0 : $1.element.count) }
      .clampedTimes(held.elementCount(of: held.indices.filter { $0 != axis }))
  }

  /// Elements that all ranks together receive.
  public var elementsMoved: Int {
    (0..<whole.sharding.count).lazy.map { elementsReceived(by: $0) }.clampedSum
  }
}
