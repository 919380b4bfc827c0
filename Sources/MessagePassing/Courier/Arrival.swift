import Dispatch
import Shapes
import Synchronization

/// The end of a collective that was begun: waited for where its bytes are needed.
///
/// A collective goes on whether or not anybody waits for it, and holds the memory that it reads and
/// writes until it has ended. Only who waits learns of its error; the communicator is broken by it
/// all the same.
public final class Arrival: Sendable {
  private struct State {
    var outcome: Result<Void, TensorError>?
    var sleepers: [DispatchSemaphore] = []
  }

  private let state = Mutex(State())
  private let hasEnded = Atomic<Bool>(false)

  init() {}

  /// One of a collective that ended as it was begun, as on one rank.
  package convenience init(_ outcome: Result<Void, TensorError>) {
    self.init()
    end(outcome)
  }

  /// Whether the collective has ended, well or not. Local.
  public var isComplete: Bool { hasEnded.load(ordering: .acquiring) }

  /// Returns when the collective has ended, or throws its error. Any thread may wait, as often as
  /// it likes, with the same outcome. Local: the collective itself has its deadlines.
  public func wait() throws(TensorError) {
    while true {
      let bell = DispatchSemaphore(value: 0)
      let outcome = state.withLock { state in
        if state.outcome == nil { state.sleepers.append(bell) }
        return state.outcome
      }
      if let outcome { return try outcome.get() }
      bell.wait()
    }
  }

  func end(_ outcome: Result<Void, TensorError>) {
    let sleepers = state.withLock { state in
      state.outcome = outcome
      defer { state.sleepers = [] }
      return state.sleepers
    }
    hasEnded.store(true, ordering: .releasing)
    for bell in sleepers { bell.signal() }
  }
}
