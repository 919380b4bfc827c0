import Foundation

/// A picture in SVG.
struct Drawing {
  enum Anchor: String { case start, middle, end }

  let width: Double
  let height: Double
  private var elements: [String] = []

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  var svg: String {
    "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\">\n"
      + elements.joined(separator: "\n") + "\n</svg>"
  }

  mutating func line(
    _ from: (x: Double, y: Double), _ to: (x: Double, y: Double), _ colour: String,
    width: Double = 1, isDashed: Bool = false
  ) {
    let dashes = isDashed ? " stroke-dasharray=\"5 4\"" : ""
    elements.append(
      "<line x1=\"\(number(from.x))\" y1=\"\(number(from.y))\" x2=\"\(number(to.x))\""
        + " y2=\"\(number(to.y))\" stroke=\"\(colour)\" stroke-width=\"\(number(width))\"\(dashes)/>"
    )
  }

  /// A title shows where the pointer rests.
  mutating func bar(
    x: ClosedRange<Double>, y: Double, height: Double, _ colour: String, title: String
  ) {
    elements.append(
      "<rect x=\"\(number(x.lowerBound))\" y=\"\(number(y))\""
        + " width=\"\(number(x.upperBound - x.lowerBound))\" height=\"\(number(height))\""
        + " fill=\"\(colour)\"><title>\(title.escaped)</title></rect>")
  }

  mutating func dot(_ at: (x: Double, y: Double), _ colour: String, title: String) {
    elements.append(
      "<circle cx=\"\(number(at.x))\" cy=\"\(number(at.y))\" r=\"5\" fill=\"\(colour)\">"
        + "<title>\(title.escaped)</title></circle>")
  }

  mutating func ring(_ at: (x: Double, y: Double), _ colour: String, title: String) {
    elements.append(
      "<circle cx=\"\(number(at.x))\" cy=\"\(number(at.y))\" r=\"8\" fill=\"none\" stroke=\"\(colour)\""
        + " stroke-width=\"1.5\"><title>\(title.escaped)</title></circle>")
  }

  mutating func text(
    _ text: String, _ at: (x: Double, y: Double), _ anchor: Anchor = .start,
    colour: String = "#333"
  ) {
    elements.append(
      "<text x=\"\(number(at.x))\" y=\"\(number(at.y))\" text-anchor=\"\(anchor.rawValue)\""
        + " fill=\"\(colour)\">\(text.escaped)</text>")
  }

  private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}

/// Where numbers lie on an axis whose steps are factors.
struct LogarithmicAxis {
  let numbers: ClosedRange<Double>
  let places: ClosedRange<Double>
  /// Whether greater numbers lie at smaller places, as those of a vertical axis do.
  var isReversed = false

  func callAsFunction(_ number: Double) -> Double {
    let part =
      log(max(number, numbers.lowerBound) / numbers.lowerBound)
      / log(numbers.upperBound / numbers.lowerBound)
    let length = (places.upperBound - places.lowerBound) * min(part, 1)
    return isReversed ? places.upperBound - length : places.lowerBound + length
  }

  /// The powers of ten.
  var ticks: [Double] {
    let exponents = log10(numbers.lowerBound).rounded(.up)...log10(numbers.upperBound)
    return stride(from: exponents.lowerBound, through: exponents.upperBound, by: 1).map {
      pow(10, $0)
    }
  }
}

extension String {
  /// As text of a page.
  var escaped: String {
    replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }
}
