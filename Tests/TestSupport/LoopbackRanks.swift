import Execution
import Foundation
import MessagePassing
import Synchronization

/// Runs a closure on every rank of a loopback job: one thread a rank, each with its own runtime.
///
/// - Parameters:
///   - ranksPerNode: lets the ranks share memory, so many on each node, in short pieces.
///   - leastElementCount: how large results of elementwise operations must be to wait until they
///     are asked for; 0 lets all of them wait.
/// - Returns: what each rank gave, in the order of the ranks.
/// - Throws: the error of the lowest rank that threw.
public func onLoopbackRanks<R: Sendable>(
  _ count: Int, workers: Int = 1, ranksPerNode: Int? = nil,
  deferringFrom leastElementCount: Int = Runtime.leastDeferredElementCount,
  _ body: @escaping @Sendable (Runtime) throws -> R
) throws -> [R] {
  var communicators = Communicator.loopback(count)
  if let ranksPerNode {
    let map = NodeMap(machines: Array(repeating: 0, count: count), ranksPerNode: ranksPerNode)
    communicators = try Communicator.loopback(count, pieceByteCount: 1024, nodes: map.nodes)
  }
  let results = Mutex<[Int: Result<R, any Error>]>([:])
  let group = DispatchGroup()
  for (rank, communicator) in communicators.enumerated() {
    group.enter()
    let thread = Thread {
      let result = Result<R, any Error> {
        let runtime = Runtime(
          loopback: communicator, workers: workers, deferringFrom: leastElementCount,
          checkingReplicasEvery: 1)
        return try runtime.makeCurrent { try body(runtime) }
      }
      results.withLock { $0[rank] = result }
      communicator.leave()
      group.leave()
    }
    thread.stackSize = 8 << 20
    thread.start()
  }
  group.wait()
  return try results.withLock { results in
    try (0..<count).map { try results[$0]!.get() }
  }
}

/// Runs a closure on one rank with a runtime of its own, on the calling thread: expectations inside
/// belong to the test.
public func onOneRank<R>(
  workers: Int = 1, deferringFrom leastElementCount: Int = Runtime.leastDeferredElementCount,
  _ body: (Runtime) throws -> R
) rethrows -> R {
  let runtime = Runtime(
    loopback: Communicator.loopback(1)[0], workers: workers, deferringFrom: leastElementCount)
  return try runtime.makeCurrent { try body(runtime) }
}

/// What did not hold on one rank. Expectations belong to the test's own thread, so ranks bring
/// theirs home.
public struct Findings: Sendable {
  public private(set) var all: [String] = []

  public init() {}

  public mutating func check(
    _ holds: Bool, _ what: @autoclosure () -> String = "", line: Int = #line
  ) {
    if !holds { all.append("line \(line) \(what())") }
  }
}
