import Execution
import Tessera

/// What an optimizer keeps of each parameter: blocks that lie like it, zero at first, and how many
/// steps it took.
final class ParameterState {
  private struct Entry {
    /// Kept so that its identity is not given to another.
    let parameter: AnyObject
    var blocks: [StridedBlock]
    var steps = 0
  }

  private let blocksPerParameter: Int
  private var entries: [ObjectIdentifier: Entry] = [:]
  /// How often parameters have been changed.
  private var updateCount = 0
  /// What works on the optimizer's parameters, but for dry runs.
  private let home = Runtime.current

  init(blocksPerParameter: Int) {
    self.blocksPerParameter = blocksPerParameter
  }

  /// One step of all parameters: appends what gives the parameter anew in a step, whose number is
  /// counted from 1, of the parameter, its blocks, which it stores anew, and the gradient.
  func update<Scalar: FloatingPointTensorScalar>(
    _ operation: String, _ parameters: [Parameter<Scalar>], along gradients: [Tensor<Scalar>],
    _ step: (_ number: Int, _ elements: inout Elements, _ values: [Program.Value]) -> Void
  ) {
    guard let runtime = parameters.first?.body.runtime else { return }
    orEnd(runtime) { () throws(TensorError) in
      if let dry = runtime.dry, home !== runtime {
        // A dry run leaves the optimizer as it is.
        let copy = try dry.copy(of: self) { ParameterState(blocksPerParameter: blocksPerParameter) }
        return copy.update(operation, parameters, along: gradients, step)
      }
      guard parameters.map(\.shape) == gradients.map(\.shape) else {
        throw TensorError(
          operation,
          given: "gradients of shapes \(gradients.map(\.shape)) for parameters of shapes "
            + "\(parameters.map(\.shape))", expected: "one gradient of the same shape for each")
      }
      guard Set(parameters.map { ObjectIdentifier($0) }).count == parameters.count else {
        throw TensorError(operation, given: "a parameter twice", expected: "each parameter once")
      }
      updateCount += 1
      let interval = runtime.replicaCheckInterval
      let isChecked = interval > 0 && updateCount.isMultiple(of: interval)
      var replicas: [Replica] = []
      for (number, (parameter, gradient)) in zip(parameters, gradients).enumerated() {
        let aligned = gradient.redistributed(to: parameter.body.sharding)
        let key = ObjectIdentifier(parameter)
        var entry: Entry
        if let known = entries[key] { entry = known } else { entry = try fresh(parameter) }
        entry.steps += 1
        try parameter.update(state: entry.blocks, [aligned.body.block]) {
          step(entry.steps, &$0, $1)
        }
        entries[key] = entry
        guard isChecked, parameter.body.sharding.isReplicated else { continue }
        let title = parameter.title(orNumber: number)
        replicas.append(Replica("the gradient of \(title)", try aligned.body.block))
        replicas.append(Replica(title, try parameter.body.block))
        replicas += entry.blocks.map { Replica("the optimizer's state of \(title)", $0) }
      }
      try runtime.check(replicas, for: operation, " in update \(updateCount)")
    }
  }

  private func fresh<Scalar>(_ parameter: Parameter<Scalar>) throws(TensorError) -> Entry {
    let runtime = parameter.body.runtime
    var blocks: [StridedBlock] = []
    for _ in 0..<blocksPerParameter {
      let block = try runtime.allocate(
        parameter.body.localShape, Scalar.scalarType, for: "an optimizer's state")
      runtime.executor.fill(block, with: Scalar.zero.scalarValue)
      blocks.append(block)
    }
    return Entry(parameter: parameter, blocks: blocks)
  }
}
