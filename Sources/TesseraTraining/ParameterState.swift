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
      try check(operation, parameters, gradients)
      updateCount += 1
      let interval = runtime.replicaCheckInterval
      let isChecked = interval > 0 && updateCount.isMultiple(of: interval)
      var replicas: [Replica] = []
      for number in parameters.indices {
        let parameter = parameters[number]
        let sharding = parameter.body.sharding
        var aligned = try gradients[number].body.brought(to: runtime, for: operation)
        if aligned.sharding != sharding {
          aligned = gradients[number].redistributed(to: sharding).body
        }
        let key = ObjectIdentifier(parameter)
        var entry: Entry
        if let known = entries[key] { entry = known } else { entry = try fresh(parameter) }
        entry.steps += 1
        try parameter.update(state: entry.blocks, [aligned.block]) {
          step(entry.steps, &$0, $1)
        }
        entries[key] = entry
        guard isChecked, sharding.isReplicated else { continue }
        let title = parameter.title(orNumber: number)
        replicas.append(Replica("the gradient of \(title)", try aligned.block))
        replicas.append(Replica(title, try parameter.body.block))
        replicas += entry.blocks.map { Replica("the optimizer's state of \(title)", $0) }
      }
      try runtime.check(replicas, for: operation, " in update \(updateCount)")
    }
  }

  private func check<Scalar: FloatingPointTensorScalar>(
    _ operation: String, _ parameters: [Parameter<Scalar>], _ gradients: [Tensor<Scalar>]
  ) throws(TensorError) {
    // Without arrays where all is well: this comes with every step.
    let isAlike =
      parameters.count == gradients.count
      && parameters.indices.allSatisfy { parameters[$0].shape == gradients[$0].shape }
    guard isAlike else {
      throw TensorError(
        operation,
        given: "gradients of shapes \(gradients.map(\.shape)) for parameters of shapes "
          + "\(parameters.map(\.shape))", expected: "one gradient of the same shape for each")
    }
    guard Set(parameters.map { ObjectIdentifier($0) }).count == parameters.count else {
      throw TensorError(operation, given: "a parameter twice", expected: "each parameter once")
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
