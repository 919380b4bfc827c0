import Machine
import MessagePassing
import Shapes

extension Runtime {
  /// Runs a program as one rank of a job that is not there.
  ///
  /// Local. What is made inside belongs to that rank; tensors from outside are worked on as they
  /// are, where they lie on as many ranks.
  package func dryRun(
    as rank: Int, of ranks: Int, _ body: () throws -> Void
  ) rethrows -> DryRunReport {
    let runtime = Runtime(
      dryRank: rank, of: ranks, topology: topology, pool: pool, memoryLimit: arena.limit,
      checkingReplicasEvery: replicaCheckInterval, endingOn: jobCommunicator)
    try runtime.working(body)
    return DryRunReport(runtime, runtime.dry!)
  }

  /// The same as rank 0 and then as the rank that receives the most, or as those that are asked
  /// for.
  package func dryRun(
    of ranks: Int, reporting asked: [Int]?, _ body: () throws -> Void
  ) throws -> DryRunReport {
    guard (1...1 << 20).contains(ranks) else {
      throw TensorError(
        "dryRun", given: "\(ranks) ranks", expected: "a number in 1...\(1 << 20)")
    }
    if let asked, asked.isEmpty || asked.contains(where: { !(0..<ranks).contains($0) }) {
      throw TensorError(
        "dryRun", given: "a report of ranks \(asked)", expected: "ranks in 0..<\(ranks)")
    }
    var report = try dryRun(as: asked?.first ?? 0, of: ranks, body)
    let busiest = report.busiestRank
    for rank in asked?.dropFirst() ?? (busiest == 0 ? [] : [busiest]) {
      report.reports += try dryRun(as: rank, of: ranks, body).reports
    }
    return report
  }

  /// A block of elements that the program has given, which a dry run knows: in memory of their own,
  /// counted as that of other blocks is.
  package func givenBlock(
    _ elements: UnsafeRawBufferPointer, _ shape: Shape, _ type: ScalarType
  ) throws(TensorError) -> StridedBlock {
    let counted = try allocate(shape, type)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: elements.count, alignment: 64)
    bytes.copyMemory(from: elements)
    let address = UInt(bitPattern: bytes.baseAddress)
    let storage = Storage(sharing: bytes) {
      UnsafeMutableRawPointer(bitPattern: address)?.deallocate()
      withExtendedLifetime(counted) {}
    }
    return StridedBlock(storage: storage, type: type, shape: shape)
  }
}
