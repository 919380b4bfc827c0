import Distribution
import MessagePassing
import Shapes

/// How the steps of a collective on values are carried out. Generic, as a small one would notice a
/// closure.
protocol Carriage {
  /// Moves bytes.
  mutating func deliver(
    _ delivery: Delivery, as label: CollectiveLabel
  ) throws(TensorError)

  /// Joins the rows of terms that have arrived into a contiguous block.
  mutating func join(_ terms: StridedBlock, _ reduction: Reduction, into target: StridedBlock)
}

/// One step after another, each waited for.
struct WaitingCarriage: Carriage {
  let runtime: Runtime

  func deliver(_ delivery: Delivery, as label: CollectiveLabel) throws(TensorError) {
    try runtime.communicator.carryOut(delivery, as: label)
  }

  func join(_ terms: StridedBlock, _ reduction: Reduction, into target: StridedBlock) {
    runtime.executor.join(terms, reduction, into: target)
  }
}

/// All steps begun in their order; the last one to arrive is the whole.
struct BeginningCarriage: Carriage {
  let runtime: Runtime
  /// Complete where there is nothing to be done.
  private(set) var arrival = Arrival(.success(()))

  init(runtime: Runtime) { self.runtime = runtime }

  mutating func deliver(_ delivery: Delivery, as label: CollectiveLabel) throws(TensorError) {
    arrival = try runtime.communicator.begin(delivery, as: label)
  }

  mutating func join(_ terms: StridedBlock, _ reduction: Reduction, into target: StridedBlock) {
    let ranges = [terms.range, target.range]
    arrival = runtime.communicator.begin(holding: ranges) { [runtime] in
      runtime.executor.join(terms, reduction, into: target)
    }
  }
}
