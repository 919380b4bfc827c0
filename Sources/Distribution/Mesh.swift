import Shapes

/// One named axis of a mesh.
public struct MeshAxis: Hashable, Sendable {
  /// What the axis is called.
  public let name: String
  /// How many coordinates it has.
  public let extent: Int
  /// How far apart the ranks of neighbouring coordinates are.
  public let stride: Int
}

/// The ranks of a job arranged in named axes, in row-major order of their coordinates.
public struct Mesh: Hashable, Sendable, CustomStringConvertible {
  /// The axes, outermost first.
  public let axes: [MeshAxis]

  /// As many axes as a mesh may have.
  public static let mostAxes = 15

  /// A mesh of one axis that holds all ranks, at least one and at most 2²⁴. Other numbers end the
  /// program with a message.
  public static func world(ranks: Int) -> Mesh {
    Misuse.check(
      (1...CutPoints.mostParts).contains(ranks),
      TensorError(
        "Mesh.world", given: "\(ranks) ranks",
        expected: "a number of ranks in 1...\(CutPoints.mostParts)"))
    return Mesh(axes: [MeshAxis(name: "world", extent: ranks, stride: 1)])
  }

  /// A mesh over all ranks of a job of `ranks`; the extents must multiply to it.
  ///
  /// `KeyValuePairs` because the order of a dictionary differs between processes.
  public init(_ axes: KeyValuePairs<String, Int>, ranks: Int) throws(TensorError) {
    let given = "mesh " + axes.map { "\($0.key)[\($0.value)]" }.joined(separator: " × ")
    guard Set(axes.map(\.key)).count == axes.count, (1...Self.mostAxes).contains(axes.count) else {
      throw TensorError(
        "Mesh", given: given, expected: "1 to \(Self.mostAxes) axes, each named once")
    }
    var product = 1
    for (_, extent) in axes {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard extent > 0, !overflow else {
        throw TensorError("Mesh", given: given, expected: "extents that multiply to \(ranks) ranks")
      }
      product = next
    }
    guard product == ranks, ranks <= CutPoints.mostParts else {
      throw TensorError(
        "Mesh", given: given, expected: "extents that multiply to \(ranks) ranks, not \(product)")
    }
    var stride = ranks
    self.axes = axes.map {
      stride /= $0.value
      return MeshAxis(name: $0.key, extent: $0.value, stride: stride)
    }
  }

  private init(axes: [MeshAxis]) { self.axes = axes }

  /// The number of ranks.
  public var count: Int { axes[0].extent * axes[0].stride }

  /// All of its axes.
  package var allAxes: MeshAxes { MeshAxes(axes.indices) }

  /// Where a rank stands, one coordinate a mesh axis. A rank that is not there ends the program
  /// with a message.
  public func coordinates(ofRank rank: Int) -> [Int] {
    axes.indices.map { coordinate(ofRank: rank, along: $0) }
  }

  /// Where a rank stands along one axis. A rank that is not there ends the program with a message.
  package func coordinate(ofRank rank: Int, along axis: Int) -> Int {
    if rank < 0 || rank >= count {
      Misuse.end(
        TensorError("Mesh", given: "rank \(rank) of \(self)", expected: "a rank in 0..<\(count)"))
    }
    return rank / axes[axis].stride % axes[axis].extent
  }

  /// How many coordinates some axes have together.
  package func extent(of axes: MeshAxes) -> Int {
    axes.reduce(1) { $0 * self.axes[$1].extent }
  }

  /// Where a rank stands among those that differ in some axes alone: their coordinates as digits,
  /// outermost first.
  package func position(ofRank rank: Int, along axes: MeshAxes) -> Int {
    var position = 0
    for axis in axes {
      position = position * self.axes[axis].extent + coordinate(ofRank: rank, along: axis)
    }
    return position
  }

  /// The ranks that differ from a rank in some axes alone, itself included.
  package func group(of rank: Int, along axes: MeshAxes) -> RankGroup {
    RankGroup(
      first: axes.reduce(rank) {
        $0 - coordinate(ofRank: rank, along: $1) * self.axes[$1].stride
      },
      axes: axes.map { self.axes[$0] })
  }

  /// Such as `world[4]` or `data[2] × model[4]`.
  public var description: String { description(of: allAxes) }

  /// The same of some axes.
  func description(of axes: MeshAxes) -> String {
    axes.map { "\(self.axes[$0].name)[\(self.axes[$0].extent)]" }.joined(separator: " × ")
  }
}
