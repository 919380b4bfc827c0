import Shapes
import Synchronization

/// All that planning knows of a tensor: shape, scalar type and sharding, never its values.
///
/// Behind one reference, as plans hand descriptions on by the dozen.
public struct TensorDescription: Sendable {
  private final class Contents: Sendable {
    let shape: Shape
    let scalarType: ScalarType
    let sharding: Sharding
    /// 0 until somebody has asked for it.
    let fingerprint = Atomic<Int64>(0)

    init(_ shape: Shape, _ scalarType: ScalarType, _ sharding: Sharding) {
      self.shape = shape
      self.scalarType = scalarType
      self.sharding = sharding
    }
  }

  private let contents: Contents

  /// The global shape.
  public var shape: Shape { contents.shape }
  /// The type of its elements.
  public var scalarType: ScalarType { contents.scalarType }
  /// Where the elements lie.
  public var sharding: Sharding { contents.sharding }

  /// A tensor as plans know it.
  public init(shape: Shape, scalarType: ScalarType, sharding: Sharding) {
    contents = Contents(shape, scalarType, sharding)
  }

  /// The same tensor under another sharding.
  public func with(_ sharding: Sharding) -> TensorDescription {
    TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
  }

  /// The same with another shape, which the sharding fits.
  package func with(_ shape: Shape) -> TensorDescription {
    TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
  }

  /// The same with elements of another type.
  package func with(_ scalarType: ScalarType) -> TensorDescription {
    TensorDescription(shape: shape, scalarType: scalarType, sharding: sharding)
  }

  /// A hash that is the same in every process, found once.
  package var fingerprint: Int64 {
    let known = contents.fingerprint.load(ordering: .relaxed)
    if known != 0 { return known }
    var hash = StableHash()
    hash.combine(Int(scalarType.rawValue))
    hash.combine(shape)
    hash.combine(sharding)
    contents.fingerprint.store(hash.number, ordering: .relaxed)
    return hash.number
  }

  /// Whether shape and sharding are another's.
  package func liesLike(_ other: TensorDescription) -> Bool {
    contents === other.contents || shape == other.shape && sharding == other.sharding
  }

  /// The extents of what a rank holds.
  public func localShape(of rank: Int) -> Shape { sharding.localShape(of: rank, in: shape) }
  /// The number of elements that a rank holds, as `Shape.elementCount`.
  public func localElementCount(of rank: Int) -> Int {
    sharding.localElementCount(of: rank, in: shape)
  }
  /// The global positions that a rank holds.
  public func box(of rank: Int) -> Box { sharding.box(of: rank, in: shape) }
}

extension TensorDescription: Hashable {
  /// Whether shape, scalar type and sharding are the same.
  public static func == (a: TensorDescription, b: TensorDescription) -> Bool {
    a.contents === b.contents
      || a.shape == b.shape && a.scalarType == b.scalarType && a.sharding == b.sharding
  }

  /// Combines all three, by a hash that is found once.
  public func hash(into hasher: inout Hasher) { hasher.combine(fingerprint) }
}

extension TensorDescription: CustomStringConvertible {
  /// Type, shape and sharding.
  public var description: String { "\(scalarType) \(shape) \(sharding)" }
}
