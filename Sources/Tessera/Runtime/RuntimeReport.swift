import Execution
import Foundation
import Machine
import MessagePassing

/// What a job runs on, as `tessera info` shows it.
public struct RuntimeReport: Codable, Sendable {
  /// What one rank runs on.
  public struct Rank: Codable, Sendable {
    /// From 0.
    public var rank: Int
    /// The name of its machine.
    public var host: String
    /// CPUs that the rank may use, by NUMA node.
    public var nodes: [Node]
    /// In the order of their numbers; the first is the calling thread.
    public var workers: [Worker]
    /// The most bytes that its tensors may take; nil without a cap.
    public var memoryCap: Int?
    /// Which kernels are in use, such as `AVX2`.
    public var instructionSet: String
    /// What the system refused in placing memory on NUMA nodes; empty where all went well.
    public var notes: [String]
    /// Pages of a fresh 64 MiB tensor, if asked for.
    public var pages: Pages?
  }

  /// A NUMA node, as far as a rank may use it.
  public struct Node: Codable, Sendable {
    /// The kernel's number of the node.
    public var number: Int
    /// The kernel's numbers of the CPUs, ascending.
    public var cpus: [Int]
  }

  /// Where one worker runs, as the kernel reports it.
  public struct Worker: Codable, Sendable {
    /// From 0, which is the calling thread.
    public var worker: Int
    /// The CPU that the worker was pinned to; the calling thread is not pinned.
    public var requestedCPU: Int?
    /// CPUs that the kernel lets the worker's thread run on.
    public var cpus: [Int]
    /// The NUMA node of those CPUs; nil where they are of several.
    public var node: Int?
    /// What the system refused, such as pinning.
    public var note: String?
  }

  /// On which NUMA nodes the pages of a tensor lie.
  public struct Pages: Codable, Sendable {
    /// The size of the tensor.
    public var bytes: Int
    /// Bytes of a page; 0 without figures.
    public var pageSize: Int
    /// Number of pages by NUMA node.
    public var pagesOfNode: [String: Int]
    /// Why there are no figures, where the system refuses them.
    public var note: String?
  }

  /// The version of Tessera.
  public var version: String
  /// How many there are.
  public var ranks: Int
  /// How they are joined, such as `MPI, 4 ranks`.
  public var transport: String
  /// The ranks of each node, inside which they share memory.
  public var nodes: [[Int]]
  /// The library's own version line; nil in a single process.
  public var mpiLibrary: String?
  /// What the MPI library allows of threads, such as `serialized`; nil in a single process.
  public var mpiThreadLevel: String?
  /// What matrix products are computed with, or why there is nothing.
  public var linearAlgebra: String
  /// One a rank, in their order.
  public var byRank: [Rank]

  /// Collects the report. Collective: called by all ranks, every rank gets all of it.
  ///
  /// - Parameter pages: also touch a fresh tensor of 64 MiB and ask where its pages lie.
  public static func gather(pages: Bool = false) throws(TensorError) -> RuntimeReport {
    let runtime = Runtime.current
    let communicator = runtime.communicator
    let own = Result { () throws(TensorError) in try Rank(of: runtime, pages: pages) }
    let rank = try communicator.agree(own, as: CollectiveLabel("info"))
    guard let encoded = try? JSONEncoder().encode(rank) else {
      throw TensorError("info", given: "a report that cannot be encoded", expected: "JSON")
    }
    let all = try communicator.allGather(control: Array(encoded), as: CollectiveLabel("info"))
    let decoder = JSONDecoder()
    let byRank = all.compactMap { try? decoder.decode(Rank.self, from: Data($0)) }
    guard byRank.count == communicator.size else {
      throw TensorError(
        "info", given: "\(byRank.count) readable reports", expected: "\(communicator.size)")
    }
    return RuntimeReport(
      version: tesseraVersion, ranks: communicator.size,
      transport: communicator.transportDescription, nodes: communicator.nodes,
      mpiLibrary: communicator.mpi?.library,
      mpiThreadLevel: communicator.mpi.map { "\($0.threadLevel)" },
      linearAlgebra: Runtime.linearAlgebra, byRank: byRank)
  }
}

extension RuntimeReport.Rank {
  fileprivate init(of runtime: Runtime, pages: Bool) throws(TensorError) {
    rank = runtime.communicator.rank
    host = ProcessInfo.processInfo.hostName
    nodes = runtime.topology.nodes.map { .init(number: $0.number, cpus: $0.cpus) }
    workers = runtime.pool.places().map {
      .init(
        worker: $0.worker, requestedCPU: $0.requestedCPU, cpus: $0.mask, node: $0.node,
        note: $0.note)
    }
    memoryCap = runtime.arena.limit
    instructionSet = Runtime.instructionSet
    if pages { self.pages = try .init(on: runtime) }
    // Not before a tensor has been placed.
    notes = runtime.arena.notes
  }
}

extension RuntimeReport.Pages {
  fileprivate init(on runtime: Runtime) throws(TensorError) {
    bytes = 64 << 20
    let block = try runtime.allocate([bytes], .uint8)
    // Pages exist once they are written, by the workers that will use them.
    runtime.executor.fill(block, with: ScalarValue(UInt8(1)))
    switch PageReport(of: block.range) {
    case .counted(let counts):
      pageSize = counts.pageSize
      pagesOfNode = Dictionary(
        uniqueKeysWithValues: counts.pagesOfNode.map { ("\($0.key)", $0.value) })
    case .refused(let refusal):
      pageSize = 0
      pagesOfNode = [:]
      note = refusal
    }
  }
}
