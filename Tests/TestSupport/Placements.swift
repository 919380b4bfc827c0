import Distribution
import Execution
import Shapes
import Tessera

/// Every way in which an operand may lie that the rules tell apart.
public enum OperandPlacement: Hashable, Sendable, CustomStringConvertible {
  case replicated
  case sharded(Int)
  /// Sharded with cut points that are not the even ones: all of it on the last rank but one
  /// element.
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
  ///
  /// - Parameter hasOneTerm: whether terms are the value on the last rank and zeros elsewhere, so
  ///   that what is done to each of them is not rounded more often than the whole.
  public init(
    _ scalars: [Scalar], shape: Shape, placed placement: OperandPlacement,
    hasOneTerm: Bool = false, on runtime: Runtime
  ) throws(TensorError) {
    let sharding = placement.sharding(of: shape, on: runtime.mesh)
    let description = TensorDescription(
      shape: shape, scalarType: Scalar.scalarType, sharding: sharding)
    var scalars = scalars
    if placement == .partial {
      let (rank, count) = (runtime.communicator.rank, runtime.communicator.size)
      let zero = Scalar(scalarValue: ScalarValue(0, as: Scalar.scalarType))
      if hasOneTerm {
        scalars = rank == count - 1 ? scalars : scalars.map { _ in zero }
      } else {
        scalars = scalars.enumerated().map { position, scalar in
          Scalar(scalarValue: scalar.scalarValue.term(rank, of: count, at: position))
        }
      }
    }
    let whole = Tensor(scalars, shape: shape)
    let box = sharding.box(of: runtime.communicator.rank, in: shape)
    self.init(Body(description, try whole.body.block.slice(box.ranges), runtime: runtime))
  }
}

extension ScalarValue {
  /// One of the terms that add up to the value. None of them is 0, and few are alike, so that no
  /// function can pass for a linear one; in whichever order they are added, the sums have a place
  /// in the type.
  ///
  /// - Parameter position: varies the terms of neighbours.
  public func term(_ rank: Int, of count: Int, at position: Int) -> ScalarValue {
    let others = 0..<count - 1
    if type == .bool { return others.contains(rank) ? ScalarValue(false) : self }
    if type.isFloatingPoint { return floatingPointTerm(rank, others, at: position) }
    func other(_ rank: Int) -> UInt64 { UInt64((position + rank) % 5 + 5 * rank + 1) }
    return ScalarValue(
      integer: others.contains(rank) ? other(rank) : others.reduce(bits) { $0 &- other($1) },
      as: type)
  }

  private func floatingPointTerm(
    _ rank: Int, _ others: Range<Int>, at position: Int
  ) -> ScalarValue {
    let value = number
    let leastNormal = type.traits.limits!.leastNormal
    var other: (Int) -> Double = { Double((position + $0) % 5 + 5 * $0 + 1) }
    if value.isFinite, value != 0, abs(value) < leastNormal * 1024 {
      // Multiples of it, as there is nothing below its last bit.
      other = { _ in 2 * value }
    } else if value.isNormal {
      // Halves, quarters, … of the power of two below the value, with its sign.
      other = {
        Double(sign: value.sign, exponent: Int(value.exponent) - 1 - $0, significand: 1)
      }
    }
    let term =
      others.contains(rank) ? other(rank) : others.reduce(value) { $0 - other($1) }
    return ScalarValue(term, as: type)
  }
}
