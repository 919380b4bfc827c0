import Shapes

/// Carries bytes between the ranks of a communicator.
///
/// A transport knows nothing of tensors, labels or reductions: the communicator above it gives each
/// of them one meaning. Its waiting calls come from one thread, in the same order on every rank.
protocol Transport: AnyObject, Sendable {
  var rank: Int { get }
  var size: Int { get }
  /// For people, such as `MPI, 4 ranks`.
  var description: String { get }
  /// More ranks than processors share this machine.
  var isCrowded: Bool { get }

  /// The elementwise minimum over all ranks. All give as many values, seven at most.
  func minimum(_ values: [Int64], timeout: Double) throws(TransportFailure) -> [Int64]

  /// The bytes of every rank, in rank order. All give as many.
  func gather(_ bytes: [UInt8], timeout: Double) throws(TransportFailure) -> [[UInt8]]

  /// Sends and receives at once; messages between two ranks are matched in their order, and none is
  /// empty. The wait starts anew with each message that completes.
  func exchange(
    sends: [Message], receives: [Message], timeout: Double
  ) throws(TransportFailure)

  /// What others are told when they ask for whom they wait.
  func publish(_ activity: Activity)

  /// The same activity in its next phase.
  func advance(to phase: Activity.Phase)

  /// What each rank answers within the given time, nil where none came.
  func activities(within seconds: Double) -> [Activity?]

  /// Tells the other ranks, if they still listen, that this rank has given up.
  func announce(_ error: TensorError)

  /// Tells the other ranks, if they still listen, that this one has written why the job ends.
  func announceEnd()

  /// Waits for such word from one of these ranks, at most for the time given; whether it has come.
  func hearsOfEnd(of ranks: Range<Int>, within seconds: Double) -> Bool

  /// Declares that this rank takes part in nothing any more.
  func leave()

  /// Hears others while this rank waits for some of them: answers what they ask, and throws what
  /// makes the wait useless.
  func listen(for awaited: () -> [Int]) throws(TransportFailure)

  /// What the MPI library says of itself, where there is one.
  var mpi: MPIDescription? { get }

  /// Ends the whole job.
  func abort(status: Int32) -> Never
}

extension Transport {
  var mpi: MPIDescription? { nil }
}

/// A transport whose messages travel while their ranks do something else.
protocol MessageTransport: Transport {
  /// Begins what `exchange` does as a whole.
  ///
  /// Exchanges of which several are under way are begun in the same order on every rank. Their
  /// memory must outlive the wait, and after a failure the transport.
  func begin(
    sends: [Message], receives: [Message]
  ) throws(TransportFailure) -> any PendingExchange
}

extension MessageTransport {
  func exchange(
    sends: [Message], receives: [Message], timeout: Double
  ) throws(TransportFailure) {
    try begin(sends: sends, receives: receives).complete(timeout: timeout)
  }
}

/// Messages under way.
protocol PendingExchange {
  /// Waits for all of them, once.
  func complete(timeout: Double) throws(TransportFailure)
}

/// One contiguous message to or from a peer. Its memory must outlive the exchange.
struct Message {
  var peer: Int
  var bytes: UnsafeMutableRawBufferPointer
}

/// Why a transport could not do what it was asked for.
enum TransportFailure: Error {
  /// Nothing came within the time given; the ranks waited for, empty where that is unknown.
  case deadline(missing: [Int])
  /// A rank has left without taking part.
  case departed(rank: Int)
  /// All ranks know this error already, or another rank has announced it.
  case common(TensorError)
  /// This rank met an error that the others do not know of.
  case local(TensorError)
}
