import Execution
import Machine

/// An array of numbers with one global shape, wherever its elements lie.
///
/// A tensor is a value: assigning or passing it never copies elements, and writing to it never
/// changes another tensor. It is replicated (every rank holds all) or sharded along an axis over
/// the ranks of its mesh; programs are written against the global shape and every rank runs the
/// same one.
public struct Tensor<Scalar: TensorScalar>: Sendable {
  package var body: Body

  package init(_ body: Body) {
    precondition(body.scalarType == Scalar.scalarType, "a body of \(Scalar.scalarType)")
    self.body = body
  }

  /// The extents of all axes, over all ranks.
  public var shape: Shape { body.shape }

  /// The number of elements over all ranks.
  public var elementCount: Int { shape.elementCount }

  /// How the tensor lies on its mesh.
  public var sharding: Sharding { body.sharding }

  /// The extents of the part that this rank holds.
  public var localShape: Shape { body.localShape }

  /// The ranges of global positions that this rank holds, one an axis.
  public var localRanges: [Range<Int>] {
    body.description.box(of: body.runtime.communicator.rank).ranges
  }

  /// A serial number of this rank's storage, never reused; views of a tensor share it.
  ///
  /// It stays the same as long as writes happen in place.
  public var storageIdentifier: UInt64 {
    orEnd(body.runtime) { () throws(TensorError) in try body.storage.identifier }
  }

  package var value: Value { Value(body) }
}
