import Foundation
import Records

/// A page that needs nothing else, of what was measured.
struct Page {
  /// What one start measured.
  private struct Group {
    var limits: [Record]
    var cases: [Record]
  }

  private var groups: [Group] = []

  private let scaling: ScalingSection?
  private let isQuick: Bool

  private static let quickRemark = """
    <p><b>This was a quick run</b>, with small operands and one round: every case was right, and the times, ratios
    and predictions mean nothing.</p>
    """

  init(_ results: Results) {
    scaling = ScalingSection(results)
    isQuick = results.records.contains { $0.isQuick == true }
    for record in results.records where !ScalingSection.isOne(record) {
      let isKnown = groups.last.flatMap { ($0.limits + $0.cases).first }.map {
        ($0.ranks, $0.workers) == (record.ranks, record.workers)
      }
      if isKnown != true { groups.append(Group(limits: [], cases: [])) }
      if record.rate == nil {
        groups[groups.count - 1].cases.append(record)
      } else {
        groups[groups.count - 1].limits.append(record)
      }
    }
  }

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Tessera: benchmarks</title>
    <style>
    body { font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 68rem; margin: 2rem auto; padding: 0 1rem }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem }
    th, td { padding: 0.15rem 0.6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #ddd }
    th:first-child, td:first-child { text-align: left }
    .verdict { color: #fff; text-align: center; border-radius: 4px }
    .wide { overflow-x: auto }
    svg { width: 100%; height: auto; font-size: 12px }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(22rem, 1fr)); gap: 1rem }
    </style>
    </head>
    <body>
    <h1>Tessera: benchmarks</h1>
    <p>Each case was timed in turns with its limit, the least that this machine needs for it, and with other
    libraries that do the same. What counts is the ratio: what else the machine did, it did to all of them.
    Ratios to a target that differ by less than a quarter are called near it, as two runs differ by that much.</p>
    \(isQuick ? Self.quickRemark : "")
    \((groups.map(Self.section) + [scaling?.html].compactMap { $0 }).joined(separator: "\n"))
    </body>
    </html>

    """
  }

  private static func section(_ group: Group) -> String {
    let first = (group.limits + group.cases)[0]
    var parts = [
      "<h2>\(count(first.ranks, "rank")) of \(count(first.workers, "worker"))</h2>"
    ]
    if !group.limits.isEmpty {
      parts.append("<h3>What the machine can do</h3>")
      parts.append(
        table(
          header: ["limit", "rate"],
          group.limits.map { limit in
            [cell(limit.name), cell(Figure.rate(limit.rate ?? 0, limit.name))]
          }))
      parts.append(
        """
        <p>Loops that share nothing with Tessera, on as many threads: bytes read and written, and fused
        multiplications and additions in registers. Nothing on this machine can be faster.</p>
        """)
    }
    guard !group.cases.isEmpty else { return parts.joined(separator: "\n") }
    parts.append("<h3>Cases</h3>\n<p>\(summary(group.cases))</p>")
    parts.append(caseTable(group.cases))
    parts.append(
      """
      <p><b>ratio</b> is time ÷ limit: 1 is as fast as the machine, and less is noise. <b>target</b> is the
      greatest ratio wanted; a case that meets it while another library is ahead is called behind. <b>memory</b> is
      the most that was in use ÷ operands and results. <b>÷ one rank</b> is time ÷ that of one rank on as many cores;
      the target of a job on several ranks is \(ratio(RankTarget.ratio)) times that. A library's column is its time ÷
      Tessera's: above 1 Tessera is faster.\(pairs(group.cases))</p>
      <h3>Time beside the limit</h3>
      \(Bars(cases: group.cases).drawing.svg)
      <p>Shorter is faster; each step to the right is ten times slower. The dashed line is the limit, a black
      mark the target of a case, thin bars the other libraries.</p>
      """)
    parts.append(shortfalls(group.cases))
    parts.append(leads(group.cases))
    parts += group.cases.compactMap(remark)
    if let roofline = Roofline(limits: group.limits, cases: group.cases) {
      parts.append(
        """
        <h3>Roofline</h3>
        \(roofline.drawing.svg)
        <p>The roof is what the machine can do: where few operations come to a byte, memory bounds them (the
        slope), and arithmetic where many do (flat). The nearer a case lies to the roof, the less there is to
        win; a function such as exp counts as one operation. Copies, random numbers, small calls and
        communication compute nothing that is counted, and are not drawn.</p>
        """)
    }
    return parts.joined(separator: "\n")
  }

  /// The cases that miss their targets, by how much and why.
  private static func shortfalls(_ cases: [Record]) -> String {
    let items = cases.compactMap { record in
      Shortfall(record).map {
        "<li><b>\(record.name.escaped)</b> (\(record.size)): \($0.text.escaped)</li>"
      }
    }
    if items.isEmpty { return "" }
    return "<h3>What misses its target, and why</h3>\n<ul>\n\(items.joined(separator: "\n"))\n</ul>"
  }

  /// The cases in which another library is ahead, the furthest first.
  private static func leads(_ cases: [Record]) -> String {
    let items = cases.compactMap { record in record.lead.map { (record, $0) } }
      .sorted { $0.1.factor > $1.1.factor }
      .map { record, lead in
        "<li><b>\(record.name.escaped)</b> (\(record.size)): \(lead.text.escaped)</li>"
      }
    if items.isEmpty { return "" }
    return "<h3>Where another library is ahead</h3>\n<ul>\n\(items.joined(separator: "\n"))\n</ul>"
  }

  /// What a case tells besides its time.
  private static func remark(_ record: Record) -> String? {
    if let hidden = record.hiddenFraction, let parts = record.parts {
      let alone = parts.sorted { $0.key < $1.key }.map { "\($0.key) \(Figure.time($0.value))" }
      return String(
        format:
          "<p><b>%@</b>: %.0f %% of the shorter part hides behind the other; alone they take %@.</p>",
        record.name.escaped, 100 * hidden, alone.joined(separator: " and ").escaped)
    }
    // Of jobs the table tells it.
    if let ratio = record.ratioToOneRank, !record.name.hasPrefix("jobs/") {
      return String(
        format: "<p><b>%@</b> takes %.2f times what one rank on as many cores takes.</p>",
        record.name.escaped, ratio)
    }
    return nil
  }

  /// How libraries were timed, where that was in pairs of turns.
  private static func pairs(_ cases: [Record]) -> String {
    let counts = cases.flatMap(\.peers.values).compactMap { $0.pairRatios?.count }
    return counts.min().map {
      " It is the median of \($0) pairs of turns, in which one follows the other."
    } ?? ""
  }

  private static func summary(_ cases: [Record]) -> String {
    let verdicts = cases.map(Verdict.init)
    return Verdict.allCases.compactMap { verdict in
      let count = verdicts.count { $0 == verdict }
      return count == 0 ? nil : "\(count) \(verdict.rawValue)"
    }.joined(separator: ", ") + "."
  }

  private static func caseTable(_ cases: [Record]) -> String {
    let peers = Set(cases.flatMap(\.peers.keys)).sorted()
    let hasMemory = cases.contains { $0.memoryRatio != nil }
    let hasOneRank = cases.contains { $0.ratioToOneRank != nil }
    let header =
      ["case", "size", "time", "limit", "ratio", "target", "", "ahead"]
      + (hasOneRank ? ["÷ one rank"] : []) + (hasMemory ? ["memory"] : []) + peers
    return table(
      header: header,
      cases.map { record in
        let verdict = Verdict(record)
        let target = Target(record)?.ratio(to: record.limitSeconds)
        return [
          cell(record.name), cell(String(record.size)), cell(Figure.time(record.seconds)),
          cell(Figure.time(record.limitSeconds)), cell(ratio(record.ratioToLimit)),
          cell(target.map(ratio) ?? "–"),
          "<td class=\"verdict\" style=\"background: \(verdict.colour)\">\(verdict.rawValue)</td>",
          cell(record.lead?.text ?? "–"),
        ] + (hasOneRank ? [cell(record.ratioToOneRank.map(ratio) ?? "–")] : [])
          + (hasMemory ? [cell(record.memoryRatio.map(ratio) ?? "–")] : [])
          + peers.map { cell(record.peers[$0].map { ratio($0.ratio) } ?? "–") }
      })
  }

  private static func table(header: [String], _ rows: [[String]]) -> String {
    let head = header.map { "<th>\($0.escaped)</th>" }.joined()
    let body = rows.map { "<tr>\($0.joined())</tr>" }.joined(separator: "\n")
    return "<div class=\"wide\"><table>\n<tr>\(head)</tr>\n\(body)\n</table></div>"
  }

  private static func cell(_ text: String) -> String { "<td>\(text.escaped)</td>" }

  private static func ratio(_ ratio: Double) -> String {
    String(format: ratio < 10 ? "%.2f" : "%.0f", ratio)
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
