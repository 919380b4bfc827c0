import Records

/// How long a case may take: the targets of docs/performance.md, which stand here alone but for
/// `RankTarget`.
enum Target {
  /// So many times its limit.
  case ratio(Double)
  /// So many seconds.
  case seconds(Double)
  /// So many seconds more than its limit.
  case more(Double)

  /// Nil where there is none, as of jobs on one rank, which other libraries alone judge.
  init?(_ record: Record) {
    let isSmall = record.size < 1 << 18
    switch record.name {
    case "overhead/add": self = .seconds(0.3e-6)
    case "shape/transposed-copy": self = .ratio(1.6)
    // 85 % and 80 % of the peak.
    case "matmul/float32" where record.size >= 2048: self = .ratio(1 / 0.85)
    case "matmul/float64" where record.size >= 2048: self = .ratio(1 / 0.8)
    case let name where name.hasPrefix("jobs/"):
      guard let ratio = record.ratioToOneRank else { return nil }
      self = .ratio(RankTarget.ratio * record.ratioToLimit / ratio)
    case "training/step": self = .ratio(record.ranks == 1 ? 1.25 : 1.25 * RankTarget.ratio)
    // There is none for what hides behind what.
    case "collectives/overlap": return nil
    case "collectives/all-reduce" where isSmall: self = .more(2e-6)
    default:
      let suite = record.name.prefix { $0 != "/" }
      guard ["elementwise", "reduction", "shape", "training", "collectives"].contains(suite) else {
        return nil
      }
      self = .ratio(1.3)
    }
  }

  /// As a ratio to the limit of the case.
  func ratio(to limitSeconds: Double) -> Double {
    switch self {
    case .ratio(let ratio): ratio
    case .seconds(let seconds): seconds / limitSeconds
    case .more(let seconds): 1 + seconds / limitSeconds
    }
  }
}

/// Whether a case is as fast as it should be: beside its target, and beside other libraries where
/// those were timed.
enum Verdict: String, CaseIterable {
  case met, near, missed
  /// The target is met, or there is none, and another library is faster.
  case behind
  case open = "no target"

  /// What two runs of one program differ by on a machine that is shared: Benchmarks/compare allows
  /// as much.
  private static let tolerance = 1.25

  init(_ record: Record) {
    guard let target = Target(record)?.ratio(to: record.limitSeconds) else {
      let isJudged = record.name.hasPrefix("jobs/") && !record.peers.isEmpty
      self = record.lead != nil ? .behind : isJudged ? .met : .open
      return
    }
    let excess = record.ratioToLimit / target
    if excess <= 1 {
      self = record.lead == nil ? .met : .behind
    } else {
      self = excess <= Self.tolerance ? .near : .missed
    }
  }

  var colour: String {
    switch self {
    case .met: "#2e8b57"
    case .near: "#d99a00"
    case .missed: "#c8472f"
    case .behind: "#a0407f"
    case .open: "#7a869a"
    }
  }
}
