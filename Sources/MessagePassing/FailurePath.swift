import Foundation
import Shapes
import Synchronization

/// The one way in which a program ends because of an error.
public enum FailurePath {
  private static let hasBegun = Atomic<Bool>(false)
  /// The message of the rank that speaks, until it is said.
  private static let unsaid = Mutex<String?>(nil)

  /// True once an error has begun to end this process, so that its exit needs no further words.
  static var isEnding: Bool { hasBegun.load(ordering: .acquiring) }

  /// Writes `tessera: <message>` to standard error and ends the whole job with status 1.
  ///
  /// Any rank may call it, on any thread. The rank that met the error speaks at once, or rank 0
  /// where the error names none. The others wait a second, in which they may hear that another has
  /// spoken, and only then write theirs with their rank. Of ranks that met errors of their own at
  /// the same time, the lowest speaks. The rank that speaks names the line of the program.
  public static func end(_ error: TensorError, on communicator: Communicator?) -> Never {
    end(error, calls: CallStack(), on: communicator)
  }

  /// The same for an error of the start, to which no line of the program is to blame.
  package static func end(start error: TensorError, on communicator: Communicator?) -> Never {
    end(error, calls: nil, on: communicator)
  }

  private static func end(
    _ error: TensorError, calls: CallStack?, on communicator: Communicator?
  ) -> Never {
    let status: Int32 = 1
    if hasBegun.exchange(true, ordering: .acquiringAndReleasing) {
      // Another thread is at it, or an exit handler of this one came back here.
      sleep(5)
      _exit(status)
    }
    // Whatever may hang from here on (a lock on a file, an exit handler), the process ends.
    DispatchQueue.global().asyncAfter(deadline: .now() + 10) {
      if let message = unsaid.withLock({ $0.take() }) { write(message) }
      _exit(status)
    }
    fflush(nil)
    let transport = communicator?.claimedTransport()
    let rank = communicator?.rank ?? 0
    let speaker = error.rank.flatMap { $0 < communicator?.size ?? 1 ? $0 : nil } ?? 0
    if !isLeftToOthers(rank, speaker: speaker, transport) {
      let message = text(of: error, rank)
      unsaid.withLock { $0 = message }
      // The others hear of it before it is said, and leave it to this rank for five seconds.
      // Unheard, they wait for one.
      transport?.announceEnd()
      let patience = transport == nil ? 0.7 : 3
      let site = calls.flatMap { error.callSite(or: $0, within: patience) }
      let place = site.map { ", \($0)" } ?? ""
      if transport?.hearsOfEnd(of: 0..<rank, within: 0.1) != true {
        if let message = unsaid.withLock({ $0.take() }) { write(message + place) }
        finish(status, on: communicator)
      }
      unsaid.withLock { $0 = nil }
    }
    // Whoever has spoken is about to end the job, which takes a launcher a while.
    sleep(5)
    finish(status, on: communicator)
  }

  /// Ends the job because this process ends with a status that is not 0; it says so at once.
  static func end(processStatus status: Int32, on communicator: Communicator) -> Never {
    hasBegun.store(true, ordering: .releasing)
    fflush(nil)
    write("rank \(communicator.rank) ended with status \(status)")
    communicator.claimedTransport()?.announceEnd()
    finish(status, on: communicator)
  }

  private static func finish(_ status: Int32, on communicator: Communicator?) -> Never {
    guard let communicator else { exit(status) }
    communicator.abort(status: status)
  }

  /// The same for a process that is stuck in a call of its transport, and so cannot use it.
  static func endWithoutTransport(_ error: TensorError, rank: Int) -> Never {
    _ = isLeftToOthers(rank, speaker: 0, nil)
    write(text(of: error, rank))
    _exit(1)
  }

  /// Gives the speaker a second to speak, and lower ranks a bit less than higher ones: ranks that
  /// wait for the same one began at different times. Returns whether one of them has spoken.
  private static func isLeftToOthers(
    _ rank: Int, speaker: Int, _ transport: (any Transport)?
  ) -> Bool {
    // Another may have begun to speak of an error of its own.
    let others = 0..<Int.max
    if rank == speaker { return transport?.hearsOfEnd(of: others, within: 0.01) ?? false }
    let seconds = 1 + 0.3 * Double(min(rank < speaker ? rank : rank - 1, 8))
    if let transport { return transport.hearsOfEnd(of: others, within: seconds) }
    // Unheard, they end this rank through the launcher: Open MPI's waits a second before it kills.
    usleep(UInt32((seconds + 1.5) * 1e6))
    return false
  }

  private static func text(of error: TensorError, _ rank: Int) -> String {
    let isKnown = rank == 0 || error.rank == rank
    return isKnown ? error.description : "rank \(rank): \(error)"
  }

  /// In one call, so that the lines of several ranks do not mix.
  static func write(_ message: String) {
    let line = Array("tessera: \(message)\n".utf8)
    _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }
}

extension Communicator {
  /// The transport, for the calling thread alone from now on; nil while another one is in a
  /// collective, as two threads in it at once could hang, and after the end of MPI. The courier
  /// begins nothing more, and has a moment to end what it is in.
  fileprivate func claimedTransport() -> (any Transport)? {
    guard courier.halts(within: 0.5) else { return nil }
    let thread = pthread_self()
    let isFree = state.withLock { state in
      if state.isCutOff { return false }
      let isMine = state.programThread.map { pthread_equal($0, thread) != 0 } ?? true
      guard isMine || !state.isInCollective else { return false }
      state.programThread = thread
      state.isInCollective = true
      return true
    }
    return isFree ? transport : nil
  }

  /// Ends the job, from any thread.
  fileprivate func abort(status: Int32) -> Never {
    if size > 1 { FailureNote.leave(status: status) }
    // The launcher ends a job that loses a process.
    guard let transport = claimedTransport() else { _exit(status) }
    transport.abort(status: status)
  }
}
