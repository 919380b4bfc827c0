/// Why a job may take longer on several ranks than on one with as many workers.
enum RankCause {
  /// What it works on is small.
  case replicated
  /// A long axis is cut, and has to be in one piece.
  case gathered
  /// Places are random.
  case scattered
  /// Small steps, each of which needs a sum.
  case summed

  /// Nil where no cause is known.
  init?(_ name: String) {
    switch name {
    case "jobs/lasso-descent", "jobs/logistic", "jobs/logistic-tape", "jobs/perceptron",
      "jobs/small-sums":
      self = .replicated
    case "jobs/sorted", "jobs/argsort", "jobs/unique", "jobs/median", "jobs/quantile":
      self = .gathered
    case "jobs/gather", "jobs/scatter", "jobs/page-rank": self = .scattered
    case "jobs/gram-schmidt": self = .summed
    default: return nil
    }
  }

  var text: String {
    switch self {
    case .replicated:
      "Its operands are small and on every rank, which computes all of it with its own workers."
    case .gathered: "Every rank gathers the whole axis, and orders it with its own workers."
    case .scattered: "Places are random, so that numbers move between all ranks."
    case .summed: "Each of its small steps waits for sums over all ranks."
    }
  }
}
