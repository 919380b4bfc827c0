/// What a rank is doing, as others learn it when they ask for whom they wait.
struct Activity: Hashable, Sendable {
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
  var phase = Phase.completed

  /// Such as `broadcast [64] (collective 56)`.
  var title: String { "\(label) (collective \(sequence))" }
}

extension Activity {
  /// Short enough to travel without a handshake, which a waiting peer could not give.
  static let longestEncoding = 512

  var encoded: [UInt8] {
    var bytes: [UInt8] = [phase.rawValue]
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
