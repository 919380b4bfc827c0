import Shapes

/// A tensor put together from blocks that ranks hold: what concatenation, padding, rolling,
/// flipping, writing to a slice and redistribution have in common.
public struct Assembly: Hashable, Sendable {
  /// Which part of a block a rank holds.
  public struct Ownership: Hashable, Sendable {
    /// An axis of the block, of which the rank at position r along axes of the mesh holds
    /// `ranges[r]`.
    struct Part: Hashable, Sendable {
      let axis: Int
      let over: MeshAxes
      let ranges: [Range<Int>]
    }

    let parts: [Part]

    /// Who owns a tensor that lies so; of terms every rank holds all.
    public init(_ sharding: Sharding) {
      self.init(sharding) { cut in (0..<cut.points.count).map { cut.points.range(of: $0) } }
    }

    /// The same with other ranges for each cut.
    init(_ sharding: Sharding, _ ranges: (AxisCut) -> [Range<Int>]) {
      parts = sharding.cuts.map { Part(axis: $0.axis, over: $0.over, ranges: ranges($0)) }
    }

    /// The axes of the mesh along which ranks hold different parts.
    var over: MeshAxes { MeshAxes(parts.flatMap { Array($0.over) }) }
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

    /// The part of the result that the block becomes of which a rank has what it holds of the
    /// block. A rank or an axis that is not there ends the program with a message.
    public func source(on rank: Int, of mesh: Mesh) -> Box {
      var box = Box(whole: shape)
      for part in ownership.parts {
        shape.checkAxis(part.axis)
        box.ranges[part.axis] = part.ranges[mesh.position(ofRank: rank, along: part.over)]
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

  /// What a rank sends, in the order in which the receivers expect it. Of several ranks that hold
  /// the same elements each sends to those that have its other coordinates.
  public func sends(of rank: Int) -> [Part] {
    var parts: [Part] = []
    for (index, piece) in pieces.enumerated() where !piece.ownership.parts.isEmpty {
      let source = piece.source(on: rank, of: mesh)
      if source.isEmpty { continue }
      for peer in mesh.group(of: rank, along: piece.ownership.over) where peer != rank {
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
    for (index, piece) in pieces.enumerated() where !piece.ownership.parts.isEmpty {
      for peer in mesh.group(of: rank, along: piece.ownership.over) where peer != rank {
        let box = piece.source(on: peer, of: mesh).intersection(target)
        if !box.isEmpty { parts.append(Part(piece: index, peer: peer, box: box)) }
      }
    }
    return parts
  }

  /// What stays on a rank.
  public func keeps(of rank: Int) -> [Part] {
    let target = result.box(of: rank)
    return pieces.enumerated().compactMap { index, piece in
      let box = piece.source(on: rank, of: mesh).intersection(target)
      return box.isEmpty ? nil : Part(piece: index, peer: rank, box: box)
    }
  }

  private var mesh: Mesh { result.sharding.mesh }

  /// Elements that a rank receives from others.
  public func elementsReceived(by rank: Int) -> Int {
    receives(of: rank).lazy.map(\.box.elementCount).clampedSum
  }

  /// Whether any rank receives anything, so that the ranks must take part in an exchange: whether
  /// one holds a part of a piece that does not stay with it alone. Found in time proportional to
  /// pieces and ranks.
  public var communicates: Bool {
    result.sharding.count > 1 && pieces.contains { leavesItsOwner($0) }
  }

  private func leavesItsOwner(_ piece: Piece) -> Bool {
    let over = piece.ownership.over.filter { mesh.axes[$0].extent > 1 }
    guard !over.isEmpty, !piece.shape.contains(0) else { return false }
    let wanted = result.sharding.cuts.flatMap { Array($0.over) }.filter { mesh.axes[$0].extent > 1 }
    guard wanted.allSatisfy(over.contains) else {
      // Not all of a piece is wanted among the ranks that share it.
      return (0..<mesh.count).contains { rank in
        let target = result.box(of: rank)
        return mesh.group(of: rank, along: piece.ownership.over).contains {
          $0 != rank && !piece.source(on: $0, of: mesh).intersection(target).isEmpty
        }
      }
    }
    // Where the result is cut over all of these axes, what is not in the owner's part is in another
    // one; else several ranks get the same.
    let isShared = !over.allSatisfy(wanted.contains)
    return (0..<mesh.count).contains { rank in
      let source = piece.source(on: rank, of: mesh)
      if source.isEmpty { return false }
      if isShared { return true }
      let target = result.box(of: rank)
      return zip(source.ranges, target.ranges).contains {
        $0.lowerBound < $1.lowerBound || $0.upperBound > $1.upperBound
      }
    }
  }
}
