import Foundation
import Records
import Scaling

/// A study for people to read.
struct StudyText {
  let study: Study

  init(_ study: Study) { self.study = study }

  /// Each measured point beside what the model expects.
  func points(_ records: [Record]) -> [String] {
    let header =
      padded("scaling")
      + "       size   r×w        time   predicted    off  strong    weak   (left out: not fitted)"
    let known = records.filter { Point($0) != nil }.sorted {
      (order($0.name), $0.size, $0.ranks * $0.workers, $0.ranks)
        < (order($1.name), $1.size, $1.ranks * $1.workers, $1.ranks)
    }
    return [header]
      + known.map { record in
        let predicted = record.predictedSeconds ?? 0
        return padded(record.name)
          + String(
            format: "%11ld %@  %@  %@ %+5.0f %% %@ %@", record.size,
            leading("\(record.ranks)×\(record.workers)", 5), Figure.time(record.seconds),
            Figure.time(predicted), 100 * (predicted / record.seconds - 1),
            percent(record.strongEfficiency), percent(record.weakEfficiency))
          + (record.isLeftOut == true ? "   left out" : "")
      }
  }

  /// The costs, and how good the model is.
  var model: [String] {
    let costs = study.model.costs
    var lines = ["model, in which time is the sum of:"]
    if let round = costs[.round] { lines.append("  round of messages       \(Figure.time(round))") }
    for (cost, name) in [(Cost.moved, "moved between ranks "), (.reduced, "added to own terms  ")] {
      guard let seconds = costs[cost], seconds > 0 else { continue }
      lines.append("  \(name)    \(Figure.rate(1 / seconds, ""))")
    }
    for item in ScalingCase.allCases {
      guard let call = costs[.call(item)], let core = costs[.core(item)],
        let machine = costs[.machine(item)]
      else { continue }
      lines.append(
        "  \(padded(item.rawValue, 14))\(Figure.time(call)) a call, \(unit(core)) of work on a core, "
          + "\(unit(machine)) of work on a machine")
    }
    for (isLeftOut, name) in [(false, "it was fitted to"), (true, "left out of the fit")] {
      let errors = study.errors(ofLeftOut: isLeftOut)
      guard let most = errors.last else { continue }
      lines.append(
        String(
          format: "off by %.0f %% (median), %.0f %% (at most) at the %ld points %@",
          100 * errors[errors.count / 2], 100 * most, errors.count, name))
    }
    return lines
  }

  func predictions(_ predictions: [Prediction]) -> [String] {
    [
      "PREDICTED, not measured: ranks of one worker, on machines like this one that reach each other as its ranks do",
      padded("scaling") + "       size   ranks        time  efficiency",
    ]
      + predictions.map {
        padded($0.name)
          + String(
            format: "%11ld %7ld  %@  %@  %@, predicted", $0.size, $0.ranks, Figure.time($0.seconds),
            percent($0.efficiency), $0.curve.rawValue)
      }
  }

  private func order(_ name: String) -> Int {
    ScalingCase(name: name).flatMap { ScalingCase.allCases.firstIndex(of: $0) } ?? 0
  }

  /// Work is counted in elements or rows, whose times differ widely.
  private func unit(_ seconds: Double) -> String {
    seconds == 0 ? "nothing" : String(format: "%.3g ns", seconds * 1e9)
  }

  private func percent(_ part: Double?) -> String {
    part.map { String(format: "%5.0f %%", 100 * $0) } ?? "      –"
  }

  private func leading(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private func padded(_ text: String, _ width: Int = 24) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
