import Logging
import Shapes

/// What the environment asks of a communicator. On several ranks that of rank 0 holds for all.
struct Settings: Equatable {
  var timeout = Timeout.standard
  var logLevel = Log.standard
  var sharesMemory = SharedMemory.standard
  /// Nil stands for all ranks of a machine.
  var ranksPerNode: Int?
  var replicaCheckInterval = ReplicaChecks.standard

  /// The variables, in the order in which they are looked at, and what each is expected to be.
  private static let variables = [
    (Timeout.variable, Timeout.expected), (Log.variable, Log.expected),
    (SharedMemory.variable, SharedMemory.expected), (RanksPerNode.variable, RanksPerNode.expected),
    (ReplicaChecks.variable, ReplicaChecks.expected),
  ]

  static func fromEnvironment() throws(TensorError) -> Settings {
    try Settings(variable: Launcher.environment)
  }

  init() {}

  init(variable: (String) -> String?) throws(TensorError) {
    timeout = try Timeout.parse(variable(Timeout.variable))
    logLevel = try Log.parse(variable(Log.variable))
    sharesMemory = try SharedMemory.parse(variable(SharedMemory.variable))
    ranksPerNode = try RanksPerNode.parse(variable(RanksPerNode.variable))
    replicaCheckInterval = try ReplicaChecks.parse(variable(ReplicaChecks.variable))
  }
}

extension Settings {
  /// Settings, or that they are malformed, as numbers that rank 0 sends to all.
  static func encoded(_ settings: Result<Settings, TensorError>) -> [Double] {
    switch settings {
    case .success(let settings):
      let level = Logger.Level.allCases.firstIndex(of: settings.logLevel)!
      return [
        -1, settings.timeout, Double(level), settings.sharesMemory ? 1 : 0,
        Double(settings.ranksPerNode ?? 0), Double(settings.replicaCheckInterval),
      ]
    case .failure(let error):
      let malformed = variables.firstIndex { $0.0 == error.operation }!
      return [Double(malformed), 0, 0, 0, 0, 0]
    }
  }

  /// What rank 0 has sent. Of a malformed value the others know only that it is.
  static func decoded(_ numbers: [Double]) -> Result<Settings, TensorError> {
    guard numbers[0] < 0 else {
      let (variable, expected) = variables[Int(numbers[0])]
      return .failure(
        TensorError(variable, given: "a malformed value", expected: expected, rank: 0))
    }
    var settings = Settings()
    settings.timeout = numbers[1]
    settings.logLevel = Logger.Level.allCases[Int(numbers[2])]
    settings.sharesMemory = numbers[3] != 0
    settings.ranksPerNode = numbers[4] == 0 ? nil : Int(numbers[4])
    settings.replicaCheckInterval = Int(numbers[5])
    return .success(settings)
  }
}
