import Execution

/// A function's value at a point and its gradient there. The function must give one element.
///
/// A constant function has a gradient of zeros. One that depends on its argument only through
/// operations that no gradient passes, such as a comparison, ends the job with a message that names
/// the operation.
public func valueWithGradient<S: FloatingPointTensorScalar>(
  at point: Tensor<S>, of function: (Tensor<S>) -> Tensor<S>
) -> (value: Tensor<S>, gradient: Tensor<S>) {
  let tape = GradientTape()
  tape.watch(point)
  let value = tape.record { function(point) }
  return (value, tape.gradients(of: value, at: [point], ofConstant: true)[0])
}

/// The gradient of a function as a function.
public func gradient<S: FloatingPointTensorScalar>(
  of function: @escaping (Tensor<S>) -> Tensor<S>
) -> (Tensor<S>) -> Tensor<S> {
  { valueWithGradient(at: $0, of: function).gradient }
}

/// How far a gradient is from a central difference in a random direction, relative to their size.
///
/// Collective if the point is sharded or partial.
/// - Returns: |⟨∇f, d⟩ − (f(x + h·d) − f(x − h·d)) / 2h| / (1 + |⟨∇f, d⟩|).
public func checkGradient(
  of function: (Tensor<Double>) -> Tensor<Double>, at point: Tensor<Double>, key: Key = Key(1),
  step: Double = 1e-6
) -> Double {
  orEnd(point.body.runtime) { () throws(TensorError) in
    guard step > 0, step.isFinite else {
      throw TensorError("checkGradient", given: "step \(step)", expected: "a positive step")
    }
  }
  let (_, gradient) = valueWithGradient(at: point, of: function)
  // Like the gradient, which is no term where the point is one.
  let direction = Tensor<Double>.randn(point.shape, key: key)
    .redistributed(to: gradient.sharding)
  let slope = (gradient * direction).sum().item()
  let after = function(point + direction * step).item()
  let before = function(point - direction * step).item()
  return abs(slope - (after - before) / (2 * step)) / (1 + abs(slope))
}
