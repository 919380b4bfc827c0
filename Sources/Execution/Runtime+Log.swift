import Logging
import Machine

extension Runtime {
  /// Tells whoever looks for a fault what this rank runs on, and what it could not have.
  func logStart(asked: Int, spins: Bool) {
    let logger = communicator.logger
    if pool.workerCount < asked {
      logger.warning(
        """
        \(pool.workerCount) workers rather than \(asked): a process has at most \
        \(WorkerPool.threadLimit) threads for them
        """)
    } else if asked > topology.cpus.count {
      logger.notice("\(asked) workers on \(topology.cpus.count) CPUs")
    }
    // What follows asks the kernel or opens a library.
    guard logger.logLevel <= .notice else { return }
    for place in pool.places() {
      if let note = place.note { logger.notice("worker \(place.worker): \(note)") }
    }
    guard logger.logLevel <= .info else { return }
    let nodes = topology.nodes.map { "node \($0.number): CPUs \($0.cpus)" }
    logger.info(
      """
      \(pool.workerCount) workers that \(spins ? "spin before they sleep" : "sleep at once"), \
      \(nodes.joined(separator: ", "))
      """)
    logger.info("kernels for \(Self.instructionSet); matrix products by \(Self.linearAlgebra)")
  }
}
