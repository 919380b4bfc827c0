import Shapes

extension NpyHeader {
  /// Reads and checks the header of a file, and that the file has as many bytes as its shape asks
  /// for.
  ///
  /// The header is parsed as the literal that it must be, never evaluated; no length that it states
  /// is trusted before it has been compared with the file's.
  init(of file: OpenFile) throws(TensorError) {
    let total = try file.byteCount()
    func refused(_ what: String, _ expected: String) -> TensorError {
      TensorError(file.operation, given: "\(file.path), \(what)", expected: expected)
    }
    let start = try file.read(min(total, 12), at: 0)
    guard start.starts(with: Self.magic) else {
      throw refused(
        total < Self.magic.count ? "which has \(total) bytes" : "which begins otherwise",
        "an .npy file, which begins with \\x93NUMPY")
    }
    guard start.count >= 10 else {
      throw refused("which ends inside its header, at byte \(total)", "a whole .npy file")
    }
    let (major, minor) = (start[6], start[7])
    guard (1...3).contains(major), minor == 0 else {
      throw refused("of format version \(major).\(minor)", "version 1.0, 2.0 or 3.0")
    }
    let lengthBytes = major == 1 ? 2 : 4
    let begin = 8 + lengthBytes
    guard start.count >= begin else {
      throw refused("which ends inside its header, at byte \(total)", "a whole .npy file")
    }
    let length = start[8..<begin].reversed().reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.mostHeaderBytes else {
      throw refused(
        "whose header claims \(length) bytes", "a header of at most \(Self.mostHeaderBytes)")
    }
    guard begin + length <= total else {
      throw refused(
        "whose header claims \(length) bytes in a file of \(total)", "a whole .npy file")
    }
    var scanner = NpyHeaderScanner(try file.read(length, at: begin), version: major)
    do {
      self = try scanner.header()
    } catch {
      throw refused("whose header has \(error.found)", error.expected)
    }
    dataOffset = begin + length
    do {
      _ = try shape.validated(for: file.operation)
    } catch {
      throw refused("of \(error.given)", error.expected)
    }
    guard total - dataOffset == dataByteCount else {
      throw refused(
        "which has \(total - dataOffset) bytes of elements",
        "\(dataByteCount) bytes for \(scalarType) \(shape)")
    }
  }
}

/// What is wrong with the text of a header.
private struct Malformed: Error {
  var found: String
  var expected: String
}

/// Reads the one literal that a header may be: a dictionary of `descr`, `fortran_order` and
/// `shape`.
private struct NpyHeaderScanner {
  private let text: [UInt8]
  private let version: UInt8
  private var position = 0

  init(_ text: [UInt8], version: UInt8) {
    self.text = text
    self.version = version
  }

  mutating func header() throws(Malformed) -> NpyHeader {
    var type: (scalarType: ScalarType, isBigEndian: Bool)?
    var isFortranOrder: Bool?
    var shape: Shape?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where type == nil: type = try descriptor()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default:
        throw Malformed(
          found: "the key \(key.debugDescription)",
          expected: "descr, fortran_order and shape, each once")
      }
      if !accept(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == text.count else { throw unexpected("the end of the header") }
    guard let type, let isFortranOrder, let shape else {
      throw Malformed(
        found: "too few keys", expected: "descr, fortran_order and shape, each once")
    }
    return NpyHeader(
      scalarType: type.scalarType, isBigEndian: type.isBigEndian, isFortranOrder: isFortranOrder,
      shape: shape, dataOffset: 0)
  }

  private mutating func descriptor() throws(Malformed) -> (ScalarType, Bool) {
    let expected =
      "the type "
      + ScalarType.allCases.map { "\($0.traits.fileCode) (\($0))" }.joined(separator: ", ")
    skipSpaces()
    // A list of fields, or a type that is itself an array.
    guard position < text.count, !"[(".utf8.contains(text[position]) else {
      throw Malformed(found: "a structured type", expected: expected)
    }
    let code = try string()
    guard let order = code.first,
      let scalarType = ScalarType.allCases.first(where: { $0.traits.fileCode == code.dropFirst() }),
      "<>=".contains(order) || order == "|" && scalarType.byteCount == 1
    else {
      // Float holds every number of that type.
      let advice =
        code.dropFirst() == "f2" ? "; convert it first: x.astype(numpy.float32)" : ""
      throw Malformed(found: "the type \(code.debugDescription)", expected: expected + advice)
    }
    let isBigEndian = order == ">" || order == "=" && NpyHeader.machineIsBigEndian
    return (scalarType, isBigEndian)
  }

  private mutating func boolean() throws(Malformed) -> Bool {
    skipSpaces()
    for (word, value) in [("True", true), ("False", false)]
    where text[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw unexpected("True or False as fortran_order")
  }

  private mutating func tuple() throws(Malformed) -> Shape {
    var shape = Shape()
    try expect("(")
    while !accept(")") {
      guard shape.count < NpyHeader.mostAxes else {
        throw Malformed(
          found: "more than \(NpyHeader.mostAxes) axes",
          expected: "at most \(NpyHeader.mostAxes)")
      }
      shape.append(try number())
      if !accept(",") {
        // Without a comma (3) is a number, not a tuple.
        guard shape.count > 1 else { throw unexpected("a comma behind the only extent") }
        try expect(")")
        break
      }
    }
    return shape
  }

  private mutating func number() throws(Malformed) -> Int {
    skipSpaces()
    let start = position
    var value = 0
    while position < text.count, (0x30...0x39).contains(text[position]) {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(text[position]) - 0x30)
      guard !overflow, !carry else {
        throw Malformed(found: "an extent beyond \(Int.max)", expected: "a smaller one")
      }
      value = sum
      position += 1
    }
    guard position > start else { throw unexpected("an extent that is not negative") }
    // To Python 010 is a mistake, as others would read it to base 8.
    guard position == start + 1 || text[start] != UInt8(ascii: "0") else {
      position = start
      throw unexpected("an extent without zeros before it")
    }
    // Python 2 wrote long integers that way.
    if version < 3, position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }

  private mutating func string() throws(Malformed) -> String {
    skipSpaces()
    guard position < text.count, text[position] == 0x27 || text[position] == 0x22 else {
      throw unexpected("a string in quotes")
    }
    let quote = text[position]
    let start = position + 1
    guard let end = text[start...].firstIndex(of: quote),
      !text[start..<end].contains(UInt8(ascii: "\\")), end - start <= 64
    else { throw unexpected("a short string in quotes, without escapes") }
    position = end + 1
    return String(decoding: text[start..<end], as: UTF8.self)
  }

  private mutating func skipSpaces() {
    while position < text.count, [0x20, 0x09, 0x0a, 0x0d].contains(text[position]) {
      position += 1
    }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(Malformed) {
    guard accept(character) else { throw unexpected("'\(character)'") }
  }

  private func unexpected(_ expected: String) -> Malformed {
    let rest = String(decoding: text[min(position, text.count)...].prefix(16), as: UTF8.self)
    return Malformed(
      found: rest.isEmpty
        ? "an end too early" : "\(rest.debugDescription) at character \(position)",
      expected: expected)
  }
}
