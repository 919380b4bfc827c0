/// Ranks of a mesh that differ in some of its axes alone: those that take part in a collective
/// along these axes, in the order of their coordinates.
package struct RankGroup: Hashable, Sendable {
  /// The rank whose coordinates along the axes are all 0.
  package let first: Int
  /// The axes along which the ranks differ, outermost first.
  package let axes: [MeshAxis]

  /// Ranks that differ from the first along some axes.
  init(first: Int, axes: [MeshAxis]) {
    self.first = first
    self.axes = axes
    count = axes.reduce(1) { $0 * $1.extent }
  }

  /// The number of ranks.
  package let count: Int
}

extension RankGroup: RandomAccessCollection {
  package var startIndex: Int { 0 }
  package var endIndex: Int { count }

  /// The rank at a position.
  package subscript(position: Int) -> Int {
    var rest = position
    var rank = first
    for axis in axes.reversed() {
      rank += rest % axis.extent * axis.stride
      rest /= axis.extent
    }
    return rank
  }
}
