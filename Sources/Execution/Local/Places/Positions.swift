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
      let given = range.bytes.bindMemory(to: Int64.self)
      func isWithin(_ position: Int) -> Bool {
        UInt(bitPattern: position) < UInt(bitPattern: extent)
      }
      var areWithin = true
      // Without a branch, which costs more than the rest.
      let positions = [Int](unsafeUninitializedCapacity: given.count) { positions, count in
        for index in given.indices {
          let position = Int(given[index])
          let fromFront = position &+ (position < 0 ? extent : 0)
          positions[index] = fromFront
          areWithin = isWithin(fromFront) ? areWithin : false
        }
        count = given.count
      }
      if !areWithin, let index = positions.firstIndex(where: { !isWithin($0) }) {
        throw TensorError(
          operation, given: "the index \(given[index]) for an axis of extent \(extent)",
          expected: extent == 0 ? "no index" : "indices in \(-extent)...\(extent - 1)",
          rank: rank)
      }
      return positions
    }
  }
}
