import Machine
import Shapes

/// A transport whose ranks exchange bytes through memory where they share some, and compute while
/// they do so.
///
/// It decorates the transport over which the ranks met. Ranges are as `Communicator` gives them:
/// segments and parts are one a rank, in the order of the ranks.
protocol MemoryTransport: Transport {
  /// The transport over which the ranks met.
  var base: any MessageTransport { get }

  /// Copies and joins large pieces; without it the calling thread does so alone.
  var workers: WorkerPool? { get set }

  /// Of what lies there nothing is copied to be sent; nil where neighbours cannot read it.
  var heap: SharedHeap? { get }

  /// How much of what others sent this rank has read where it lay.
  var bytesReadInPlace: Int { get }

  /// Sends and receives parcels, those of each pair of ranks in their order.
  func exchange(
    sends: [Parcel], receives: [Parcel], timeout: Double
  ) throws(TransportFailure)

  /// Copies bytes of the root to all.
  func broadcast(
    _ bytes: UnsafeMutableRawBufferPointer, from root: Int, timeout: Double
  ) throws(TransportFailure)

  /// Copies each rank's segment, of which it has filled in its own, to all others.
  func allGather(
    _ segments: [UnsafeMutableRawBufferPointer], timeout: Double
  ) throws(TransportFailure)

  /// Joins a short term of each rank on all of them; `result` may be `term`.
  func reduceGathered(
    _ term: UnsafeMutableRawBufferPointer, into result: UnsafeMutableRawBufferPointer,
    _ join: TermJoin, timeout: Double
  ) throws(TransportFailure)

  /// Joins what the ranks hold of each rank's part.
  ///
  /// - Parameters:
  ///   - parts: this rank's terms, one for each rank's part.
  ///   - results: where all parts are to lie, which may be where their terms are; or a place for
  ///     this rank's part alone, which may be where its own term is.
  func reduce(
    _ parts: [UnsafeMutableRawBufferPointer], into results: [UnsafeMutableRawBufferPointer],
    _ join: TermJoin, timeout: Double
  ) throws(TransportFailure)
}

// What has nothing to do with memory.
extension MemoryTransport {
  var mpi: MPIDescription? { base.mpi }

  func exchange(
    sends: [Message], receives: [Message], timeout: Double
  ) throws(TransportFailure) {
    try exchange(
      sends: sends.map { Parcel(peer: $0.peer, content: .reading($0.bytes)) },
      receives: receives.map { Parcel(peer: $0.peer, content: .writing($0.bytes)) },
      timeout: timeout)
  }

  func publish(_ activity: Activity) { base.publish(activity) }

  func advance(to phase: Activity.Phase) { base.advance(to: phase) }

  func activities(within seconds: Double) -> [Activity?] { base.activities(within: seconds) }

  func announce(_ error: TensorError) { base.announce(error) }

  func announceEnd() { base.announceEnd() }

  func hearsOfEnd(of ranks: Range<Int>, within seconds: Double) -> Bool {
    base.hearsOfEnd(of: ranks, within: seconds)
  }

  func listen(for awaited: () -> [Int]) throws(TransportFailure) { try base.listen(for: awaited) }

  func leave() { base.leave() }

  func abort(status: Int32) -> Never { base.abort(status: status) }
}
