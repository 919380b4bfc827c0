import Foundation
import Records

/// By how much a case misses its target, and why, as far as that can be told.
struct Shortfall {
  /// How much longer it takes than it should: 0.1 is a tenth longer.
  let excess: Double
  /// `Record.ratioToOneRank`, where that is what the target is about.
  private let ratioToOneRank: Double?
  /// Sentences; what the figures tell first, then what is known of the case.
  let reasons: [String]

  /// Nil where the target is met or there is none.
  init?(_ record: Record) {
    guard record.isQuick != true, let target = Target(record)?.ratio(to: record.limitSeconds),
      record.ratioToLimit > target
    else { return nil }
    excess = record.ratioToLimit / target - 1
    ratioToOneRank = record.name.hasPrefix("jobs/") ? record.ratioToOneRank : nil
    var reasons: [String] = []
    // Targets beside one rank are not about the limit.
    if ratioToOneRank == nil, record.secondsMin <= target * record.limitSecondsMin {
      reasons.append(
        """
        Its fastest call, \(Self.time(record.secondsMin)), met the target beside the fastest of the limit, \
        \(Self.time(record.limitSecondsMin)): others had the machine's memory or cores meanwhile.
        """)
    }
    if ratioToOneRank == nil, record.limitSecondsMax > 1.5 * record.limitSecondsMin {
      reasons.append(
        """
        The limit itself took \(Self.time(record.limitSecondsMin)) to \(Self.time(record.limitSecondsMax)).
        """)
    }
    if record.pageFaults > record.calls {
      reasons.append(
        "\(record.pageFaults) page faults: memory came from the system instead of from before.")
    }
    if let cause = Self.causes[record.name] { reasons.append(cause) }
    if ratioToOneRank != nil, let cause = RankCause(record.name) { reasons.append(cause.text) }
    self.reasons = reasons.isEmpty ? ["No cause is known."] : reasons
  }

  /// Without the spaces that make columns.
  private static func time(_ seconds: Double) -> String {
    Figure.time(seconds).trimmingCharacters(in: .whitespaces)
  }

  var text: String {
    (ratioToOneRank.map { String(format: "%.2f × one rank on as many cores, ", $0) } ?? "")
      + String(format: "%.0f %% above its target. ", 100 * excess) + reasons.joined(separator: " ")
  }

  /// What has been found by measuring, as docs/performance.md tells at length.
  private static let causes = [
    "elementwise/chain": """
    Its arithmetic takes nearly as long as its memory: functions are chosen at run time for some vectors at a time, \
    where a loop that is compiled for this one chain needs three fifths of the time.
    """,
    "training/step": """
    Most of it is matrix products of OpenBLAS, whose kernels reach about 88 % of the peak at these shapes, and which \
    packs operands anew for each tile; tiles are as many for any number of workers, so that results are the same bits.
    """,
  ]
}
