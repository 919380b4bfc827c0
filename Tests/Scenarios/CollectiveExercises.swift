import Foundation
import Machine
import MessagePassing
import Shapes

/// Every collective with contents that tell who sent what; throws where something is wrong.
func exerciseCollectives(_ communicator: Communicator) throws(TensorError) {
  let (rank, size) = (communicator.rank, communicator.size)
  for count in [0, 1, 999, 3_000_001] {
    for root in 0..<size {
      let bytes = Bytes(count + 1)
      if rank == root { fill(bytes.range(0, count), by: root) }
      try communicator.broadcast(
        bytes.range(0, count), from: root, as: CollectiveLabel("broadcast", count))
      try check(holds(bytes.range(0, count), of: root), "a broadcast of \(count)", "the root's")
    }

    // Rank r gives r · count bytes: uneven, and none from rank 0.
    let counts = (0..<size).map { $0 * count }
    let all = Bytes(counts.reduce(0, +) + 1)
    var offset = 0
    let segments = counts.map { count in
      defer { offset += count }
      return all.range(offset, count)
    }
    fill(segments[rank], by: rank)
    try communicator.allGather(
      all.range(0, offset), byteCounts: counts, as: CollectiveLabel("all-gather", offset))
    for (peer, segment) in segments.enumerated() {
      try check(holds(segment, of: peer), "an all-gather", "each rank's bytes in place")
    }

    // Two messages to each other rank, of which the second is empty for even receivers.
    let mine = Bytes(2 * count + 1)
    fill(mine.range(0, 2 * count), by: rank)
    let others = (0..<size).filter { $0 != rank }
    let inboxes = others.map { _ in Bytes(2 * count + 1) }
    func second(to receiver: Int) -> Int { receiver % 2 == 0 ? 0 : count }
    let sends = others.flatMap { peer in
      [
        Communicator.Transfer(peer: peer, range: mine.range(0, count)),
        Communicator.Transfer(peer: peer, range: mine.range(count, second(to: peer))),
      ]
    }
    let receives = zip(others, inboxes).flatMap { peer, inbox in
      [
        Communicator.Transfer(peer: peer, range: inbox.range(0, count)),
        Communicator.Transfer(peer: peer, range: inbox.range(count, second(to: rank))),
      ]
    }
    let before = communicator.traffic
    try communicator.exchange(
      sends: sends, receives: receives, as: CollectiveLabel("exchange", count))
    let sent = sends.reduce(0) { $0 + $1.range.byteCount }
    let moved = communicator.traffic - before
    try check(moved.bytesSent == sent, "\(moved.bytesSent) bytes counted", "\(sent)")
    for (peer, inbox) in zip(others, inboxes) {
      let whole = inbox.range(0, count + second(to: rank))
      try check(holds(whole, of: peer), "an exchange", "each peer's bytes")
    }
  }
  let texts = try communicator.allGather(
    control: Array(String(repeating: "x", count: rank * 700).utf8), as: CollectiveLabel("texts"))
  try check(texts.map(\.count) == (0..<size).map { $0 * 700 }, "control data", "all lengths")
}

/// What rank `sender` puts into a message, byte by byte.
private func content(_ index: Int, _ sender: Int) -> UInt8 {
  UInt8(truncatingIfNeeded: index &* 31 &+ (sender + 1) &* 77)
}

private func fill(_ range: StorageRange, by sender: Int) {
  for index in range.bytes.indices { range.bytes[index] = content(index, sender) }
}

private func holds(_ range: StorageRange, of sender: Int) -> Bool {
  range.bytes.indices.allSatisfy { range.bytes[$0] == content($0, sender) }
}

/// Writes what small collectives cost in time, and what large ones move.
func measure(_ communicator: Communicator) throws(TensorError) {
  func seconds(_ rounds: Int, _ body: () throws(TensorError) -> Void) throws(TensorError) -> Double
  {
    for _ in 0..<(rounds / 10 + 1) { try body() }
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 0..<rounds { try body() }
    let elapsed = (clock.now - start).components
    return (Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18) / Double(rounds)
  }
  func say(_ text: String) {
    if communicator.rank == 0 { report(text) }
  }
  let barrier = try seconds(2000) { () throws(TensorError) in
    try communicator.barrier(as: CollectiveLabel("barrier"))
  }
  say("barrier \(barrier * 1e6) µs")

  let size = communicator.size
  for count in [8, 64 << 20] {
    let bytes = Bytes(size * count)
    let all = try seconds(count == 8 ? 2000 : 4) { () throws(TensorError) in
      try communicator.allGather(
        bytes.all, byteCounts: Array(repeating: count, count: size),
        as: CollectiveLabel("all-gather", count))
    }
    say("all-gather of \(count) bytes a rank \(all * 1e6) µs")
    let one = try seconds(count == 8 ? 2000 : 4) { () throws(TensorError) in
      try communicator.broadcast(
        bytes.range(0, count), from: 0, as: CollectiveLabel("broadcast", count))
    }
    say("broadcast of \(count) bytes \(one * 1e6) µs")
  }
}
