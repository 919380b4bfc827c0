import Shapes

/// A matrix product that is to be computed in the place of a result, and which the operand of a
/// program with that number stands for.
public struct PendingProduct: Sendable {
  /// [rows, depth]
  public let a: StridedBlock
  /// [depth, columns]
  public let b: StridedBlock
  public let operand: Int
}
