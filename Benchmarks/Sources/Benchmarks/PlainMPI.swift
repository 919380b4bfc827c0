import CLimits
import CPeers
import Tessera

/// What users of MPI would write, on memory like that of tensors. All of it is collective.
extension Contender {
  static func allReduceOfMPI(_ count: Int) throws(TensorError) -> Contender {
    let values = try MappedFloats(count)
    let call = { peer_mpi_all_reduce(values.base, count) }
    return try ofMPI("MPI_Allreduce", call) {
      // The sum of ones.
      values[count - 1] == Float(Job.ranks)
    }
  }

  static func broadcastOfMPI(_ count: Int) throws(TensorError) -> Contender {
    let values = try MappedFloats(count)
    if Job.isFirst { values[count - 1] = 2 }
    let call = { peer_mpi_broadcast(values.base, count) }
    return try ofMPI("MPI_Bcast", call) { values[count - 1] == 2 }
  }

  /// From rows to columns of a matrix.
  static func redistributeOfMPI(_ rows: Int, _ columns: Int) throws(TensorError) -> Contender {
    let share = Job.share(of: columns)
    let source = try MappedFloats(Job.share(of: rows) * columns)
    let target = try MappedFloats(rows * share)
    // The number of its column: exact, as there are fewer than 2²⁴.
    for index in 0..<source.count { source[index] = Float(index % columns) }
    let call = { peer_mpi_redistribute(target.base, source.base, rows, columns) }
    let first = columns * Job.rank / Job.ranks
    return try ofMPI("MPI_Alltoallw", call) {
      (0..<target.count).allSatisfy { target[$0] == Float(first + $0 % share) }
    }
  }

  /// Calls once to see that the work is done.
  private static func ofMPI(
    _ function: String, _ call: @escaping () -> Int32, isDone: () -> Bool
  ) throws(TensorError) -> Contender {
    let contender = Contender(name: "mpi") { (calls) throws(TensorError) in
      let began = limit_now()
      for _ in 0..<calls {
        let code = call()
        guard code == 0 else {
          throw TensorError(
            function, given: "the error code \(code)", expected: "success", rank: Job.rank)
        }
      }
      return limit_now() - began
    }
    _ = try contender.seconds(1)
    let isDone = isDone()
    try Job.agreeing(on: function) { () throws(TensorError) in
      guard isDone else {
        throw TensorError(function, given: "a wrong result", expected: "the right one")
      }
    }
    return contender
  }
}
