import Foundation

/// Lines and points over two axes whose steps are factors.
struct Chart {
  struct Series {
    enum Style { case line, dashes, dots, rings }

    var name: String
    var colour: String
    var style: Style
    var points: [(x: Double, y: Double)]
  }

  var title: String
  var xTitle: String
  var series: [Series]
  /// How numbers of the vertical axis are written.
  var yText: (Double) -> String
  var xText: (Double) -> String = { String(format: "%g", $0) }

  private static let size = (width: 460.0, height: 300.0)

  var drawing: Drawing {
    var drawing = Drawing(width: Self.size.width, height: Self.size.height)
    let points = series.flatMap(\.points)
    let (xs, ys) = (Set(points.map(\.x)).sorted(), points.map(\.y))
    guard let left = xs.first, let right = xs.last, let least = ys.min(), let most = ys.max() else {
      return drawing
    }
    let (right_, bottom) = (Self.size.width - 20, Self.size.height - 44)
    let x = LogarithmicAxis(numbers: left / 1.2...right * 1.2, places: 80...right_)
    let y = LogarithmicAxis(
      numbers: least / 1.4...most * 1.4, places: 46...bottom, isReversed: true)
    drawing.text(title, (8, 14), colour: "#111")
    // Every so many of the numbers that were measured, as there is room for.
    for (index, tick) in xs.enumerated() where index % (xs.count / 9 + 1) == 0 {
      drawing.line((x(tick), 46), (x(tick), bottom), "#eee")
      drawing.text(xText(tick), (x(tick), bottom + 16), .middle)
    }
    for tick in y.roundNumbers {
      drawing.line((80, y(tick)), (right_, y(tick)), "#eee")
      drawing.text(yText(tick), (74, y(tick) + 4), .end)
    }
    drawing.text(xTitle, ((80 + right_) / 2, Self.size.height - 8), .middle)
    var legend = 80.0
    for series in series where !series.points.isEmpty {
      mark(series.style, series.colour, (legend, 28), &drawing, title: series.name)
      drawing.text(series.name, (legend + 16, 32))
      legend += 36 + 7.5 * Double(series.name.count)
      let places = series.points.sorted { $0.x < $1.x }.map { (x($0.x), y($0.y), $0) }
      switch series.style {
      case .line, .dashes:
        for (from, to) in zip(places, places.dropFirst()) {
          drawing.line(
            (from.0, from.1), (to.0, to.1), series.colour, width: 2,
            isDashed: series.style == .dashes)
        }
      case .dots, .rings:
        for (placeX, placeY, point) in places {
          mark(
            series.style, series.colour, (placeX, placeY), &drawing,
            title: "\(series.name), \(xText(point.x)): \(yText(point.y))")
        }
      }
    }
    return drawing
  }

  private func mark(
    _ style: Series.Style, _ colour: String, _ at: (x: Double, y: Double),
    _ drawing: inout Drawing, title: String
  ) {
    switch style {
    case .line, .dashes:
      drawing.line(
        (at.x - 6, at.y), (at.x + 10, at.y), colour, width: 2, isDashed: style == .dashes)
    case .dots: drawing.dot(at, colour, title: title)
    case .rings: drawing.ring(at, colour, title: title)
    }
  }
}

extension LogarithmicAxis {
  /// Powers of ten, and on a short axis their doubles and halves.
  fileprivate var roundNumbers: [Double] {
    let factors = numbers.upperBound / numbers.lowerBound > 100 ? [1.0] : [1, 2, 5]
    let first = Int(log10(numbers.lowerBound).rounded(.down))
    let last = Int(log10(numbers.upperBound).rounded(.up))
    return (first...last).flatMap { exponent in factors.map { $0 * pow(10, Double(exponent)) } }
      .filter(numbers.contains)
  }
}
