import Glibc
import Machine
import MessagePassing
import Shapes

/// What the ranks of one machine share.
package struct Neighbours {
  /// Ranks on this rank's machine, itself included.
  let count: Int
  /// How many of those may run on the same CPUs.
  let sharing: Int
  let topology: Topology
  let limits: ProcessorLimits
  /// Whether a launcher started the process, and may have bound it.
  let isLaunched: Bool
  /// CPUs of the machine that are running.
  let online: Int

  package init(
    count: Int, sharing: Int, topology: Topology, limits: ProcessorLimits, isLaunched: Bool,
    online: Int
  ) {
    self.count = count
    self.sharing = sharing
    self.topology = topology
    self.limits = limits
    self.isLaunched = isLaunched
    self.online = online
  }

  package init(
    _ communicator: Communicator, _ topology: Topology, _ limits: ProcessorLimits
  ) throws(TensorError) {
    var count = 1
    var sharing = 1
    if communicator.size > 1 {
      var name = [CChar](repeating: 0, count: 256)
      gethostname(&name, name.count - 1)
      let host = name.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      let own = "\(host) \(topology.cpus)"
      let all = try communicator.allGather(
        control: Array(own.utf8), as: CollectiveLabel("start")
      ).map { String(decoding: $0, as: UTF8.self) }
      count = all.count { $0.hasPrefix(host + " ") }
      sharing = all.count { $0 == own }
    }
    self.init(
      count: count, sharing: sharing, topology: topology, limits: limits,
      isLaunched: communicator.mpi != nil && !Launcher.isSlurmStep,
      online: Topology.onlineCount)
  }

  /// This rank's share of the CPUs that it may run on.
  package var workersPerRank: Int {
    limits.workerCount(for: topology, processes: count, sharing: sharing)
  }

  package func hasOwnCPUs(workers: Int) -> Bool {
    workers * sharing <= topology.coreCount && workers <= workersPerRank
  }

  /// What to say when the launcher bound each rank to one core while others stay idle, which Open
  /// MPI does unasked with one or two ranks; nil where all is well, and for Slurm's steps, whose
  /// CPUs are allocated.
  package var bindingAdvice: String? {
    let available = limits.cpuCount(online: online)
    guard isLaunched, topology.coreCount == 1, available > count * topology.cpus.count else {
      return nil
    }
    let who = count == 1 ? "the only rank" : "each of the \(count) ranks"
    return """
      the launcher bound \(who) of this machine to one core, though it has \(available) CPUs; \
      mpirun --bind-to none lifts that, TESSERA_WORKERS=1 says that it is meant
      """
  }
}
