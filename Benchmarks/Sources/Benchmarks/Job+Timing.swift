import Tessera

extension Job {
  /// The number of this rank.
  static var rank: Int { Mesh.world.coordinates[0] }

  /// How many of the rows of a tensor that is cut evenly this rank holds.
  static func share(of rows: Int) -> Int {
    rows * (rank + 1) / ranks - rows * rank / ranks
  }

  /// This rank's part of indices that are cut evenly.
  static func part(of indices: [Int64]) -> [Int64] {
    let first = indices.count * rank / ranks
    return Array(indices[first..<first + share(of: indices.count)])
  }

  /// Waits until all ranks are here. Collective.
  static func meet() { _ = greatest([0]) }

  /// The greatest that each number is on any rank. Collective.
  static func greatest(_ numbers: [Double]) -> [Double] {
    if ranks == 1 { return numbers }
    // Every rank fills in the whole and keeps its own row.
    let rows = Tensor<Double>(
      Array(repeatElement(numbers, count: ranks).joined()), shape: [ranks, numbers.count],
      sharding: .sharded(axis: 0))
    return rows.max(axes: 0).scalars
  }

  /// The sums of numbers over all ranks. Collective.
  static func total(_ numbers: [Int]) -> [Int] {
    let rows = Tensor<Int>(
      Array(repeatElement(numbers, count: ranks).joined()), shape: [ranks, numbers.count],
      sharding: .sharded(axis: 0))
    return rows.sum(axes: 0).scalars.map(Int.init)
  }
}
