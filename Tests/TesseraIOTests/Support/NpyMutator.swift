/// Small deterministic random numbers (SplitMix64).
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Files that are almost .npy files.
struct NpyMutator {
  struct Mutant {
    var bytes: [UInt8]
    /// Whether only elements differ from a good file, so that it must be read.
    var isGood: Bool
  }

  /// A good file and where its elements begin.
  struct Original {
    let bytes: [UInt8]
    let dataOffset: Int
  }

  private let originals: [Original]
  private var generator: SplitMix64

  init(_ originals: [Original], seed: UInt64) {
    self.originals = originals
    generator = SplitMix64(state: seed)
  }

  /// What a header is made of, and what would hurt a careless reader of one.
  private static let words: [[UInt8]] = [
    "'descr'", "'fortran_order'", "'shape'", "True", "False", "'<f4'", "'>f8'", "'|b1'", "'=i4'",
    "'|u1'", "'<i8'", "'>i4'", "'|O'", "'<V8'", "'<f'", "''", "(", ")", "()", "(,)", "[", "]", "{",
    "}", ",", ":", "0", "1", "2", "3", "6", "24", "-1", "1e9", "0x10", "2L", "65536", "2147483648",
    "4294967296", "9223372036854775807", "9223372036854775808", "99999999999999999999999",
    "(0, 9223372036854775807)", "(4294967296, 4294967296)", "(1, 1, 1, 1, 1, 1, 1, 1)", "None",
    "__import__('os')", "\\x00", "\"", "'", "\n", " ", "\t", "#", "ä", "\u{0}",
  ].map { Array($0.utf8) }

  mutating func next() -> Mutant {
    let original = originals.randomElement(using: &generator)!
    var bytes = original.bytes
    if Int.random(in: 0..<8, using: &generator) == 0 {
      changeElements(&bytes, from: original.dataOffset)
      return Mutant(bytes: bytes, isGood: true)
    }
    // Most with one change, which a reader is most likely to overlook.
    var end = original.dataOffset
    repeat {
      mutate(&bytes, header: Swift.min(end, bytes.count))
      end = Swift.max(end, 12)
    } while Int.random(in: 0..<3, using: &generator) == 0
    if Bool.random(using: &generator) {
      repairLength(&bytes, elements: original.bytes.count - original.dataOffset)
    }
    return Mutant(bytes: bytes, isGood: false)
  }

  private mutating func changeElements(_ bytes: inout [UInt8], from offset: Int) {
    guard offset < bytes.count else { return }
    for _ in 0...Int.random(in: 0..<4, using: &generator) {
      bytes[Int.random(in: offset..<bytes.count, using: &generator)] = .random(
        in: 0...255, using: &generator)
    }
  }

  private mutating func mutate(_ bytes: inout [UInt8], header: Int) {
    let place = Int.random(in: 0...header, using: &generator)
    let end = Swift.min(place + .random(in: 1...12, using: &generator), bytes.count)
    switch Int.random(in: 0..<11, using: &generator) {
    case 0:  // a bit
      guard place < bytes.count else { return }
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1:  // a byte
      guard place < bytes.count else { return }
      bytes[place] = .random(in: 0...255, using: &generator)
    case 2:  // the version or the length of the header
      guard bytes.count >= 12 else { return }
      let field = Int.random(in: 6..<12, using: &generator)
      bytes[field] = [0, 1, 2, 3, 4, 0x76, 0x7f, 0x80, 0xff].randomElement(using: &generator)!
    case 3: bytes.removeSubrange(place..<end)
    case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 5, 6: bytes.insert(contentsOf: Self.words.randomElement(using: &generator)!, at: place)
    case 7, 8: replaceWord(&bytes, header)
    case 9: bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
    default:
      let count = Int.random(in: 1...64, using: &generator)
      bytes += (0..<count).map { _ in .random(in: 0...255, using: &generator) }
    }
  }

  /// Makes the length of the header right again, so that a reader gets to its text and beyond.
  private func repairLength(_ bytes: inout [UInt8], elements: Int) {
    guard bytes.count >= 12 else { return }
    let places = bytes[6] == 1 ? 2 : 4
    let length = bytes.count - elements - 8 - places
    guard length >= 0 else { return }
    for place in 0..<places { bytes[8 + place] = UInt8(truncatingIfNeeded: length >> (8 * place)) }
  }

  /// Puts one word in the place of another, so that the header stays one, and as long as it says.
  private mutating func replaceWord(_ bytes: inout [UInt8], _ header: Int) {
    let start = Swift.min(10, header)
    let isSeparator = { (byte: UInt8) in " ,:(){}".utf8.contains(byte) }
    let starts = (start..<header).filter {
      !isSeparator(bytes[$0]) && ($0 == start || isSeparator(bytes[$0 - 1]))
    }
    guard let place = starts.randomElement(using: &generator) else { return }
    let end = bytes[place..<header].firstIndex(where: isSeparator) ?? header
    let word = Self.words.randomElement(using: &generator)!
    bytes.replaceSubrange(place..<end, with: word)
    let growth = word.count - (end - place)
    // The padding makes room, or takes what is left.
    if growth <= 0 {
      bytes.insert(contentsOf: [UInt8](repeating: 0x20, count: -growth), at: header + growth - 1)
    } else if header > 1, bytes[(header - 1)..<(header + growth - 1)].allSatisfy({ $0 == 0x20 }) {
      bytes.removeSubrange((header - 1)..<(header + growth - 1))
    }
  }
}
