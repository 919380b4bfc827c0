import Foundation
import Shapes
import Synchronization

/// The one way in which a program ends because of an error.
public enum FailurePath {
  private static let hasBegun = Atomic<Bool>(false)

  /// True once an error has begun to end this process, so that its exit needs no further words.
  static var isEnding: Bool { hasBegun.load(ordering: .acquiring) }

  /// Writes `tessera: <message>` to standard error and ends the whole job with status 1.
  ///
  /// Any rank may call it, on any thread. Rank 0 speaks at once. The others wait a second, in which
  /// rank 0 may end the job because of the same error, and only then write theirs with their rank.
  public static func end(_ error: TensorError, on communicator: Communicator?) -> Never {
    let message = error.description
    let status: Int32 = 1
    if hasBegun.exchange(true, ordering: .acquiringAndReleasing) {
      // Another thread is at it, or an exit handler of this one came back here.
      sleep(5)
      _exit(status)
    }
    // Whatever may hang from here on (a lock on a file, an exit handler), the process ends.
    DispatchQueue.global().asyncAfter(deadline: .now() + 10) { _exit(status) }
    fflush(nil)
    let rank = communicator?.rank ?? 0
    giveWay(rank)
    write(rank == 0 ? message : "rank \(rank): \(message)")
    finish(status, on: communicator)
  }

  /// Ends the job because this process ends with a status that is not 0; it says so at once.
  static func end(processStatus status: Int32, on communicator: Communicator) -> Never {
    hasBegun.store(true, ordering: .releasing)
    fflush(nil)
    write("rank \(communicator.rank) ended with status \(status)")
    finish(status, on: communicator)
  }

  private static func finish(_ status: Int32, on communicator: Communicator?) -> Never {
    guard let communicator else { exit(status) }
    communicator.abort(status: status)
  }

  /// The same for a process that is stuck in a call of its transport, and so cannot use it.
  static func endWithoutTransport(_ error: TensorError, rank: Int) -> Never {
    giveWay(rank)
    write(rank == 0 ? error.description : "rank \(rank): \(error)")
    _exit(1)
  }

  /// The first rank speaks at once, the others a second later and apart from each other too, so that
  /// the first of them can end the job for the rest.
  private static func giveWay(_ rank: Int) {
    if rank > 0 { usleep(UInt32(1_000_000 + 100_000 * min(rank - 1, 20))) }
  }

  /// In one call, so that the lines of several ranks do not mix.
  static func write(_ message: String) {
    let line = Array("tessera: \(message)\n".utf8)
    _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

extension Communicator {
  /// Ends the job, from any thread.
  fileprivate func abort(status: Int32) -> Never {
    let thread = pthread_self()
    let isBusyElsewhere = state.withLock { state in
      state.isInCollective && state.programThread.map { pthread_equal($0, thread) == 0 } ?? false
    }
    // Two threads in the transport at once could hang; the launcher ends a job that loses a process.
    if isBusyElsewhere { _exit(status) }
    transport.abort(status: status)
  }
}
