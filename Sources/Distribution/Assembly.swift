import Shapes

/// A tensor put together from blocks that ranks hold: what concatenation, padding, rolling, flipping,
/// writing to a slice and redistribution have in common.
public struct Assembly: Hashable, Sendable {
  /// Which part of a block a rank holds.
  public enum Ownership: Hashable, Sendable {
    /// Every rank holds all of the block.
    case everyone
    /// Rank r holds `ranges[r]` along one axis of the block.
    case split(axis: Int, ranges: [Range<Int>])

    /// Who owns a tensor that lies so; of terms every rank holds all.
    public init(_ sharding: Sharding) {
      switch sharding.placement {
      case .sharded(let axis, let cuts):
        self = .split(axis: axis, ranges: (0..<cuts.count).map { cuts.range(of: $0) })
      case .replicated, .partial: self = .everyone
      }
    }
  }

  /// A block of an operand and its place in the result.
  public struct Piece: Hashable, Sendable {
    /// Which operand the block is of.
    public var operand: Int
    /// The extents of the block.
    public var shape: Shape
    /// Which rank holds what of the block.
    public var ownership: Ownership
    /// Where the block begins in the result, one number an axis.
    public var offset: [Int]

    /// A block of an operand that begins at `offset` in the result.
    public init(operand: Int, shape: Shape, ownership: Ownership, offset: [Int]) {
      self.operand = operand
      self.shape = shape
      self.ownership = ownership
      self.offset = offset
    }

    /// The part of the result that a rank's part of the block becomes. A rank or an axis that is not there ends
    /// the program with a message.
    public func source(on rank: Int) -> Box {
      var box = Box(whole: shape)
      if case .split(let axis, let ranges) = ownership {
        shape.checkAxis(axis)
        Misuse.check(
          ranges.indices.contains(rank),
          TensorError(
            "Assembly", given: "rank \(rank)", expected: "a rank in 0..<\(ranges.count)"))
        box.ranges[axis] = ranges[rank]
      }
      return box.shifted(by: offset)
    }
  }

  /// A box of the result that travels between this rank and another, or within this rank.
  public struct Part: Hashable, Sendable {
    /// The number of the piece that the box is of.
    public var piece: Int
    /// The other rank; this one where nothing travels.
    public var peer: Int
    /// In coordinates of the result.
    public var box: Box

    /// A box of a piece, and with whom it is exchanged.
    public init(piece: Int, peer: Int, box: Box) {
      self.piece = piece
      self.peer = peer
      self.box = box
    }
  }

  /// What is put together.
  public let result: TensorDescription
  /// The blocks, none over another.
  public let pieces: [Piece]

  /// An assembly of pieces that cover the result.
  public init(result: TensorDescription, pieces: [Piece]) {
    self.result = result
    self.pieces = pieces
  }

  /// What a rank sends, in the order in which the receivers expect it.
  public func sends(of rank: Int) -> [Part] {
    var parts: [Part] = []
    for (index, piece) in pieces.enumerated() where piece.ownership != .everyone {
      let source = piece.source(on: rank)
      if source.isEmpty { continue }
      for peer in 0..<result.sharding.count where peer != rank {
        let box = source.intersection(result.box(of: peer))
        if !box.isEmpty { parts.append(Part(piece: index, peer: peer, box: box)) }
      }
    }
    return parts
  }

  /// What a rank receives.
  public func receives(of rank: Int) -> [Part] {
    let target = result.box(of: rank)
    if target.isEmpty { return [] }
    var parts: [Part] = []
    for (index, piece) in pieces.enumerated() where piece.ownership != .everyone {
      for peer in 0..<result.sharding.count where peer != rank {
        let box = piece.source(on: peer).intersection(target)
        if !box.isEmpty { parts.append(Part(piece: index, peer: peer, box: box)) }
      }
    }
    return parts
  }

  /// What stays on a rank.
  public func keeps(of rank: Int) -> [Part] {
    let target = result.box(of: rank)
    return pieces.enumerated().compactMap { index, piece in
      let box = piece.source(on: rank).intersection(target)
      return box.isEmpty ? nil : Part(piece: index, peer: rank, box: box)
    }
  }

  /// Elements that a rank receives from others.
  public func elementsReceived(by rank: Int) -> Int {
    receives(of: rank).lazy.map(\.box.elementCount).clampedSum
  }

  /// Whether any rank receives anything, so that the ranks must take part in an exchange: whether one holds a part of a
  /// piece that does not stay with it alone. Found in time proportional to pieces and ranks.
  public var communicates: Bool {
    result.sharding.count > 1 && pieces.contains { leavesItsOwner($0) }
  }

  private func leavesItsOwner(_ piece: Piece) -> Bool {
    guard case .split(let axis, let ranges) = piece.ownership, !piece.shape.contains(0) else {
      return false
    }
    guard case .sharded(let cut, let cuts) = result.sharding.placement else {
      return ranges.contains { !$0.isEmpty }
    }
    // The result's parts cover its whole extent: what is not in the owner's is in another one.
    let place = piece.offset[cut]
    return ranges.indices.contains { rank in
      if ranges[rank].isEmpty { return false }
      let held = axis == cut ? ranges[rank] : 0..<piece.shape[cut]
      let target = cuts.range(of: rank)
      return held.lowerBound + place < target.lowerBound
        || held.upperBound + place > target.upperBound
    }
  }
}
