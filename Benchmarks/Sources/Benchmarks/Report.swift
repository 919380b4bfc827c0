import Foundation
import Records
import Tessera

/// What is told of the cases.
struct Report {
  private var records: [Record] = []

  mutating func add(_ record: Record) {
    let figure =
      record.rate.map { Figure.rate($0, record.name) }
      ?? String(format: "%@, %.2f × limit", Figure.time(record.seconds), record.ratioToLimit)
      + (record.lead.map { ", \($0.text)" } ?? "")
    Progress.tell("\(record.name) \(record.size): \(figure.trimmingCharacters(in: .whitespaces))")
    records.append(record)
  }

  /// Prints the limits, and a table of the cases.
  func show() {
    let limits = records.filter { $0.rate != nil }
    let cases = records.filter { $0.rate == nil }
    var lines = ["ranks \(Job.ranks), workers of a rank \(Job.workers)", ""]
    lines += limits.map { Self.column($0.name) + Figure.rate($0.rate ?? 0, $0.name) }
    if !limits.isEmpty { lines.append("") }
    if !cases.isEmpty { lines += [Self.header] + cases.map(Self.line) }
    if records.contains(where: { $0.isQuick == true }) {
      lines += ["", "A quick run: every case was right; the times mean nothing."]
    }
    Tessera.print(lines.joined(separator: "\n"))
  }

  /// Writes a line a case, all or nothing. Collective.
  func write(to path: String) throws(TensorError) {
    try Job.agreeing(on: "benchmarks --json") { () throws(TensorError) in
      guard Job.isFirst else { return }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      do {
        let lines = try records.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        try Data((lines.joined(separator: "\n") + "\n").utf8)
          .write(to: URL(fileURLWithPath: path), options: .atomic)
      } catch {
        throw TensorError(
          "benchmarks --json", given: "\(path), which cannot be written",
          expected: "a file in a folder that may be written")
      }
    }
  }

  private static let header =
    column("case")
    + "       size        time       least         most       limit   ratio  first  faults  allocations"

  private static func line(_ record: Record) -> String {
    var line = column(record.name)
    line += String(
      format: "%11ld  %@  %@ … %@  %@ %7.2f %6.1f %7ld %12ld", record.size,
      Figure.time(record.seconds),
      Figure.time(record.secondsMin), Figure.time(record.secondsMax),
      Figure.time(record.limitSeconds),
      record.ratioToLimit, (record.firstSeconds ?? 0) / record.seconds, record.pageFaults,
      record.systemAllocations)
    for (name, seconds) in (record.parts ?? [:]).sorted(by: { $0.key < $1.key }) {
      line += "  \(name) alone \(Figure.time(seconds))"
    }
    if let hidden = record.hiddenFraction {
      line += String(format: "  hidden %.0f %%", 100 * hidden)
    }
    if let memory = record.memoryRatio { line += String(format: "  memory %.2f × data", memory) }
    for (name, peer) in record.peers.sorted(by: { $0.key < $1.key }) {
      line += "  \(name) \(Figure.time(peer.seconds))"
      if let ratios = peer.pairRatios, let least = ratios.min(), let most = ratios.max() {
        line += String(
          format: ", %.2f × (%.2f … %.2f) in %ld pairs", peer.ratio, least, most, ratios.count)
      }
    }
    if let lead = record.lead { line += "  (\(lead.text))" }
    return line
  }

  private static func column(_ text: String) -> String {
    text + String(repeating: " ", count: max(0, 28 - text.count))
  }
}

/// What goes on, on standard error of the first rank.
enum Progress {
  static func tell(_ text: String) {
    guard Job.isFirst else { return }
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }
}
