/// FNV-1a over words of 8 bytes, which is the same in every process: Swift's own hashes are seeded
/// anew in each.
///
/// One method a type, because a small collective would notice what a protocol costs.
package struct StableHash: Sendable {
  private var value: UInt64 = 0xcbf2_9ce4_8422_2325
  /// How many words were combined.
  package private(set) var wordCount = 0

  package init() {}

  /// 62 bits, so that its negative is a number too.
  package var number: Int64 { Int64(value >> 2) }

  package mutating func combine(word: UInt64) {
    wordCount += 1
    value = (value ^ word) &* 0x0000_0100_0000_01b3
    // The multiplication carries only upwards.
    value ^= value >> 32
  }

  package mutating func combine(_ number: Int) {
    combine(word: UInt64(bitPattern: Int64(number)))
  }

  package mutating func combine(_ number: Int?) {
    combine(number != nil)
    if let number { combine(number) }
  }

  package mutating func combine(_ numbers: some RandomAccessCollection<Int>) {
    combine(numbers.count)
    for number in numbers { combine(number) }
  }

  package mutating func combine(_ number: Double) { combine(word: number.bitPattern) }

  package mutating func combine(_ holds: Bool) { combine(word: holds ? 1 : 0) }

  package mutating func combine(_ text: String) {
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

  package mutating func combine(_ selection: Selection) {
    combine(selection.axes.count)
    for axis in selection.axes {
      combine(axis.start)
      combine(axis.step)
      combine(axis.count)
      combine(axis.isDropped)
    }
    combine(selection.resultAxes.count)
    for axis in selection.resultAxes { combine(axis) }
  }
}
