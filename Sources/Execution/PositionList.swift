import Shapes

/// Positions along an axis, counted from the front and known to lie within it.
public struct Positions: Sendable {
  /// Contiguous, of Int64.
  package let block: StridedBlock

  init(_ block: StridedBlock) {
    precondition(block.type == .int64 && block.isContiguous, "positions are Int64")
    self.block = block
  }

  public var count: Int { block.elementCount }

  /// The address of the first; valid while the storage lives.
  var address: UnsafePointer<Int64> {
    UnsafePointer(block.base.assumingMemoryBound(to: Int64.self))
  }
}

/// What tells the order of positions that have been sorted by parts.
public enum PartListing: Sendable {
  /// For each place in the new order its place in the old one.
  case origins
  /// For each place in the old order its place in the new one.
  case destinations
}

extension Executor {
  /// Positions that are given as numbers.
  public func positions(listing numbers: [Int]) throws(TensorError) -> Positions {
    let block = try allocate([numbers.count], .int64)
    if holdsElements {
      withExtendedLifetime(block.storage) {
        numbers.withUnsafeBytes { bytes in
          guard let first = bytes.baseAddress else { return }
          block.base.copyMemory(from: first, byteCount: bytes.count)
        }
      }
    }
    return Positions(block)
  }
}

extension StridedBlock {
  /// Positions along an axis as numbers counted from the front, for plans that ranks make from what
  /// all of them know; negative ones count from the end. Of a contiguous block, whose elements are
  /// there.
  ///
  /// - Parameter rank: named in the error, where not all ranks look at the same positions.
  public func listedPositions(
    extent: Int, for operation: String, rank: Int? = nil
  ) throws(TensorError) -> [Int] {
    precondition(type == .int64 && isContiguous, "positions are Int64")
    let given = withExtendedLifetime(storage) {
      range.bytes.bindMemory(to: Int64.self).map { Int($0) }
    }
    return try given.map { (position) throws(TensorError) in
      guard (-extent..<extent).contains(position) else {
        throw .outside(position, extent: extent, for: operation, rank: rank)
      }
      return position < 0 ? position + extent : position
    }
  }
}

extension TensorError {
  /// A position that lies outside of an axis.
  static func outside(
    _ position: Int, extent: Int, for operation: String, rank: Int?
  ) -> TensorError {
    TensorError(
      operation, given: "the index \(position) for an axis of extent \(extent)",
      expected: extent == 0 ? "no index" : "indices in \(-extent)...\(extent - 1)", rank: rank)
  }
}
