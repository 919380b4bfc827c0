/// Why a job may take longer on several ranks than on one with as many workers.
enum RankCause {
  /// What it works on is small.
  case replicated
  /// A long axis is cut, and has to be in one piece.
  case gathered
  /// Places in the order of a long axis that is cut.
  case searched
  /// Slices are shifted against each other along the axis that is cut.
  case shifted
  /// The axis that is cut is rolled.
  case rolled
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
    case "jobs/sorted", "jobs/argsort", "jobs/unique": self = .gathered
    case "jobs/top-k", "jobs/median", "jobs/quantile": self = .searched
    case "jobs/autocorrelation", "jobs/heat", "jobs/moving-average": self = .shifted
    case "jobs/life": self = .rolled
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
    case .searched: "Ranks gather a sample and candidates, which every rank looks through."
    case .shifted:
      "Slices that are shifted against each other are copied, and each shift waits for the rows that cross the cut."
    case .rolled: "What is rolled along the cut axis is copied, where one rank reads it in place."
    case .scattered: "Places are random, so that numbers move between all ranks."
    case .summed: "Each of its small steps waits for sums over all ranks."
    }
  }
}
