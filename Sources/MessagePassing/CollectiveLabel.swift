/// What a collective is called in messages, and what its ranks compare before anything moves.
public struct CollectiveLabel: Hashable, Sendable, CustomStringConvertible {
  /// The operation as the user knows it, such as `all-reduce (sum)`.
  public var name: String
  /// A number that all ranks have in common, such as the bytes of the result; 0 is not shown.
  public var detail: Int

  public init(_ name: String, _ detail: Int = 0) {
    self.name = name
    self.detail = detail
  }

  /// Such as `all-reduce (sum) [4096]`.
  public var description: String {
    detail == 0 ? name : "\(name) [\(detail)]"
  }
}

/// FNV-1a over words of 8 bytes, which is the same in every process: Swift's own hashes are seeded
/// anew in each.
struct StableHash {
  private var value: UInt64 = 0xcbf2_9ce4_8422_2325

  init() {}

  init(_ label: CollectiveLabel, _ kind: String) {
    combine(label.name)
    combine(label.detail)
    combine(kind)
  }

  mutating func combine(_ text: String) {
    var text = text
    let count = text.withUTF8 { bytes in
      var first = 0
      while first < bytes.count {
        var word: UInt64 = 0
        for index in first..<min(first + 8, bytes.count) {
          word = word << 8 | UInt64(bytes[index])
        }
        combine(word: word)
        first += 8
      }
      return bytes.count
    }
    combine(count)  // so that "ab", "c" differs from "a", "bc"
  }

  mutating func combine(_ number: Int) { combine(word: UInt64(bitPattern: Int64(number))) }

  /// 62 bits, so that its negative is a number too.
  var number: Int64 { Int64(value >> 2) }

  private mutating func combine(word: UInt64) {
    value = (value ^ word) &* 0x0000_0100_0000_01b3
    // The multiplication carries only upwards.
    value ^= value >> 32
  }
}
