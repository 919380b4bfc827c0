import Distribution
import Execution
import Shapes
import Tessera

/// Every way in which an operand may lie that the rules tell apart.
public enum OperandPlacement: Hashable, Sendable, CustomStringConvertible {
  case replicated
  case sharded(Int)
  /// Sharded with cut points that are not the even ones: all of it on the last rank but one element.
  case unevenly(Int)
  /// Terms whose sum is the tensor.
  case partial

  public static func all(axes: Int) -> [OperandPlacement] {
    [.replicated, .partial] + (0..<axes).flatMap { [.sharded($0), .unevenly($0)] }
  }

  public var description: String {
    switch self {
    case .replicated: "replicated"
    case .sharded(let axis): "sharded(\(axis))"
    case .unevenly(let axis): "unevenly(\(axis))"
    case .partial: "partial"
    }
  }

  /// The sharding of a tensor of some shape on a mesh.
  public func sharding(of shape: Shape, on mesh: Mesh) -> Sharding {
    switch self {
    case .replicated: Sharding.replicated(on: mesh)
    case .partial: Sharding(mesh: mesh, .partial(.sum))
    case .sharded(let axis):
      Sharding(
        mesh: mesh, .sharded(axis: axis, CutPoints(evenly: shape[axis], into: mesh.count)))
    case .unevenly(let axis):
      Sharding(
        mesh: mesh,
        .sharded(
          axis: axis,
          CutPoints(
            (0...mesh.count).map { $0 == mesh.count ? shape[axis] : min($0, shape[axis], 1) })
        ))
    }
  }
}

extension Tensor {
  /// A tensor with given elements that lies in a given way.
  public init(
    _ scalars: [Scalar], shape: Shape, placed placement: OperandPlacement, on runtime: Runtime
  )
    throws(TensorError)
  {
    let sharding = placement.sharding(of: shape, on: runtime.mesh)
    let description = TensorDescription(
      shape: shape, scalarType: Scalar.scalarType, sharding: sharding)
    var scalars = scalars
    if placement == .partial, runtime.communicator.rank != runtime.communicator.size - 1 {
      // The last rank holds the value, the others nothing of it.
      scalars = scalars.map { _ in Scalar(scalarValue: ScalarValue(0, as: Scalar.scalarType)) }
    }
    let whole = Tensor(scalars, shape: shape)
    let box = sharding.box(of: runtime.communicator.rank, in: shape)
    self.init(Body(description, whole.body.block.slice(box.ranges), runtime: runtime))
  }
}
