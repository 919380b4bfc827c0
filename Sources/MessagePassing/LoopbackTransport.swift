import Glibc
import Shapes

/// One of several ranks that are threads of this process, for tests.
///
/// Messages are copied through mailboxes in memory; waits park, so that many ranks run on few
/// processors.
final class LoopbackTransport: MessageTransport {
  let rank: Int
  let world: LoopbackWorld

  init(rank: Int, world: LoopbackWorld) {
    self.rank = rank
    self.world = world
  }

  var size: Int { world.size }
  var description: String { "loopback, \(size) ranks as threads of one process" }
  var isCrowded: Bool { true }

  func minimum(_ values: [Int64], timeout: Double) throws(TransportFailure) -> [Int64] {
    let bytes = values.withUnsafeBytes { Array($0) }
    var least = values
    for deposit in try world.gather(bytes, rank: rank, timeout: timeout) {
      deposit.withUnsafeBytes { deposit in
        for index in least.indices {
          let other = deposit.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)
          least[index] = min(least[index], other)
        }
      }
    }
    return least
  }

  func gather(_ bytes: [UInt8], timeout: Double) throws(TransportFailure) -> [[UInt8]] {
    try world.gather(bytes, rank: rank, timeout: timeout)
  }

  func begin(sends: [Message], receives: [Message]) -> any PendingExchange {
    for message in sends {
      world.post(Array(message.bytes), from: rank, to: message.peer)
    }
    return LoopbackExchange(receives: receives, rank: rank, world: world)
  }

  func publish(_ activity: Activity) {
    world.publish(activity, rank: rank)
  }

  func advance(to phase: Activity.Phase) { world.advance(rank, to: phase) }

  func activities(within seconds: Double) -> [Activity?] { world.allActivities() }

  func announce(_ error: TensorError) {
    world.announce(error)
  }

  func announceEnd() {
    // The process of all ranks ends.
  }

  func hearsOfEnd(of ranks: Range<Int>, within seconds: Double) -> Bool { false }

  func listen(for awaited: () -> [Int]) throws(TransportFailure) {
    try world.listen(for: awaited)
  }

  func leave() {
    world.leave(rank: rank)
  }

  func abort(status: Int32) -> Never { exit(status) }
}

/// Messages that are in the mailbox of this rank, or will be.
private struct LoopbackExchange: PendingExchange {
  let receives: [Message]
  let rank: Int
  let world: LoopbackWorld

  func complete(timeout: Double) throws(TransportFailure) {
    for message in receives {
      let bytes = try world.take(from: message.peer, to: rank, timeout: timeout)
      guard bytes.count == message.bytes.count else {
        throw .local(.wrongLength(message, received: "\(bytes.count)"))
      }
      message.bytes.copyBytes(from: bytes)
    }
  }
}

extension TensorError {
  /// A message of another length than its receiver expects: the two sides planned differently.
  static func wrongLength(_ message: Message, received: String) -> TensorError {
    TensorError(
      "exchange", given: "\(received) bytes from rank \(message.peer)",
      expected: "\(message.bytes.count) bytes")
  }
}
