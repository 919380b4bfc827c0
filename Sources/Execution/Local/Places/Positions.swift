import Shapes

extension StridedBlock {
  /// Positions along an axis as numbers counted from the front; negative ones count from the end.
  /// Of a contiguous block, whose elements are there.
  ///
  /// - Parameter rank: named in the error, where not all ranks look at the same positions.
  func checkedPositions(
    extent: Int, for operation: String, rank: Int?
  ) throws(TensorError) -> [Int] {
    precondition(type == .int64 && isContiguous, "positions are Int64")
    return try withExtendedLifetime(storage) { () throws(TensorError) in
      var positions: [Int] = []
      positions.reserveCapacity(elementCount)
      for position in range.bytes.bindMemory(to: Int64.self) {
        let fromFront = position < 0 ? Int(position) + extent : Int(position)
        guard fromFront >= 0, fromFront < extent else {
          throw TensorError(
            operation, given: "the index \(position) for an axis of extent \(extent)",
            expected: extent == 0 ? "no index" : "indices in \(-extent)...\(extent - 1)",
            rank: rank)
        }
        positions.append(fromFront)
      }
      return positions
    }
  }
}
