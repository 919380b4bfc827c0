import Glibc
import Machine

/// A wait for another rank of the node: it spins for some microseconds, then looks at the clock,
/// gives way and sleeps as waits for messages do.
struct NodeWait {
  /// Looks without asking for the time: a peer that is at the same place is there by then.
  private static let eagerLooks = 256
  /// Seconds after which a silent peer's process is looked at; a launcher that ends the job of a
  /// lost process does so sooner.
  private static let soundingTime = 3.0

  private let transport: NodeTransport
  private let timeout: Double
  private var patience: Patience
  private var looks = 0
  private var nextSounding = Self.soundingTime

  /// The longest nap is in microseconds.
  init(_ transport: NodeTransport, _ timeout: Double, longestNap: UInt32 = 100) {
    self.transport = transport
    self.timeout = timeout
    patience = Patience(idle: transport.isCrowded, longestNap: longestNap)
  }

  /// Starts the wait anew, as something has come.
  mutating func begin() {
    looks = 0
  }

  /// Passes the time until the next look; throws when it is up, or when nobody will come.
  @inline(__always)
  mutating func rest(_ missing: () -> [Int]) throws(TransportFailure) {
    if looks < Self.eagerLooks, !transport.isCrowded {
      looks += 1
      spinHint()
    } else {
      try restPatiently(missing)
    }
  }

  @inline(never)
  private mutating func restPatiently(_ missing: () -> [Int]) throws(TransportFailure) {
    if looks <= Self.eagerLooks {
      looks = Self.eagerLooks + 1
      patience.begin()
      nextSounding = Self.soundingTime
    }
    if patience.isDueToListen {
      try transport.base.listen { missing().map { transport.members[$0] } }
    }
    if patience.waited > timeout {
      throw .deadline(missing: missing().map { transport.members[$0] })
    }
    if patience.waited > nextSounding {
      nextSounding += 1
      for peer in missing() where hasEnded(transport.processes[peer]) {
        throw .departed(rank: transport.members[peer])
      }
    }
    patience.rest()
  }

  private func hasEnded(_ process: Int64) -> Bool {
    kill(pid_t(process), 0) != 0 && errno == ESRCH
  }
}
