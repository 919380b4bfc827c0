import Shapes

/// Which rows of a cut axis go where: list row j is the row at `positions[j]`. Rows belong to the owners of
/// their positions, the list is cut over its takers. All ranks know the positions, so nobody has to ask.
public struct RowRoutes: Hashable, Sendable {
  /// Where each row of the list lies along the axis, counted from the front.
  public let positions: [Int]
  /// The cut of the axis.
  public let owners: CutPoints
  /// The cut of the list.
  public let takers: CutPoints

  /// Routes between two cuts over as many ranks; the list is as long as its cut says. Others end the program with a
  /// message.
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

  /// The rows of the list that a rank owns, by the rank that takes them, each ascending. O(length of list).
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

  /// Which rows go where.
  public let routes: RowRoutes
  /// Which way they go.
  public let direction: Direction
  /// Elements of one row.
  public let rowLength: Int

  /// Rows of `rowLength` elements that go one way.
  public init(_ routes: RowRoutes, _ direction: Direction, rowLength: Int) {
    self.routes = routes
    self.direction = direction
    self.rowLength = rowLength
  }

  /// Elements that a rank receives from others.
  public func elementsReceived(by rank: Int) -> Int {
    let rows =
      direction == .toTakers ? routes.rows(takenBy: rank) : routes.rows(ownedBy: rank)
    return rows.enumerated().reduce(0) { $0 + ($1.offset == rank ? 0 : $1.element.count) }
      .clampedTimes(rowLength)
  }

  /// Elements that all ranks together receive.
  public var elementsMoved: Int {
    (0..<routes.owners.count).lazy.map { elementsReceived(by: $0) }.clampedSum
  }
}
