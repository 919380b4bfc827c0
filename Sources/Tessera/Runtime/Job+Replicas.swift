import Execution
import MessagePassing

extension Job {
  /// Compares replicated tensors bit by bit among the ranks: whether what should be the same
  /// everywhere is.
  ///
  /// Ranks drift apart without a word where they read other data, use other random keys or leave a
  /// step out on one rank. `TESSERA_CHECK_REPLICAS=N` lets optimizers do the same in every N-th
  /// update.
  ///
  /// Bits are compared: 0 and −0 differ, and so do NaN of other payloads. Tensors that are sharded
  /// or partial are left out, as no element of theirs is on two ranks. Collective: called by all
  /// ranks, with tensors of the same shapes. Each rank reads its bytes once and sends 8 bytes a
  /// tensor to each other rank.
  /// - Parameters:
  ///   - tensors: those to compare.
  ///   - names: what messages call them, in the same order; numbers where there are none.
  /// - Throws: the same `TensorError` on every rank, with the names of tensors that differ and the
  ///   ranks that hold other bits than most do.
  public static func checkReplicas<Scalar: TensorScalar>(
    of tensors: [Tensor<Scalar>], named names: [String] = []
  ) throws(TensorError) {
    try checkReplicas(
      tensors.enumerated().map { index, tensor in
        (index < names.count ? names[index] : "tensor \(index)", tensor.body)
      })
  }

  /// The same for the values of parameters, such as a model's, under their names.
  public static func checkReplicas<Scalar: FloatingPointTensorScalar>(
    of parameters: [Parameter<Scalar>]
  ) throws(TensorError) {
    try checkReplicas(
      parameters.enumerated().map { index, parameter in
        (parameter.title(orNumber: index), parameter.body)
      })
  }

  private static func checkReplicas(
    _ bodies: [(name: String, body: Body)]
  ) throws(TensorError) {
    let runtime = bodies.first?.body.runtime ?? .current
    let operation = "checkReplicas"
    let descriptions = bodies.map { "\($0.name): \($0.body.description)" }
    try runtime.communicator.carryingOut(
      DescribedCall("[" + descriptions.joined(separator: ", ") + "]")
    ) { () throws(TensorError) in
      try runtime.together(endsInExchange: true) { () throws(TensorError) in
        var replicas: [Replica] = []
        for (name, body) in bodies where body.sharding.isReplicated {
          replicas.append(Replica(name, try body.block))
        }
        try runtime.check(replicas, for: operation)
      }
    }
  }
}

extension Parameter {
  /// What messages call it: `the parameter weights`, or by its number among several.
  package func title(orNumber number: Int) -> String {
    "the parameter " + (name.isEmpty ? "\(number)" : name)
  }
}
