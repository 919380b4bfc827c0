import Foundation
import Logging
import Shapes
import Synchronization

extension Communicator {
  /// A communicator of one rank, which needs no MPI.
  public static func solo() -> Communicator {
    Communicator(SoloTransport(), Settings())
  }

  /// Communicators of ranks that are threads of this process: one for each thread, in rank order.
  ///
  /// For tests. A thread that ends calls `leave()`. A malformed `TESSERA_TIMEOUT` or `TESSERA_LOG`
  /// ends the process.
  public static func loopback(_ size: Int) -> [Communicator] {
    do {
      let settings = try Settings.fromEnvironment()
      return loopback(size, timeout: settings.timeout, logger: Log.logger(settings.logLevel))
    } catch {
      FailurePath.end(start: error, on: nil)
    }
  }

  /// The same with the deadline given, in seconds.
  package static func loopback(
    _ size: Int, timeout: Double, logger: Logger = Log.logger(Log.standard)
  ) -> [Communicator] {
    precondition(size > 0)
    let world = LoopbackWorld(size: size)
    return (0..<size).map {
      Communicator(LoopbackTransport(rank: $0, world: world), timeout: timeout, logger: logger)
    }
  }

  /// The same ranks, which exchange bytes through memory as the ranks of a node do, in pieces of at
  /// most so many bytes; without `nodes` all of them are on one.
  package static func loopback(
    _ size: Int, timeout: Double = Timeout.standard, pieceByteCount: Int, nodes: [[Int]]? = nil
  ) throws -> [Communicator] {
    let world = LoopbackWorld(size: size)
    let map = NodeMap(nodes ?? [Array(0..<size)])
    let outcome = Outcome<Communicator>()
    let ended = DispatchGroup()
    for rank in 0..<size {
      DispatchQueue(label: "tessera.meeting.\(rank)").async(group: ended) {
        outcome.record(
          rank,
          Result {
            let base = LoopbackTransport(rank: rank, world: world)
            let meeting = NodeMeeting(over: base, map, timeout: timeout)
            let held = try meeting.hold(pieceByteCount: pieceByteCount)
            guard case .shared(let transport) = held.outcome else {
              throw TensorError("loopback", given: "\(held)", expected: "shared memory")
            }
            return Communicator(
              transport, timeout: timeout, logger: Log.logger(Log.standard),
              nodes: map.nodes)
          })
      }
    }
    ended.wait()
    return try outcome.results(size)
  }

  /// Runs `body` on a thread for each of `size` loopback ranks, and returns their results in rank
  /// order when all have ended.
  ///
  /// Throws the error of the rank that failed first; the others then fail too instead of waiting
  /// for it.
  package static func onLoopbackRanks<R: Sendable>(
    _ size: Int, timeout: Double = 120, logger: Logger = Log.logger(Log.standard),
    _ body: @escaping @Sendable (Communicator) throws -> R
  ) throws -> [R] {
    try onRanks(loopback(size, timeout: timeout, logger: logger), body)
  }

  /// The same on ranks that exchange bytes through memory, in pieces of at most so many bytes;
  /// without `nodes` all of them are on one.
  package static func onLoopbackRanks<R: Sendable>(
    _ size: Int, timeout: Double = 120, pieceByteCount: Int, nodes: [[Int]]? = nil,
    _ body: @escaping @Sendable (Communicator) throws -> R
  ) throws -> [R] {
    try onRanks(
      loopback(
        size, timeout: timeout, pieceByteCount: pieceByteCount, nodes: nodes),
      body)
  }

  private static func onRanks<R: Sendable>(
    _ ranks: [Communicator], _ body: @escaping @Sendable (Communicator) throws -> R
  ) throws -> [R] {
    let outcome = Outcome<R>()
    let ended = DispatchGroup()
    for communicator in ranks {
      ended.enter()
      let thread = Thread {
        outcome.record(communicator.rank, Result { try body(communicator) })
        communicator.leave()
        ended.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    ended.wait()
    return try outcome.results(ranks.count)
  }
}

/// What the ranks of one run came to.
private final class Outcome<R: Sendable>: Sendable {
  private let state = Mutex<(results: [Int: R], failure: (any Error)?)>(([:], nil))

  func record(_ rank: Int, _ result: Result<R, any Error>) {
    state.withLock { state in
      switch result {
      case .success(let value): state.results[rank] = value
      case .failure(let error): state.failure = state.failure ?? error
      }
    }
  }

  func results(_ size: Int) throws -> [R] {
    try state.withLock { state in
      if let failure = state.failure { throw failure }
      return (0..<size).map { state.results[$0]! }
    }
  }
}
