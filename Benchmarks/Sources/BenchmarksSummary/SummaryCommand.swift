import ArgumentParser
import Foundation
import Records
import Scaling

/// `benchmarks-summary`: what several starts say together.
@main struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks-summary",
    abstract:
      "Tells how cases fare with more ranks and workers, beside a model that is fitted to them.",
    discussion: "Benchmarks/run starts it.")

  @Argument(help: "Files that benchmarks --json has written.")
  var files: [String]

  @Option(help: "How many cores the machine has.")
  var cores: Int

  @Option(help: "Extend the curves to so many ranks.")
  var predict: Int?

  @Option(help: ArgumentHelp("Also write all lines with what was found.", valueName: "file"))
  var json: String?

  func validate() throws {
    guard cores > 0, predict ?? 1 > 0 else {
      throw ValidationError("--cores and --predict: expected at least one")
    }
  }

  func run() throws {
    var results: Results
    do {
      results = try Results(contentsOf: files)
    } catch {
      throw ValidationError("\(error)")
    }
    var lines = Self.judgePairs(results.records)
    let ranks = Self.compareRanks(&results)
    if !lines.isEmpty, !ranks.isEmpty { lines.append("") }
    lines += ranks
    if let study = Study(results.records, cores: cores) {
      if !lines.isEmpty { lines.append("") }
      let text = StudyText(study)
      results.note(study)
      lines += text.points(results.records) + [""] + text.model
      if let predict {
        results.predictions = study.predictions(to: predict)
        lines += [""] + text.predictions(results.predictions)
      }
    }
    if !lines.isEmpty { print(lines.joined(separator: "\n")) }
    if let json { try results.write(to: json) }
  }

  /// Tells where another library is ahead, of the cases that were timed in pairs of turns with
  /// some.
  private static func judgePairs(_ records: [Record]) -> [String] {
    let judged = records.filter { record in
      record.isQuick != true && record.peers.values.contains { $0.pairRatios != nil }
    }
    if judged.isEmpty { return [] }
    let leads = judged.compactMap { record in record.lead.map { (record, $0) } }
    return ["in pairs of turns another library is ahead of \(leads.count) of \(judged.count) cases"]
      + leads.map { record, lead in
        "  \(record.name) \(record.size) on \(record.ranks)×\(record.workers): \(lead.text)"
      }
  }

  /// Tells what a step of training, or a job, takes on several ranks beside one rank on as many
  /// cores.
  private static func compareRanks(_ results: inout Results) -> [String] {
    func isCompared(_ record: Record) -> Bool {
      record.name == "training/step" || record.name.hasPrefix("jobs/")
    }
    let steps = results.records.filter(isCompared)
    var lines: [String] = []
    var above: [Bool] = []
    for (index, record) in results.records.enumerated()
    where isCompared(record) && record.ranks > 1 {
      let cores = record.ranks * record.workers
      guard
        let one = steps.first(where: {
          $0.name == record.name && $0.ranks == 1 && $0.workers == cores
            && $0.size == record.size
        })
      else { continue }
      let ratio = record.seconds / one.seconds
      results.records[index].ratioToOneRank = ratio
      let isAbove = results.records[index].isAboveRankTarget
      if let isAbove { above.append(isAbove) }
      lines.append(
        String(
          format: "%@ on %ld ranks of %ld: %.2f × one rank of %ld", record.name, record.ranks,
          record.workers, ratio, one.workers) + (isAbove == true ? ", above its target" : ""))
    }
    if !above.isEmpty {
      lines.append(
        String(
          format: "%ld of %ld take more than %.2f × one rank on as many cores",
          above.count { $0 }, above.count, RankTarget.ratio))
    }
    return lines
  }
}

extension Results {
  /// Notes beside each record what the study says of it.
  fileprivate mutating func note(_ study: Study) {
    for index in records.indices {
      guard let point = Point(records[index]) else { continue }
      let seconds = records[index].seconds
      records[index].predictedSeconds = study.model.seconds(of: point)
      records[index].isLeftOut = study.leftOut.contains(point)
      records[index].strongEfficiency = study.efficiency(of: point, seconds, isWeak: false)
      records[index].weakEfficiency = study.efficiency(of: point, seconds, isWeak: true)
    }
  }
}

extension Study {
  /// The curves beyond what was measured.
  fileprivate func predictions(to ranks: Int) -> [Prediction] {
    ScalingCase.allCases.flatMap { item in
      [Prediction.Curve.strong, .weak].flatMap { curve in
        self.curve(item, isWeak: curve == .weak, to: ranks).filter { measured[$0] == nil }.map {
          let seconds = model.seconds(of: $0)
          return Prediction(
            item.name, size: $0.size, ranks: $0.place.ranks, workers: $0.place.workers,
            seconds: seconds, curve,
            efficiency: efficiency(of: $0, seconds, isWeak: curve == .weak))
        }
      }
    }
  }
}
