import Shapes

/// Rows of a cut axis at positions of which each rank holds its part. Positions go to the owners of
/// the rows; so ranks need to know only how many, which has been counted before.
public struct RowRequests: Hashable, Sendable {
  /// How many positions each part of the list has of each part of the axis: of the first part of
  /// the list all numbers, then of the second.
  public let counts: [Int]
  /// Which way the rows go.
  public let direction: RowMove.Direction
  /// The tensor of which they are rows.
  public let whole: TensorDescription
  /// The axis along which they lie in it, one that is cut.
  public let axis: Int

  /// Rows of a tensor along an axis that is cut, with a count for each two of its parts.
  init(
    _ counts: [Int], _ direction: RowMove.Direction, of whole: TensorDescription, along axis: Int
  ) {
    self.counts = counts
    self.direction = direction
    self.whole = whole
    self.axis = axis
  }

  /// The cut of the axis.
  public var owners: CutPoints { whole.sharding.cut(of: axis)!.points }

  /// How many rows of each part of the axis a part of the list names.
  public func counts(namedBy taker: Int) -> [Int] {
    Array(counts[taker * owners.count..<(taker + 1) * owners.count])
  }

  /// How many rows of a part of the axis each part of the list names.
  public func counts(ownedBy owner: Int) -> [Int] {
    stride(from: owner, to: counts.count, by: owners.count).map { counts[$0] }
  }

  /// Positions that a rank receives from others.
  public func positionsReceived(by rank: Int) -> Int {
    let part = part(of: rank)
    return Self.others(counts(ownedBy: part), than: part)
  }

  /// Elements of rows that a rank receives from others.
  public func elementsReceived(by rank: Int) -> Int {
    let part = part(of: rank)
    let rows = direction == .toTakers ? counts(namedBy: part) : counts(ownedBy: part)
    let held = whole.localShape(of: rank)
    return Self.others(rows, than: part)
      .clampedTimes(held.elementCount(of: held.indices.filter { $0 != axis }))
  }

  /// Elements of rows that all ranks together receive.
  public var elementsMoved: Int {
    (0..<whole.sharding.count).lazy.map { elementsReceived(by: $0) }.clampedSum
  }

  /// Positions that all ranks together receive.
  public var positionsMoved: Int {
    (0..<whole.sharding.count).lazy.map { positionsReceived(by: $0) }.clampedSum
  }

  private func part(of rank: Int) -> Int {
    whole.sharding.part(of: rank, under: whole.sharding.cut(of: axis)!)
  }

  private static func others(_ counts: [Int], than part: Int) -> Int {
    counts.clampedSum - counts[part]
  }
}
