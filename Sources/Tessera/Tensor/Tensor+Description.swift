import Execution
import Foundation
import MessagePassing

extension Tensor: CustomStringConvertible {
  /// The elements as NumPy prints them, summarised beyond 1000: three at either end of each axis.
  /// Only shown elements travel.
  ///
  /// Collective if the tensor is sharded: called by all ranks, equal on all.
  public var description: String {
    orEnd(body.runtime) { () throws(TensorError) in try rendered() }
  }

  private static var summaryThreshold: Int { 1000 }
  private static var edge: Int { 3 }

  /// The same, throwing.
  package func rendered() throws(TensorError) -> String {
    let runtime = body.runtime
    return try runtime.communicator.carryingOut(DescribedCall("the text of \(body.description)")) {
      () throws(TensorError) in
      try runtime.together(isShared: !sharding.isReplicated, endsInExchange: true) {
        () throws(TensorError) in
        try text()
      }
    }
  }

  private func text() throws(TensorError) -> String {
    if sharding.partialReduction != nil {
      return try Tensor(try Redistribute(to: .replicated).apply([body])).text()
    }
    // Of an empty tensor the brackets are counted.
    let isSummarised = shape.prefix { $0 > 0 }.reduce(1, *) > Self.summaryThreshold
    var shown = self
    if isSummarised {
      for axis in shape.indices where shape[axis] > 2 * Self.edge {
        let all = [IndexExpression](repeating: .whole, count: axis)
        let first = try shown.index(all + [.slice(start: nil, end: Self.edge, step: 1)])
        let last = try shown.index(all + [.slice(start: -Self.edge, end: nil, step: 1)])
        shown = Tensor(try concatenated([first.body, last.body], axis: axis))
      }
    }
    let scalars = try shown.gatheredScalars(for: "description")
    let texts = Scalar.format(scalars)
    var position = 0
    return Self.render(
      shown.shape, shape, isSummarised: isSummarised, texts, &position, indent: 1, axis: 0)
  }

  private static func render(
    _ shown: Shape, _ shape: Shape, isSummarised: Bool, _ texts: [String], _ position: inout Int,
    indent: Int, axis: Int
  ) -> String {
    if axis == shown.count {
      defer { position += 1 }
      return texts[position]
    }
    var parts: [String] = []
    for index in 0..<shown[axis] {
      if isSummarised, shape[axis] > 2 * edge, index == edge { parts.append("...") }
      parts.append(
        render(
          shown, shape, isSummarised: isSummarised, texts, &position, indent: indent + 1,
          axis: axis + 1))
    }
    let isInnermost = axis == shown.count - 1
    let separator =
      isInnermost
      ? ", "
      : "," + String(repeating: "\n", count: shown.count - 1 - axis)
        + String(repeating: " ", count: indent)
    return "[" + wrapped(parts, separator, isInnermost: isInnermost, indent: indent) + "]"
  }

  /// Rows longer than a line are broken between elements.
  private static func wrapped(
    _ parts: [String], _ separator: String, isInnermost: Bool, indent: Int
  ) -> String {
    guard isInnermost else { return parts.joined(separator: separator) }
    var lines: [String] = []
    var line = ""
    for (index, part) in parts.enumerated() {
      let text = index == parts.count - 1 ? part : part + ", "
      if !line.isEmpty, indent + line.count + text.count > 78 {
        lines.append(line)
        line = ""
      }
      line += text
    }
    lines.append(line)
    let trimmed = lines.map { line in
      var line = Substring(line)
      while line.last == " " { line.removeLast() }
      return String(line)
    }
    return trimmed.joined(separator: "\n" + String(repeating: " ", count: indent))
  }
}

extension Tensor: CustomDebugStringConvertible {
  /// The elements with the type around them, `Tensor<Float>([1., 2.])`, as NumPy's `repr`: in an
  /// array of tensors, which would else look like a tensor of one more axis, and in a debugger. An
  /// empty tensor tells its shape.
  ///
  /// Collective if the tensor is sharded: called by all ranks, equal on all.
  public var debugDescription: String {
    let name = "Tensor<\(Scalar.self)>("
    let indent = String(repeating: " ", count: name.count)
    let lines = description.split(separator: "\n", omittingEmptySubsequences: false)
    let text = lines.enumerated().map { $0 == 0 || $1.isEmpty ? String($1) : indent + $1 }
    return name + text.joined(separator: "\n") + (elementCount == 0 ? ", shape: \(shape))" : ")")
  }
}

extension TensorScalar {
  /// Texts of one width for elements printed together.
  static func format(_ scalars: [Self]) -> [String] {
    let texts: [String]
    if scalarType.isPrintedWithPoint {
      texts = FloatFormat(scalars.map(\.scalarValue.number)).texts
    } else {
      texts = scalars.map { "\($0)" }
    }
    let width = texts.map(\.count).max() ?? 0
    return texts.map { String(repeating: " ", count: width - $0.count) + $0 }
  }
}

/// Floating-point numbers with up to four decimals, in scientific notation if their magnitudes
/// demand it.
private struct FloatFormat {
  let texts: [String]

  init(_ numbers: [Double]) {
    let magnitudes = numbers.filter { $0.isFinite && $0 != 0 }.map { abs($0) }
    let largest = magnitudes.max() ?? 0
    let smallest = magnitudes.min() ?? 0
    let isScientific = largest >= 1e8 || smallest < 1e-4 && smallest > 0 || largest > smallest * 1e6
    let decimals =
      isScientific
      ? 4
      : (0...4).first { decimals in
        magnitudes.allSatisfy { number in
          let scaled = number * pow(10, Double(decimals))
          return abs(scaled - scaled.rounded()) <= scaled * 1e-7
        }
      } ?? 4
    texts = numbers.map { number in
      if number.isNaN { return "nan" }
      if number.isInfinite { return number < 0 ? "-inf" : "inf" }
      if isScientific { return String(format: "%.4e", number) }
      return decimals == 0
        ? String(format: "%.0f.", number) : String(format: "%.\(decimals)f", number)
    }
  }
}
