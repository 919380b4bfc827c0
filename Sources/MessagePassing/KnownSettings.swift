/// All variables of the environment that begin with `TESSERA_`, and who looks at them. A test finds
/// each that is used and is not here.
package enum KnownSettings {
  package static let prefix = "TESSERA_"

  package static let names = [
    // Programs
    "TESSERA_BLAS",
    "TESSERA_DRY_RUN",
    "TESSERA_INSTRUCTION_SET",
    "TESSERA_LOG",
    "TESSERA_MEMORY_CAP",
    "TESSERA_RANKS_PER_NODE",
    "TESSERA_SHARED_MEMORY",
    "TESSERA_TIMEOUT",
    "TESSERA_WORKERS",
    // Programs, set by others: by launch/run, and by a process that has initialised MPI for its
    // children, and by a dry run for its second process
    "TESSERA_DRY_RUN_REPORT",
    "TESSERA_TERMINAL",
    "TESSERA_FAILURE_NOTE",
    "TESSERA_MPI_PROCESS",
    // Programs of the folder launch, and the package's manifest
    "TESSERA_BUILD_FLAGS",
    "TESSERA_DOCUMENTATION",
    // Tests
    "TESSERA_CHECK_REPLICAS",
    "TESSERA_ERROR_ROUNDS",
    "TESSERA_LONG_TESTS",
    "TESSERA_PRINT_ERRORS",
    "TESSERA_TEST_JOB",
    "TESSERA_TRIALS_PROGRESS",
  ]

  /// What is said of the names of an environment: one line for each that seems to be meant for
  /// Tessera and is no setting, in their order by the alphabet.
  package static func warnings(_ environment: [String]) -> [String] {
    environment.filter(isMisspelt).sorted().map { name in
      let (nearest, distance) = names.map { ($0, editDistance(name.uppercased(), $0)) }
        .min { $0.1 < $1.1 }!
      // Half of what follows the prefix may be wrong; beyond, a hint would only mislead.
      let isNear = distance * 2 <= nearest.count - prefix.count
      return "\(name) in the environment is no setting"
        + (isNear ? "; did you mean \(nearest)?" : " of Tessera, and is ignored")
    }
  }

  private static func isMisspelt(_ name: String) -> Bool {
    if names.contains(name) { return false }
    if name.uppercased().hasPrefix(prefix) { return true }
    // A slip in the prefix itself.
    return names.contains { editDistance(name, $0) == 1 }
  }

  /// How many characters have to be put in, left out, replaced or exchanged with their neighbour to
  /// make one text the other (optimal string alignment).
  package static func editDistance(_ first: String, _ second: String) -> Int {
    let (a, b) = (Array(first.utf8), Array(second.utf8))
    var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    for i in 1...a.count {
      for j in 1...b.count {
        let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        rows[i][j] = min(replaced, rows[i - 1][j] + 1, rows[i][j - 1] + 1)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
        }
      }
    }
    return rows[a.count][b.count]
  }
}
