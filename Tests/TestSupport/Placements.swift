import Distribution
import Execution
import Foundation
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
    if placement == .partial {
      let (rank, count) = (runtime.communicator.rank, runtime.communicator.size)
      scalars = scalars.enumerated().map { position, scalar in
        let term = Scalar.scalarType.term(rank, of: scalar.scalarValue.number, count, at: position)
        return Scalar(scalarValue: ScalarValue(term, as: Scalar.scalarType))
      }
    }
    let whole = Tensor(scalars, shape: shape)
    let box = sharding.box(of: runtime.communicator.rank, in: shape)
    self.init(Body(description, whole.body.block.slice(box.ranges), runtime: runtime))
  }
}

extension ScalarType {
  /// One of the terms that add up to a value. None of them is 0, and few are alike, so that no function can pass for
  /// a linear one; in whichever order they are added, the sums have a place in the type.
  ///
  /// - Parameter position: varies the terms of neighbours.
  public func term(_ rank: Int, of value: Double, _ count: Int, at position: Int) -> Double {
    let others = 0..<count - 1
    let leastNormal =
      self == .float32 ? Double(Float.leastNormalMagnitude) : Double.leastNormalMagnitude
    if isFloatingPoint, value != 0, abs(value) < leastNormal * 1024 {
      // Multiples of it, as there is nothing below its last bit.
      return others.contains(rank) ? 2 * value : value * Double(1 - 2 * others.count)
    }
    if isFloatingPoint, value.isNormal {
      // Halves, quarters, … of the power of two below the value, with its sign.
      func other(_ rank: Int) -> Double {
        Double(sign: value.sign, exponent: Int(value.exponent) - 1 - rank, significand: 1)
      }
      return others.contains(rank) ? other(rank) : value - others.reduce(0) { $0 + other($1) }
    }
    if self == .bool { return others.contains(rank) ? 0 : value }
    func other(_ rank: Int) -> Double { Double((position + rank) % 5 + 5 * rank + 1) }
    if others.contains(rank) { return other(rank) }
    let rest = value - others.reduce(0) { $0 + other($1) }
    // Integers without a sign add up in their own arithmetic.
    let isUnsigned = [.uint8, .uint16, .uint32, .uint64].contains(self)
    return isUnsigned && rest < 0 ? rest + exp2(Double(8 * byteCount)) : rest
  }
}
