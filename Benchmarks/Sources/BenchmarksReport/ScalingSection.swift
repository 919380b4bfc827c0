import Foundation
import Records

/// The curves of the suite `scaling`: time over cores, over ranks beyond them, and over sizes.
struct ScalingSection {
  private let records: [Record]
  private let predictions: [Prediction]

  /// Nil where the suite was not run.
  init?(_ results: Results) {
    records = results.records.filter(Self.isOne)
    predictions = results.predictions
    if records.isEmpty { return nil }
  }

  /// Whether a record belongs here.
  static func isOne(_ record: Record) -> Bool { record.name.hasPrefix("scaling/") }

  var html: String {
    let names = records.map(\.name).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    var parts = [
      """
      <h2>Scaling</h2>
      <p>Dots were measured. Rings beside them are what a model expects, in which time is the sum of latency,
      bytes ÷ bandwidth and work ÷ rate; its costs were fitted to this run, without the second smallest size of
      each case. The thin line is ideal. A dashed line is <b>predicted</b>, not measured: ranks of one worker on
      machines like this one, which reach each other as its ranks do.\(errors)</p>
      <h3>Strong scaling: the same work on more cores</h3>
      """
    ]
    parts.append(grid(names.compactMap { chart($0, .strong) }))
    parts.append("<h3>Weak scaling: as much work for each core</h3>")
    parts.append(grid(names.compactMap { chart($0, .weak) }))
    parts.append("<h3>Time against size</h3>")
    parts.append(grid(names.compactMap(sizes)))
    return parts.joined(separator: "\n")
  }

  /// How far the model is off where it was measured.
  private var errors: String {
    let texts = [(false, "fitted"), (true, "left out")].compactMap { isLeftOut, name -> String? in
      let errors = records.compactMap { record in
        record.isLeftOut == isLeftOut
          ? record.predictedSeconds.map { abs($0 / record.seconds - 1) } : nil
      }.sorted()
      return errors.last.map {
        String(
          format: "%.0f %% (median) and %.0f %% (at most) at the %ld points %@",
          100 * errors[errors.count / 2], 100 * $0, errors.count, name)
      }
    }
    return texts.isEmpty ? "" : " The model is off by \(texts.joined(separator: ", by "))."
  }

  private func grid(_ charts: [Chart]) -> String {
    "<div class=\"charts\">\n" + charts.map(\.drawing.svg).joined(separator: "\n") + "\n</div>"
  }

  /// Time over cores, of all ranks × workers.
  private func chart(_ name: String, _ curve: Prediction.Curve) -> Chart? {
    let all = records.filter { $0.name == name && $0.size > 1 }
    guard let fewest = all.map(\.cores).min(), let least = all.map(\.size).min(),
      let greatest = all.map(\.size).max()
    else { return nil }
    let isWeak = curve == .weak
    let chosen = all.filter {
      isWeak
        ? $0.weakEfficiency != nil && $0.size * fewest == least * $0.cores : $0.size == greatest
    }
    guard let base = chosen.first(where: { $0.cores == fewest }) else { return nil }
    let ahead = predictions.filter { $0.name == name && $0.curve == curve }
    let modelled = chosen.filter { $0.workers == 1 }.compactMap { record in
      record.predictedSeconds.map { (x: Double(record.cores), y: $0) }
    }
    let further = ahead.map { (x: Double($0.ranks), y: $0.seconds) }
    // Time × efficiency is what is ideal.
    let ideal =
      chosen.compactMap { record in
        (isWeak ? record.weakEfficiency : record.strongEfficiency)
          .map { (x: Double(record.cores), y: record.seconds * $0) }
      }
      + ahead.compactMap { point in
        point.efficiency.map { (x: Double(point.ranks), y: point.seconds * $0) }
      }
    return Chart(
      title: "\(name), \(isWeak ? "\(base.size) for each of \(fewest)" : String(base.size))",
      xTitle: ahead.isEmpty ? "cores" : "cores; ranks where predicted",
      series: [
        .init(name: "ideal", colour: "#bbb", style: .line, points: ideal),
        .init(
          name: "measured", colour: "#3f6fb5", style: .dots,
          points: chosen.map { (Double($0.cores), $0.seconds) }),
        .init(
          name: "model", colour: "#c8472f", style: .rings,
          points: chosen.compactMap { record in
            record.predictedSeconds.map { (Double(record.cores), $0) }
          }),
        .init(
          name: "predicted", colour: "#c8472f", style: .dashes,
          points: ahead.isEmpty ? [] : modelled.suffix(1) + further),
      ], yText: Self.time)
  }

  /// Time over size, on all cores.
  private func sizes(_ name: String) -> Chart? {
    let all = records.filter { $0.name == name && $0.size > 1 }
    guard let most = all.map(\.cores).max(),
      let place = all.last(where: { $0.cores == most })
    else { return nil }
    let chosen = all.filter { ($0.ranks, $0.workers) == (place.ranks, place.workers) }
    guard chosen.count > 1 else { return nil }
    return Chart(
      title: "\(name) on \(place.ranks) × \(place.workers)", xTitle: "size",
      series: [
        .init(
          name: "limit", colour: "#888", style: .line,
          points: chosen.map { (Double($0.size), $0.limitSeconds) }),
        .init(
          name: "measured", colour: "#3f6fb5", style: .dots,
          points: chosen.map { (Double($0.size), $0.seconds) }),
        .init(
          name: "model", colour: "#c8472f", style: .rings,
          points: chosen.compactMap { record in
            record.predictedSeconds.map { (Double(record.size), $0) }
          }),
      ], yText: Self.time, xText: { String(format: "%.3g", $0) })
  }

  private static func time(_ seconds: Double) -> String {
    let (factor, unit) = seconds < 1e-6 ? (1e9, "ns") : seconds < 1e-3 ? (1e6, "µs") : (1e3, "ms")
    return String(format: "%.3g %@", seconds * factor, unit)
  }
}

extension Record {
  fileprivate var cores: Int { ranks * workers }
}
