import Tessera

/// Whether a reader did right by a file, from nothing but the file's bytes: what it accepts must be
/// there, element by element, and must not have taken more memory than the file has.
struct NpyJudge {
  enum Outcome {
    case refused(String)
    /// Elements as bytes in row-major order of this machine.
    case read(ScalarType, Shape, [UInt8])
  }

  /// - Parameter memory: the most bytes that the reader held at once.
  /// - Returns: what is wrong.
  func complaint(
    about bytes: [UInt8], isGood: Bool, _ outcome: Outcome, memory: Int
  ) -> String? {
    if memory > bytes.count { return "\(memory) bytes taken for a file of \(bytes.count)" }
    switch outcome {
    case .refused(let message):
      if isGood { return "a good file was refused: \(message)" }
      if !message.hasPrefix("NpyFile: given ") && !message.hasPrefix("NpyFile.tensor") {
        return "no operation in: \(message)"
      }
      if message.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
        return "control characters in: \(message.debugDescription)"
      }
      if message.utf8.count > 600 { return "a long message: \(message)" }
      return nil
    case .read(let type, let shape, let elements):
      return complaint(about: bytes, type, shape, elements)
    }
  }

  private func complaint(
    about bytes: [UInt8], _ type: ScalarType, _ shape: Shape, _ elements: [UInt8]
  ) -> String? {
    guard bytes.starts(with: NpyImage.magic), let header = header(bytes) else {
      return "read without a header"
    }
    var count = type.byteCount
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if extent < 0 || overflow { return "read as \(shape)" }
      count = product
    }
    let body = Array(bytes[header.endIndex...])
    if body.count != count || elements.count != count {
      return "\(elements.count) bytes read of \(body.count) for \(type) \(shape)"
    }
    let extents = shape.map { Array("\($0)".utf8) }
    if !extents.allSatisfy({ header.contains($0) }) { return "\(shape) is not in the header" }
    let expected = rowMajor(
      body, type, shape, isFortran: header.contains(Array("True".utf8)),
      isBigEndian: header.contains(UInt8(ascii: ">")))
    return elements == expected ? nil : "\(elements) instead of \(expected)"
  }

  /// The text of the header.
  private func header(_ bytes: [UInt8]) -> ArraySlice<UInt8>? {
    guard bytes.count >= 12 else { return nil }
    let places = bytes[6] == 1 ? 2 : 4
    let length = (0..<places).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let start = 8 + places
    return start + length <= bytes.count ? bytes[start..<start + length] : nil
  }

  private func rowMajor(
    _ body: [UInt8], _ type: ScalarType, _ shape: Shape, isFortran: Bool, isBigEndian: Bool
  ) -> [UInt8] {
    let size = type.byteCount
    var strides = shape.rowMajorStrides
    if isFortran {
      var distance = 1
      for axis in shape.indices {
        strides[axis] = distance
        distance *= shape[axis]
      }
    }
    var result: [UInt8] = []
    result.reserveCapacity(body.count)
    for number in 0..<body.count / size {
      var (rest, source) = (number, 0)
      for axis in shape.indices.reversed() {
        source += rest % shape[axis] * strides[axis]
        rest /= shape[axis]
      }
      let element = body[source * size..<(source + 1) * size]
      result += isBigEndian ? Array(element.reversed()) : Array(element)
    }
    return type == .bool ? result.map { $0 == 0 ? 0 : 1 } : result
  }
}

extension ArraySlice<UInt8> {
  fileprivate func contains(_ word: [UInt8]) -> Bool {
    indices.contains { self[$0...].starts(with: word) }
  }
}
