import Glibc

/// What the environment says of the launcher that started this process.
package struct Launcher {
  /// Holds the process id of the one that initialised MPI: a child inherits the launcher's
  /// variables too, and would fail in `MPI_Init`.
  package static let ownerVariable = "TESSERA_MPI_PROCESS"

  package var isPresent: Bool
  /// A launcher started a process that initialised MPI, of which this one is a descendant.
  package var isInherited: Bool
  /// This process's rank as far as the variables tell.
  package var rank: Int

  package init(
    process: pid_t = getpid(), variable: (String) -> String? = Launcher.environment
  ) {
    let ranks = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"].compactMap(variable)
    // A Slurm batch script has a SLURM_PROCID as well; only a step is a job of ranks.
    let slurm = variable("SLURM_STEP_ID") == nil ? nil : variable("SLURM_PROCID")
    let isStarted = !ranks.isEmpty || slurm != nil || variable("OMPI_COMM_WORLD_SIZE") != nil
    let owner = variable(Self.ownerVariable)
    isPresent = isStarted && (owner == nil || owner == String(process))
    isInherited = isStarted && !isPresent
    rank = (ranks.first ?? slurm).flatMap { Int($0) } ?? 0
  }

  /// The value of a variable; nil where it is empty, which is as if it were not set.
  package static func environment(_ name: String) -> String? {
    getenv(name).flatMap { $0.pointee == 0 ? nil : String(cString: $0) }
  }

  /// The names of all variables that are not empty.
  static var environmentNames: [String] {
    var names: [String] = []
    var next = environ
    while let text = next.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1)
      if parts.count == 2 { names.append(String(parts[0])) }
      next += 1
    }
    return names
  }

  /// Whether `srun` started this process, which binds it to the CPUs that it was given.
  package static var isSlurmStep: Bool {
    environment("SLURM_STEP_ID") != nil && environment("OMPI_COMM_WORLD_RANK") == nil
  }

  /// Makes children of this process solo.
  static func claim() {
    setenv(ownerVariable, String(getpid()), 1)
  }
}
