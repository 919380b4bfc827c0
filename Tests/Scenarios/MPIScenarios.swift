import CMPI
import ForkedProcess
import Foundation
import MessagePassing
import Shapes
import Tessera

/// Programs that use MPI themselves, and programs that fork.
enum MPIScenarios {
  /// These end with status 0, and rank 0 writes `ok`.
  static let sound = [
    Scenario(
      "mpi-before", "the program initialises MPI before the first tensor, and ends it: ok",
      preparation: { initialize(MPI_THREAD_MULTIPLE) },
      { communicator throws(TensorError) in
        try addUp(communicator)
        check("MPI_Finalize", MPI_Finalize())
      }),
    Scenario("mpi-after", "the program ends MPI, which Tessera has initialised: ok") {
      communicator throws(TensorError) in
      try addUp(communicator)
      check("MPI_Finalize", MPI_Finalize())
    },
    Scenario("forks", "children that compute end with one message each; their parents go on: ok") {
      communicator throws(TensorError) in
      forkedTensor = Tensor<Float>.ones([1 << 20, 4], sharding: .sharded(axis: 0))
      let isLast = communicator.rank == communicator.size - 1
      let statuses = isLast ? children.map { run_in_child($0) } : []
      let isSound = statuses.allSatisfy { $0 == 1 }
      let status: Result<Void, TensorError> =
        isSound
        ? .success(())
        : .failure(
          TensorError("forks", given: "\(statuses)", expected: "children that end with status 1"))
      try communicator.agree(status, as: CollectiveLabel("children"))
      try addUp(communicator)
    },
  ]

  /// These end with a message, and a status that is not 0.
  static let failing = [
    Scenario(
      "mpi-level", "the program initialises MPI for one thread alone",
      preparation: { check("MPI_Init", MPI_Init(nil, nil)) },
      { communicator throws(TensorError) in try addUp(communicator) }),
    Scenario(
      "mpi-finalized", "the program ends MPI before the first tensor",
      preparation: {
        initialize(MPI_THREAD_SERIALIZED)
        check("MPI_Finalize", MPI_Finalize())
      }, { communicator throws(TensorError) in try addUp(communicator) }),
    Scenario("mpi-late", "the program adds up a tensor after it has ended MPI") {
      communicator throws(TensorError) in
      try addUp(communicator)
      check("MPI_Finalize", MPI_Finalize())
      try addUp(communicator)
    },
    Scenario("mpi-alone", "rank 0 ends MPI while the others add up a tensor") {
      communicator throws(TensorError) in
      try addUp(communicator)
      if communicator.rank == 0 { check("MPI_Finalize", MPI_Finalize()) }
      try addUp(communicator)
    },
  ]

  private static func initialize(_ wanted: some BinaryInteger) {
    var level: Int32 = 0
    check("MPI_Init_thread", MPI_Init_thread(nil, nil, Int32(wanted), &level))
  }

  private static func check(_ function: String, _ code: Int32) {
    precondition(code == MPI_SUCCESS, "\(function): error \(code)")
  }

  private static func addUp(_ communicator: Communicator) throws(TensorError) {
    let sum = Int(Tensor<Int32>.arange(8, sharding: .sharded(axis: 0)).sum())
    if sum != 28 { throw TensorError("sum", given: "\(sum)", expected: "28") }
    try reportOK(communicator)
  }

  /// Each a way to compute in a child: small and large, reading, writing in place.
  private static let children: [@convention(c) () -> Void] = [
    { _ = Tensor<Float>.ones([4]) + 1 },
    { _ = MPIScenarios.forkedTensor! + 1 },
    { _ = MPIScenarios.forkedTensor!.localPart },
    { MPIScenarios.forkedTensor! += 1 },
  ]

  // Set before there are children, and never on two threads.
  nonisolated(unsafe) private static var forkedTensor: Tensor<Float>?
}
