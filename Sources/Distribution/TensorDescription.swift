import Shapes

/// All that planning knows of a tensor: shape, scalar type and sharding, never its values.
public struct TensorDescription: Hashable, Sendable, CustomStringConvertible {
  public var shape: Shape
  public var scalarType: ScalarType
  public var sharding: Sharding

  public init(shape: Shape, scalarType: ScalarType, sharding: Sharding) {
    self.shape = shape
    self.scalarType = scalarType
    self.sharding = sharding
  }

  public func with(_ sharding: Sharding) -> TensorDescription {
    TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
  }

  public func localShape(of rank: Int) -> Shape { sharding.localShape(of: rank, in: shape) }
  public func box(of rank: Int) -> Box { sharding.box(of: rank, in: shape) }

  public var description: String { "\(scalarType) \(shape) \(sharding)" }
}
