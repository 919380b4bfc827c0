import Machine
import Shapes

// Collectives that go on while their program does something else. All that is called while one is
// in flight takes its place behind it, so that the order is that of the calls on every rank.
extension Communicator {
  /// Begins to move bytes, and returns. Called by all ranks, in the order of all collectives; like
  /// others it may not be called everywhere, which is found at once.
  ///
  /// Nobody may write what is sent, nor read or write what is received, until it has arrived. The
  /// memory is held until then. On one rank nothing is in flight when this returns.
  public func begin(
    _ delivery: Delivery, as label: CollectiveLabel
  ) throws(TensorError) -> Arrival {
    try check(delivery, label)
    let (activity, _) = try enter(label, isBegun: true)
    if size == 1 {
      return Arrival(
        Result { () throws(TensorError) in
          try travel(activity, delivery.kind, delivery.common, 0, isInline: false) {
            _ throws(TransportFailure) in try move(delivery)
          }
        })
    }
    return courier.send(holding: delivery.ranges) { [self] in
      Result { () throws(TensorError) in
        try inFlight(activity) { () throws(TensorError) in
          try travel(activity, delivery.kind, delivery.common, 0, isInline: false) {
            _ throws(TransportFailure) in try move(delivery)
          }
          count(delivery)
        }
      }
    }
  }

  /// Begins work of this rank on what arrives before it; an error of that one is this one's.
  ///
  /// - Parameter ranges: what it reads and writes.
  package func begin(
    holding ranges: [StorageRange], _ work: @escaping @Sendable () -> Void
  ) -> Arrival {
    if size == 1 {
      work()
      return Arrival(.success(()))
    }
    state.withLock { $0.inFlight += 1 }
    return courier.send(holding: ranges) { [self] in
      Result { () throws(TensorError) in try inFlight(nil) { work() } }
    }
  }

  /// Waits for all collectives in flight that read or write a storage.
  package func settle(_ storage: Storage) { courier.settle(storage) }

  /// Whether a thread carries out collectives, or has just done so.
  package var hasCourierThread: Bool { courier.hasThread }

  /// Carries a collective out behind all that is in flight, and waits for it.
  func sent<R>(
    _ activity: Activity, _ kind: String, _ common: [Int], _ length: Int,
    _ body: (_ greatestLength: Int) throws(TransportFailure) -> R
  ) throws(TensorError) -> R {
    defer { state.withLock { $0.isInCollective = false } }
    var result: Result<R, TensorError>?
    courier.carryOut {
      result = Result { () throws(TensorError) in
        try inFlight(activity) { () throws(TensorError) in
          try travel(activity, kind, common, length, isInline: false, body)
        }
      }
    }
    return try result!.get()
  }

  /// Carries out something on the courier's thread, unless the communicator is broken by now.
  func inFlight<R>(
    _ activity: Activity?, _ body: () throws(TensorError) -> R
  ) throws(TensorError) -> R {
    defer { state.withLock { $0.inFlight -= 1 } }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    if let activity { transport.publish(activity) }
    return try body()
  }
}
