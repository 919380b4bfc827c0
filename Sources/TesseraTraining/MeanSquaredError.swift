import Execution
import Tessera

/// The mean over the global batch of squared differences: Σ (prediction − target)² / elementCount.
///
/// Shapes must agree: broadcasting a row of targets against a column of predictions would make a
/// matrix of differences, and a loss that means nothing. Collective if a tensor is sharded: one
/// word is all-reduced, and elements travel where the tensors are cut differently.
/// - Parameters:
///   - predictions: of any shape, at least one element.
///   - targets: of the same shape; another one ends the job with a message.
public func meanSquaredError<S: FloatingPointTensorScalar>(
  _ predictions: Tensor<S>, _ targets: Tensor<S>
) -> Tensor<S> {
  orEnd(predictions.body.runtime) { () throws(TensorError) in
    try checkTargets(targets.shape, for: predictions.shape)
  }
  return (predictions - targets).square().mean()
}

/// Checks shapes, which all ranks know.
package func checkTargets(_ targets: Shape, for predictions: Shape) throws(TensorError) {
  guard predictions == targets, predictions.elementCount > 0 else {
    throw TensorError(
      "meanSquaredError",
      given: "predictions of shape \(predictions) and targets of shape \(targets)",
      expected: "one shape, of at least one element")
  }
}
