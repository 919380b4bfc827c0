import Shapes

/// One named axis of a mesh.
public struct MeshAxis: Hashable, Sendable {
  /// What the axis is called.
  public var name: String
  /// How many coordinates it has.
  public var extent: Int
}

/// The ranks of a job arranged in named axes, in row-major order of their coordinates.
public struct Mesh: Hashable, Sendable, CustomStringConvertible {
  /// The axes, outermost first.
  public let axes: [MeshAxis]

  /// A mesh of one axis that holds all ranks, at least one and at most 2²⁴. Other numbers end the program with a
  /// message.
  public static func world(ranks: Int) -> Mesh {
    Misuse.check(
      (1...CutPoints.mostParts).contains(ranks),
      TensorError(
        "Mesh.world", given: "\(ranks) ranks",
        expected: "a number of ranks in 1...\(CutPoints.mostParts)"))
    return Mesh(axes: [MeshAxis(name: "world", extent: ranks)])
  }

  /// A mesh over all ranks of a job of `ranks`; the extents must multiply to it.
  ///
  /// `KeyValuePairs` because the order of a dictionary differs between processes.
  public init(_ axes: KeyValuePairs<String, Int>, ranks: Int) throws(TensorError) {
    let given = "mesh " + axes.map { "\($0.key)[\($0.value)]" }.joined(separator: " × ")
    guard Set(axes.map(\.key)).count == axes.count, !axes.isEmpty else {
      throw TensorError("Mesh", given: given, expected: "at least one axis, each named once")
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
    self.axes = axes.map { MeshAxis(name: $0.key, extent: $0.value) }
  }

  private init(axes: [MeshAxis]) { self.axes = axes }

  /// The number of ranks.
  public var count: Int { axes.reduce(1) { $0 * $1.extent } }

  /// Where a rank stands, one coordinate a mesh axis. A rank that is not there ends the program with a message.
  public func coordinates(ofRank rank: Int) -> [Int] {
    Misuse.check(
      (0..<count).contains(rank),
      TensorError("Mesh", given: "rank \(rank) of \(self)", expected: "a rank in 0..<\(count)"))
    var rest = rank
    var result = [Int](repeating: 0, count: axes.count)
    for index in axes.indices.reversed() {
      result[index] = rest % axes[index].extent
      rest /= axes[index].extent
    }
    return result
  }

  /// Such as `world[4]` or `data[2] × model[4]`.
  public var description: String {
    axes.map { "\($0.name)[\($0.extent)]" }.joined(separator: " × ")
  }
}
