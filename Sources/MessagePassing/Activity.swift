import Shapes

/// What a rank is doing, as others learn it when they ask for whom they wait.
struct Activity: Sendable {
  enum Phase: UInt8, Sendable {
    /// Compares headers, and waits for all ranks to do so.
    case entering
    /// All ranks have entered; the payload moves.
    case moving
    /// The collective is over and this rank computes.
    case completed
  }

  /// Counts the collectives of a communicator from 1; 0 before the first.
  var sequence = 0
  var label = CollectiveLabel("nothing")
  /// The call that the collective belongs to, while it runs.
  var call: (any CollectiveCall)?
  var phase = Phase.completed

  mutating func advance(to phase: Phase) {
    self.phase = phase
    // What the call holds is not kept until the next collective.
    if phase == .completed { call = nil }
  }

  /// Such as `broadcast [64] (collective 56)`, with the call that it belongs to.
  var title: String { "\(label.text(of: call)) (collective \(sequence))" }
}

extension CollectiveLabel {
  /// Such as `all-reduce (sum) [4] of sum(Float [6, 4] sharded(axis: 0) over world[2])`.
  func text(of call: (any CollectiveCall)?, _ detail: CallDetail = .operands) -> String {
    guard let call else { return description }
    return "\(self) of \(Self.shortened(call.description(detail)))"
  }

  /// A list of indices, say, may be long. What is cut off leaves its hash, so that texts that
  /// differ do.
  private static func shortened(_ text: String) -> String {
    if text.count <= 400 { return text }
    var hash = StableHash()
    hash.combine(text)
    return "\(text.prefix(400))… (#\(String(hash.number, radix: 16)))"
  }
}

extension Activity {
  /// Short enough to travel without a handshake, which a waiting peer could not give.
  static let longestEncoding = 512

  var encoded: [UInt8] {
    var bytes: [UInt8] = [phase.rawValue]
    // A call cannot travel, but its text can, in place of the label's.
    let label = call == nil ? label : CollectiveLabel(label.text(of: call))
    for number in [sequence, label.detail] {
      withUnsafeBytes(of: Int64(number).littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes.append(contentsOf: label.name.utf8.prefix(Activity.longestEncoding - bytes.count))
    return bytes
  }

  init?(decoding bytes: [UInt8]) {
    guard bytes.count >= 17, let phase = Phase(rawValue: bytes[0]) else { return nil }
    func number(at offset: Int) -> Int {
      bytes.withUnsafeBytes {
        Int(Int64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int64.self)))
      }
    }
    self.phase = phase
    sequence = number(at: 1)
    label = CollectiveLabel(String(decoding: bytes[17...], as: UTF8.self), number(at: 9))
  }
}
