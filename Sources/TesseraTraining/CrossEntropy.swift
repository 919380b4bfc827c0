import Execution
import MessagePassing
import Tessera

/// The mean over the global batch of −log softmax(logits)[label], in nats.
///
/// A row's share is log Σ exp(x − max x) − (x[label] − max x), which neither overflows nor loses
/// the small difference of large numbers. Collective if `logits` is sharded along its rows: one
/// word is all-reduced.
/// - Parameters:
///   - logits: [rows, classes], at least one row.
///   - labels: [rows], each in 0 ..< classes; of another one all ranks are told, and the job ends
///     with one message.
public func crossEntropy<S: FloatingPointTensorScalar, L: IntegerTensorScalar>(
  _ logits: Tensor<S>, _ labels: Tensor<L>
) -> Tensor<S> {
  orEnd(logits.body.runtime) { () throws(TensorError) in
    try checkLabels(labels, for: logits)
  }
  return logits.body.runtime.makeCurrent {
    let rows = logits.shape[0]
    let largest = logits.withoutGradient().max(axes: 1, keepingAxes: true)
    let shifted = logits - select(largest.isFinite(), largest, 0)
    let classes = Tensor<Int64>.arange(logits.shape[1])
    let isLabel = labels.converted(to: Int64.self).expandingAxis(at: 1) .== classes
    // Chosen rather than multiplied by the mask: a logit of −∞ elsewhere must not give NaN.
    let chosen = select(isLabel, shifted, 0).sum(axes: 1)
    return (shifted.exp().sum(axes: 1).log() - chosen).sum() / S(rows)
  }
}

/// Checks shapes, which all ranks know, and the labels that this rank holds; a wrong one among them
/// becomes the error of all ranks.
package func checkLabels(
  _ labels: Tensor<some IntegerTensorScalar>, for logits: Tensor<some FloatingPointTensorScalar>
) throws(TensorError) {
  let shape = logits.shape
  guard shape.count == 2, shape[0] > 0, shape[1] > 0, labels.shape == [shape[0]] else {
    throw TensorError(
      "crossEntropy", given: "logits of shape \(shape) and labels of shape \(labels.shape)",
      expected: "[rows, classes] and [rows], at least one of each")
  }
  let runtime = labels.body.runtime
  guard runtime.executor.holdsElements else { return }
  for label in try labels.localScalars() where label < 0 || label >= shape[1] {
    let error = TensorError(
      "crossEntropy", given: "the label \(label)", expected: "labels in 0..<\(shape[1])")
    // Who holds the same labels has met the same error.
    throw labels.sharding.isReplicated ? error : runtime.communicator.told(error)
  }
}
