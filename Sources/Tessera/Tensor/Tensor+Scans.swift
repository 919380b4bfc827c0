import Execution

extension Tensor {
  /// Running sums along an axis; integers and Booleans in Int64, UInt64 in itself. Where the tensor
  /// is sharded along that axis, every rank gathers one total a rank and line, of 8 bytes (of
  /// Double 16); nothing else moves. Then collective.
  public func cumulativeSum(axis: Int) -> Tensor<Scalar.Sum> { cumulative(.sum, axis) }

  fileprivate func cumulative<Result: TensorScalar>(
    _ kind: Scan.Kind, _ axis: Int
  ) -> Tensor<Result> {
    orEnd(body.runtime) { () throws(TensorError) in
      let name = Cumulative(kind, axis: 0).name
      let axis = try shape.resolvedAxis(axis, for: name)
      return Tensor<Result>(try Cumulative(kind, axis: axis).apply([body]))
    }
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  /// Running products along an axis; integers in Int64, UInt64 in itself. Only results over- or
  /// underflow, nothing on the way to them. Communicates as `cumulativeSum` does, with 16 bytes a
  /// rank and line of floating point.
  ///
  /// No slope divides by an element, so that zeros have theirs too.
  public func cumulativeProduct(axis: Int) -> Tensor<Scalar.Sum> { cumulative(.product, axis) }

  /// The smallest element up to each along an axis; NaN from the first one on. Communicates as
  /// `cumulativeSum` does, with 8 bytes a rank and line.
  ///
  /// The slope is that of the last element that equals the smallest so far.
  public func cumulativeMinimum(axis: Int) -> Tensor { cumulative(.min, axis) }

  /// The largest element up to each along an axis; NaN from the first one on. Communicates as
  /// `cumulativeSum` does, with 8 bytes a rank and line.
  ///
  /// The slope is that of the last element that equals the largest so far.
  public func cumulativeMaximum(axis: Int) -> Tensor { cumulative(.max, axis) }
}

/// h[t] = a[t] · h[t − 1] + b[t] along an axis, where h[−1] is `initial`, or 0.
///
/// Exponential smoothing is one, here from the first element on:
///
/// ```swift
/// let level = linearRecurrence(coefficients: 0.9, inputs: 0.1 * x, initial: x[0], axis: 0)
/// ```
///
/// Long lines are worked on by all workers. `Float` is computed in double, and integers wrap. Where
/// the result is sharded along the axis, every rank gathers 16 bytes a rank and line; then
/// collective. Where values leave the range of numbers on the way, the ranks go through such lines
/// one after the other: the plan does not tell, as it knows no values.
///
/// - Parameters:
///   - coefficients: a, broadcast with b to the shape of the result.
///   - inputs: b.
///   - initial: h[−1], broadcast to the result's shape without the axis.
///   - axis: of the result.
public func linearRecurrence<S: NumericTensorScalar>(
  coefficients: Tensor<S>, inputs: Tensor<S>, initial: Tensor<S>? = nil, axis: Int
) -> Tensor<S> {
  orEnd(inputs.body.runtime) { () throws(TensorError) in
    let shapes = [coefficients.shape, inputs.shape]
    let axis = try LinearRecurrence.axis(axis, of: shapes)
    var operands = [coefficients.body, inputs.body]
    if let initial {
      // Its axes are the last of those besides the axis, which gets its place among them.
      let others = try Shape.broadcast(shapes, for: "linearRecurrence").count - 1
      let place = axis - (others - initial.shape.count)
      guard initial.shape.count <= others else {
        throw TensorError(
          "linearRecurrence",
          given: "initial values of shape \(initial.shape) for \(others) axes besides axis \(axis)",
          expected: "initial values that broadcast to the shape without that axis")
      }
      if place < 0 {
        operands.append(initial.body)
      } else {
        let extents = Array(initial.shape)
        operands.append(
          try Reshape(Shape(extents.prefix(place) + [1] + extents.dropFirst(place)))
            .apply([initial.body]))
      }
    }
    return Tensor(try LinearRecurrence(axis: axis).apply(operands))
  }
}

/// The same with one coefficient for all: h[t] = a · h[t − 1] + b[t].
public func linearRecurrence<S: NumericTensorScalar>(
  coefficients: S, inputs: Tensor<S>, initial: Tensor<S>? = nil, axis: Int
) -> Tensor<S> {
  inputs.body.runtime.makeCurrent {
    linearRecurrence(
      coefficients: Tensor(coefficients), inputs: inputs, initial: initial, axis: axis)
  }
}
