import Tessera

/// One line of a program: what is done, to which variables, and what they become.
struct Step: Sendable {
  let results: [Int]
  let name: Substring
  let operands: [Int]
  let consumed: Set<Int>
  private let words: [Substring: Substring]

  init(_ line: Substring) throws {
    let parts = line.split(separator: " ")
    guard parts.count >= 3 else { throw Malformed("the line \(line)") }
    results = try numbers(parts[0])
    name = parts[1]
    operands = try numbers(parts[2])
    var words: [Substring: Substring] = [:]
    for part in parts.dropFirst(3) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2 else { throw Malformed("the word \(part)") }
      words[pair[0]] = pair[1]
    }
    self.words = words
    consumed = Set(try words["consuming"].map(numbers) ?? [])
  }

  func has(_ key: Substring) -> Bool { words[key] != nil }

  func word(_ key: Substring) throws -> Substring {
    guard let word = words[key] else { throw Malformed("\(name) without \(key)") }
    return word
  }

  func integer(_ key: Substring) throws -> Int {
    guard let number = Int(try word(key)) else { throw Malformed("\(key) of \(name)") }
    return number
  }

  func flag(_ key: Substring) throws -> Bool { try integer(key) != 0 }
  func integers(_ key: Substring) throws -> [Int] { try numbers(word(key)) }
  func shape() throws -> Shape { Shape(try integers("shape")) }

  /// A number of a scalar type, written by its bytes.
  func scalar<S: TensorScalar>(_ key: Substring) throws -> S {
    let values: [S] = try decoded(word(key))
    guard values.count == 1 else { throw Malformed("\(key) of \(name)") }
    return values[0]
  }
}

/// What a variable must hold at the end of a program.
struct Check: Sendable {
  enum Expectation: Sendable {
    /// The same numbers, and the same signs of zeros.
    case signs(Substring)
    case numbers(Substring)
    case bounds(Substring, Substring)
  }

  let variable: Int
  let scalar: Substring
  let shape: [Int]
  let expectation: Expectation

  init(_ line: Substring) throws {
    let words = line.split(separator: " ")
    guard words.count >= 6, let variable = Int(words[1]) else { throw Malformed("\(line)") }
    self.variable = variable
    scalar = words[2]
    shape = try numbers(words[3])
    switch words[4] {
    case "signs": expectation = .signs(words[5])
    case "numbers": expectation = .numbers(words[5])
    case "bounds" where words.count == 7: expectation = .bounds(words[5], words[6])
    default: throw Malformed("the expectation \(words[4])")
    }
  }
}

/// Steps, and what they must lead to.
struct TrialProgram: Sendable {
  let seed: Substring
  /// From how many elements on results wait until they are asked for.
  let threshold: Substring
  let isTaped: Bool
  private let stepLines: [Substring]
  let steps: [Step]
  let checks: [Check]
  /// The variable whose gradients are tried, instead of what variables hold.
  let output: Int?

  /// All programs of a text.
  static func all(in text: String) throws -> [TrialProgram] {
    var programs: [TrialProgram] = []
    var lines: [Substring] = []
    for line in text.split(separator: "\n") {
      if line == "end" {
        programs.append(try TrialProgram(lines))
        lines = []
      } else {
        lines.append(line)
      }
    }
    guard lines.isEmpty else { throw Malformed("a program without its end") }
    return programs
  }

  private init(_ lines: [Substring]) throws {
    let head = (lines.first ?? "").split(separator: " ")
    guard head.count == 4, head[0] == "program" else { throw Malformed("\(head)") }
    seed = head[1]
    threshold = head[2].dropFirst("threshold=".count)
    isTaped = head[3] == "taped=1"
    let outputs = lines.filter { $0.hasPrefix("output ") }
    output = outputs.first.flatMap { Int($0.dropFirst("output ".count)) }
    let body = lines.dropFirst().filter { !$0.hasPrefix("output ") }
    stepLines = body.filter { !$0.hasPrefix("check ") }
    steps = try stepLines.map(Step.init)
    checks = try body.filter { $0.hasPrefix("check ") }.map(Check.init)
  }

  /// The steps that a variable rests on: what is left of a program when all others are taken away.
  func lines(leadingTo variable: Int) -> [Substring] {
    var wanted: Set<Int> = [variable]
    var found: [Substring] = []
    for (line, step) in zip(stepLines, steps).reversed()
    where !wanted.isDisjoint(with: step.results) {
      wanted.formUnion(step.operands)
      found.append(line)
    }
    return found.reversed()
  }
}

/// `1,2,3`, or `-` for none.
func numbers(_ text: Substring) throws -> [Int] {
  if text == "-" { return [] }
  return try text.split(separator: ",").map {
    guard let number = Int($0) else { throw Malformed("the numbers \(text)") }
    return number
  }
}

/// Elements from the hexadecimal digits of their bytes, least significant byte first.
func decoded<S: TensorScalar>(_ text: Substring) throws -> [S] {
  if text == "-" { return [] }
  let digits = Array(text.utf8)
  func value(_ digit: UInt8) -> UInt8 { digit < 58 ? digit - 48 : digit - 87 }
  let bytes = stride(from: 0, to: digits.count - 1, by: 2).map {
    value(digits[$0]) << 4 | value(digits[$0 + 1])
  }
  guard bytes.count.isMultiple(of: MemoryLayout<S>.size) else { throw Malformed("the bytes") }
  return bytes.withUnsafeBytes { buffer in
    stride(from: 0, to: bytes.count, by: MemoryLayout<S>.size).map {
      // Bool takes no other bytes than 0 and 1, which the generator writes.
      buffer.loadUnaligned(fromByteOffset: $0, as: S.self)
    }
  }
}
