import Foundation
import Machine
import Shapes
import Synchronization

/// Carries out what a communicator has begun, one after another in the order of the calls, on a
/// thread of its own: it owns the transport for as long as anything is in flight.
///
/// The thread starts with the first collective that is begun and ends soon after the last. It takes
/// no workers of the program, whose operations would run on one core meanwhile.
final class Courier: Sendable {
  /// Something to be done, and what it reads and writes.
  private struct Errand {
    let ranges: [StorageRange]
    let arrival = Arrival()
    let work: () -> Result<Void, TensorError>
  }

  // Unchecked because work that is waited for captures what its caller has: the caller stands still
  // until it is done.
  private struct State: @unchecked Sendable {
    /// The first is under way, unless the thread has just come.
    var errands: [Errand] = []
    var isAtWork = false
    var hasThread = false
    var isHalted = false
  }

  private let state = Mutex(State())
  /// Rung once for each errand.
  private let bell = DispatchSemaphore(value: 0)

  /// How long the thread waits for more to do: programs begin collectives in bursts.
  private static let idleTime = DispatchTimeInterval.milliseconds(100)

  /// Whether there is a thread.
  var hasThread: Bool { state.withLock { $0.hasThread } }

  /// Lets the thread do something when it has done all that it was given before.
  func send(
    holding ranges: [StorageRange], _ work: @escaping @Sendable () -> Result<Void, TensorError>
  ) -> Arrival {
    enqueue(Errand(ranges: ranges, work: work))
  }

  /// The same, waiting for it.
  func carryOut(_ work: () -> Void) {
    withoutActuallyEscaping(work) { work in
      let arrival = enqueue(
        Errand(ranges: []) {
          work()
          return .success(())
        })
      // The outcome is always a success.
      try? arrival.wait()
    }
  }

  /// Waits for all that was given before, however it ends.
  func drain() {
    let last = state.withLock { $0.errands.last?.arrival }
    try? last?.wait()
  }

  /// Waits for all that reads or writes a storage, however it ends.
  func settle(_ storage: Storage) {
    let arrivals = state.withLock { state in
      state.errands.filter { $0.ranges.contains { $0.storage === storage } }.map(\.arrival)
    }
    for arrival in arrivals { try? arrival.wait() }
  }

  /// Lets nothing more begin, at the end of the process. Returns whether the thread has come to
  /// rest within the time.
  func halts(within seconds: Double) -> Bool {
    var time = AttendedTime.beginning()
    while true {
      let isAtWork = state.withLock { state in
        state.isHalted = true
        return state.isAtWork
      }
      if !isAtWork { return true }
      if time.passed >= seconds { return false }
      usleep(500)
      time.look()
    }
  }

  private func enqueue(_ errand: Errand) -> Arrival {
    let startsThread = state.withLock { state in
      state.errands.append(errand)
      defer { state.hasThread = true }
      return !state.hasThread
    }
    if startsThread {
      let thread = Thread { [self] in WorkerPool.withoutWorkers { serve() } }
      thread.name = "tessera.courier"
      thread.stackSize = 8 << 20
      thread.start()
    }
    bell.signal()
    return errand.arrival
  }

  private func serve() {
    while true {
      if bell.wait(timeout: .now() + Self.idleTime) == .timedOut {
        let isDone = state.withLock { state in
          // What has just come rings.
          if state.errands.isEmpty { state.hasThread = false }
          return state.errands.isEmpty
        }
        if isDone { return }
        continue
      }
      guard let (arrival, outcome) = performNext() else { return }
      arrival.end(outcome)
    }
  }

  // Not inlined, so that everything that an errand holds is let go of before its end is told.
  @inline(never)
  private func performNext() -> (Arrival, Result<Void, TensorError>)? {
    let next = state.withLock { state -> Errand? in
      if state.isHalted { return nil }
      state.isAtWork = true
      return state.errands[0]
    }
    guard let next else { return nil }
    let outcome = next.work()
    state.withLock { state in
      state.errands.removeFirst()
      state.isAtWork = false
    }
    return (next.arrival, outcome)
  }
}
