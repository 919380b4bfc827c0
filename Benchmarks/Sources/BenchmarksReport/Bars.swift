import Foundation
import Records

/// Time ÷ limit of each case, and of the peers below it.
struct Bars {
  private static let colours = ["#3f6fb5", "#8f5fb0", "#4aa5b8", "#b07d4f", "#6c757d"]
  private static let left = 264.0
  private static let width = 960.0
  private static let thick = 12.0
  private static let thin = 7.0

  let cases: [Record]

  private var peers: [String] { Set(cases.flatMap(\.peers.keys)).sorted() }

  private func colour(of peer: String) -> String {
    Self.colours[(peers.firstIndex(of: peer) ?? 0) % Self.colours.count]
  }

  var drawing: Drawing {
    let bars = cases.reduce(0) { $0 + $1.peers.count }
    let top = 44.0
    let bottom = top + Double(cases.count) * (Self.thick + 10) + Double(bars) * Self.thin
    var drawing = Drawing(width: Self.width, height: bottom + 24)
    let axis = LogarithmicAxis(numbers: span, places: Self.left...(Self.width - 150))
    legend(of: &drawing)
    for tick in axis.ticks {
      drawing.line((axis(tick), top), (axis(tick), bottom), "#ddd")
      drawing.text(String(format: "%g ×", tick), (axis(tick), bottom + 16), .middle)
    }

    var y = top + 4
    for record in cases {
      let began = y
      let verdict = Verdict(record)
      drawing.text("\(record.name) \(record.size)", (Self.left - 8, y + 10), .end)
      add(record.ratioToLimit, record.seconds, "Tessera", verdict.colour, Self.thick, y)
      if let lead = record.lead {
        drawing.text(lead.text, (axis(record.ratioToLimit) + 6, y + 10), colour: verdict.colour)
      }
      y += Self.thick
      for (peer, figures) in record.peers.sorted(by: { $0.key < $1.key }) {
        let ratio = figures.seconds / record.limitSeconds
        add(ratio, figures.seconds, peer, colour(of: peer), Self.thin - 1, y + 1)
        y += Self.thin
      }
      if let target = Target(record)?.ratio(to: record.limitSeconds) {
        drawing.line((axis(target), began - 2), (axis(target), y + 2), "#111", width: 2)
      }
      y += 10

      func add(
        _ ratio: Double, _ seconds: Double, _ name: String, _ colour: String, _ height: Double,
        _ y: Double
      ) {
        let time = Figure.time(seconds).trimmingCharacters(in: .whitespaces)
        drawing.bar(
          x: Self.left...max(axis(ratio), Self.left + 1), y: y, height: height, colour,
          title: "\(record.name), \(name): \(time), \(String(format: "%.2f", ratio)) × limit")
      }
    }
    drawing.line((axis(1), top), (axis(1), bottom), "#111", isDashed: true)
    return drawing
  }

  /// Half the limit and more, as far as the longest bar.
  private var span: ClosedRange<Double> {
    let ratios = cases.flatMap { record in
      [record.seconds] + record.peers.values.map(\.seconds)
    }
    let most =
      zip(
        ratios, cases.flatMap { Array(repeating: $0.limitSeconds, count: $0.peers.count + 1) }
      ).map { $0 / $1 }.max() ?? 1
    return 0.5...max(10, most)
  }

  private func legend(of drawing: inout Drawing) {
    let entries =
      Verdict.allCases.map { ("Tessera: \($0.rawValue)", $0.colour) }
      + peers.map { ($0, colour(of: $0)) }
    for (index, (name, colour)) in entries.enumerated() {
      let (row, column) = index.quotientAndRemainder(dividingBy: 6)
      let x = 10 + Double(column) * 155
      let y = 6 + Double(row) * 16
      drawing.bar(x: x...(x + 10), y: y, height: 10, colour, title: name)
      drawing.text(name, (x + 15, y + 9))
    }
  }
}
