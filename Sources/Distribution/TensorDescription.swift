import Shapes

/// All that planning knows of a tensor: shape, scalar type and sharding, never its values.
public struct TensorDescription: Hashable, Sendable, CustomStringConvertible {
  /// The global shape.
  public var shape: Shape
  /// The type of its elements.
  public var scalarType: ScalarType
  /// Where the elements lie.
  public var sharding: Sharding

  /// A tensor as plans know it.
  public init(shape: Shape, scalarType: ScalarType, sharding: Sharding) {
    self.shape = shape
    self.scalarType = scalarType
    self.sharding = sharding
  }

  /// The same tensor under another sharding.
  public func with(_ sharding: Sharding) -> TensorDescription {
    TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
  }

  /// The extents of what a rank holds.
  public func localShape(of rank: Int) -> Shape { sharding.localShape(of: rank, in: shape) }
  /// The number of elements that a rank holds, as `Shape.elementCount`.
  public func localElementCount(of rank: Int) -> Int {
    sharding.localElementCount(of: rank, in: shape)
  }
  /// The global positions that a rank holds.
  public func box(of rank: Int) -> Box { sharding.box(of: rank, in: shape) }

  /// Type, shape and sharding.
  public var description: String { "\(scalarType) \(shape) \(sharding)" }
}
