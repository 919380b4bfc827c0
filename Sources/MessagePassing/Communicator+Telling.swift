import Glibc
import Shapes

// Errors that one rank meets in the middle of something that all ranks carry out together, such as
// too little memory, while the others go on to their next collective.
extension Communicator {
  /// In the place of a collective's number in a header: the rank has met an error and takes part in
  /// no collective any more. Less than all numbers.
  static let failedNumber = Int64.min

  /// Seconds in which a rank with an error waits for the others to come to their next collective.
  package static let patience = 1.0

  /// How many collectives this rank has begun; 0 on threads that may begin none.
  package var collectiveCount: Int {
    let thread = pthread_self()
    return state.withLock { state in
      pthread_equal(state.programThread ?? thread, thread) != 0 ? state.sequence : 0
    }
  }

  /// Tells all ranks of an error that this rank has met while they carry out something together,
  /// and breaks the communicator. Gives what this rank is to throw: the error that all ranks throw.
  ///
  /// Takes part in the comparison of headers that begins the others' next collective. So all ranks
  /// that have met an error meet there, and that of the lowest rank, with its rank, becomes the one
  /// of all. Ranks that do not come within a second hear of it when they come. Of errors that were
  /// announced at the same time, each of which is this rank's own, the first that is heard counts.
  ///
  /// An error that all ranks have met, each in the same words, breaks nothing: all of them have
  /// come equally far. Nor does one where the others take no part in what this rank does: inside
  /// `forbidding`, on another thread than the program's, after the end.
  package func told(
    _ error: TensorError, patience: Double = patience
  ) -> TensorError {
    if size == 1 { return error }
    var own = error
    own.rank = error.rank ?? rank
    switch beginTelling(own) {
    case .apart: return error
    case .broken(let first): return first
    case .together(let activity, isQueued: false):
      return tell(error, own, activity, patience)
    case .together(let activity, isQueued: true):
      // Behind what all ranks have begun before.
      defer { state.withLock { $0.isInCollective = false } }
      var heard = own
      courier.carryOut {
        do throws(TensorError) {
          heard = try inFlight(nil) { tell(error, own, activity, patience) }
        } catch {
          heard = error
        }
      }
      return heard
    }
  }

  private func tell(
    _ error: TensorError, _ own: TensorError, _ activity: Activity, _ patience: Double
  ) -> TensorError {
    transport.publish(activity)
    do throws(TransportFailure) {
      let patience = patience + 0.1 * Double(min(rank, 8))
      _ = try transport.minimum(
        [Self.failedNumber, 0, 0, 0, 0], timeout: min(timeout, patience))
      guard let first = try firstError(own: error) else {
        endTelling(activity)
        return error
      }
      return breakOff(activity, first)
    } catch {
      if case .common(let known) = error { return breakOff(activity, known) }
      // Whoever comes late hears of it.
      transport.announce(own)
      return breakOff(activity, own)
    }
  }

  /// A comparison of headers without a collective: lets all ranks know that each of them has done
  /// its part of something that ended without one. Called by all ranks.
  package func complete() throws(TensorError) {
    try barrier(as: CollectiveLabel("completion"))
  }

  /// The error of the lowest rank that has met one, after a comparison of headers has shown that
  /// there is such a rank; nil where all ranks have met the same.
  func firstError(own: TensorError?) throws(TransportFailure) -> TensorError? {
    let all = try gatherOfAnyLength(own?.encoded() ?? [])
    guard let rank = all.firstIndex(where: { !$0.isEmpty }), Set(all).count > 1 else { return nil }
    return TensorError(decoding: all[rank], rank: rank)
  }

  /// What the other ranks have to do with an error of this one.
  private enum Standing {
    /// They take no part in what this rank does.
    case apart
    /// They have an error already.
    case broken(TensorError)
    /// They wait for this rank, or will.
    case together(Activity, isQueued: Bool)
  }

  private func beginTelling(_ error: TensorError) -> Standing {
    let thread = pthread_self()
    return state.withLock { state in
      if let failure = state.failure { return .broken(failure) }
      let programThread = state.programThread ?? thread
      guard state.prohibitions.isEmpty, state.end == nil, !state.isInCollective,
        pthread_equal(programThread, thread) != 0
      else { return .apart }
      state.programThread = programThread
      let isQueued = state.inFlight > 0
      if isQueued { state.inFlight += 1 }
      state.isInCollective = true
      state.sequence += 1
      return .together(
        Activity(
          sequence: state.sequence, label: CollectiveLabel("the error of \(error.operation)"),
          call: state.call, phase: .entering),
        isQueued: isQueued)
    }
  }

  private func endTelling(_ activity: Activity) {
    state.withLock {
      $0.isInCollective = false
      $0.last = Activity(sequence: activity.sequence, label: activity.label)
    }
    transport.advance(to: .completed)
  }

  private func breakOff(_ activity: Activity, _ error: TensorError) -> TensorError {
    logger.debug("collective \(activity.sequence) is not begun: \(error)")
    endTelling(activity)
    state.withLock {
      $0.failure = error
      $0.isFailureCommon = true
    }
    return error
  }
}
