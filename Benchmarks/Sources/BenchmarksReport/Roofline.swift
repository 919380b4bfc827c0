import Foundation
import Records

/// Operations a second over operations a byte: no case can lie above the roof, which memory slopes
/// and arithmetic makes flat.
struct Roofline {
  /// Bytes a second.
  let bandwidth: Double
  /// Operations a second, by the name of the type.
  let peaks: [(name: String, rate: Double)]
  let points: [(record: Record, work: Work)]

  /// Nil without the limits by themselves, and where no case computes.
  init?(limits: [Record], cases: [Record]) {
    let rates = Dictionary(
      limits.map { ($0.name, $0.rate ?? 0) }, uniquingKeysWith: { first, _ in first })
    peaks = ["float32", "float64"].compactMap { name in
      rates["limits/\(name)"].map { (name, $0) }
    }
    bandwidth = rates.filter { !$0.key.contains("/float") }.values.max() ?? 0
    points = cases.compactMap { record in Work(record).map { (record, $0) } }
    if bandwidth <= 0 || peaks.isEmpty || points.isEmpty { return nil }
  }

  var drawing: Drawing {
    let (width, height) = (960.0, 460.0)
    var drawing = Drawing(width: width, height: height)
    let highest = peaks.map(\.rate).max()!
    let rates = points.map { $0.work.operations / $0.record.seconds }
    let least = min(rates.min()!, bandwidth / 30)
    let densest = points.map(\.work.intensity).max()!
    let x = LogarithmicAxis(
      numbers: 0.02...max(2 * densest, 4 * highest / bandwidth), places: 70...(width - 20))
    let y = LogarithmicAxis(
      numbers: (least / 2)...(max(highest, rates.max()!) * 2), places: 10...(height - 40),
      isReversed: true)

    for tick in x.ticks {
      drawing.line((x(tick), 10), (x(tick), height - 40), "#eee")
      drawing.text(String(format: "%g", tick), (x(tick), height - 24), .middle)
    }
    for tick in y.ticks {
      drawing.line((70, y(tick)), (width - 20, y(tick)), "#eee")
      drawing.text(String(format: "%g", tick / 1e9), (64, y(tick) + 4), .end)
    }
    drawing.text("operations a byte", (width / 2, height - 6), .middle)
    drawing.text("GFLOP/s", (74, 22))

    let start = x.numbers.lowerBound
    let ridge = highest / bandwidth
    drawing.line((x(start), y(start * bandwidth)), (x(ridge), y(highest)), "#111", width: 2)
    for (name, peak) in peaks {
      let from = (x(peak / bandwidth), y(peak))
      drawing.line(from, (width - 20, y(peak)), "#111", width: 2, isDashed: peak < highest)
      drawing.text("\(name) \(Int(peak / 1e9)) GFLOP/s", (width - 24, y(peak) - 6), .end)
    }
    // Beside the slope, on the side where it leaves room.
    drawing.text(
      "memory \(Int(bandwidth / 1e9)) GB/s", (x(2 * start) + 10, y(2 * start * bandwidth) + 8))
    for (record, work) in points {
      let rate = work.operations / record.seconds
      let text = String(format: "%.1f GFLOP/s, %.2f operations a byte", rate / 1e9, work.intensity)
      drawing.dot(
        (x(work.intensity), y(rate)), Verdict(record).colour,
        title: "\(record.name) \(record.size): \(text)" + (record.lead.map { ", \($0.text)" } ?? "")
      )
    }
    return drawing
  }
}
