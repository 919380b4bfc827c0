import Foundation
import MessagePassing
import Shapes

/// Collectives that are begun: how jobs end while some are in flight.
enum CourierScenarios {
  /// These end with status 0, and rank 0 writes `ok`.
  static let sound = [
    Scenario("begun", "collectives that are begun, and waited for later: ok") {
      communicator throws(TensorError) in
      try repeatBegun(communicator) { _ in }
      try reportOK(communicator)
    },
    Scenario("unawaited", "the program ends while what it has begun is in flight: ok") {
      communicator throws(TensorError) in
      try reportOK(communicator)
      for root in 0..<communicator.size { _ = try begin(communicator, from: root) }
    },
  ]

  /// These end with a message, and a status that is not 0.
  static let failing = [
    Scenario("kill-begun", "the last rank dies of SIGKILL while collectives are in flight") {
      communicator throws(TensorError) in
      try repeatBegun(communicator) { _ in _ = kill(getpid(), SIGKILL) }
    },
    Scenario("exit3-begun", "the last rank calls exit(3) while collectives are in flight") {
      communicator throws(TensorError) in
      try repeatBegun(communicator) { _ in exit(3) }
    },
    Scenario("early-begun", "the last rank ends with status 0 while others begin more") {
      communicator throws(TensorError) in
      try repeatBegun(communicator) { _ in exit(0) }
    },
    Scenario("sleep-begun", "the last rank sleeps for ever while others begin more") {
      communicator throws(TensorError) in
      try repeatBegun(communicator) { _ in while true { sleep(1000) } }
    },
    Scenario("differ-begun", "the last rank begins another collective than the others") {
      communicator throws(TensorError) in
      try repeatBegun(communicator) { arrivals throws(TensorError) in
        let byteCounts = [Int](repeating: 1, count: communicator.size)
        arrivals.append(
          try communicator.begin(
            .allGather(Bytes(communicator.size).all, byteCounts: byteCounts),
            as: CollectiveLabel("gather", 8)))
      }
    },
    Scenario("fail-begun", "the last rank meets an error while others have something in flight") {
      communicator throws(TensorError) in
      let isLast = communicator.rank == communicator.size - 1
      for _ in 0..<3 { _ = try begin(communicator, from: 0) }
      if isLast { throw TensorError("take", given: "index 7", expected: "an index below 5") }
      // What no rank but the others has begun does not arrive.
      _ = try begin(communicator, from: 0)
      while true { sleep(1000) }
    },
  ]

  private static let byteCount = 1 << 16

  private static func begin(
    _ communicator: Communicator, from root: Int
  ) throws(TensorError) -> Arrival {
    try communicator.begin(
      .broadcast(Bytes(byteCount).all, root: root), as: CollectiveLabel("broadcast", byteCount))
  }

  /// Broadcasts of which up to four are in flight, among which the last rank does something before
  /// its tenth.
  private static func repeatBegun(
    _ communicator: Communicator,
    _ tenth: (_ arrivals: inout [Arrival]) throws(TensorError) -> Void
  ) throws(TensorError) {
    var arrivals: [Arrival] = []
    for round in 0..<200 {
      if round == 10, communicator.rank == communicator.size - 1 { try tenth(&arrivals) }
      arrivals.append(try begin(communicator, from: round % communicator.size))
      if arrivals.count == 4 { try arrivals.removeFirst().wait() }
    }
    for arrival in arrivals { try arrival.wait() }
  }
}
