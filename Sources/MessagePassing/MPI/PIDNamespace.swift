import Glibc
import Machine

/// Whether this rank numbers processes as its launcher does; containers may not.
enum PIDNamespace {
  /// Keeps Open MPI's shared memory out where ranks cannot tell each other's processes, as it would
  /// crash: messages between them take TCP. What the user asks of Open MPI holds. Before MPI is
  /// initialised.
  static func avoidSharedMemory() {
    guard isApartFromLauncher() else { return }
    setenv("OMPI_MCA_btl", "tcp,self", 0)
  }

  /// Open MPI's launcher names the folder of a job after its own process: `…/pid.1234`.
  static func isApartFromLauncher(
    folder: String? = Launcher.environment("PMIX_SERVER_TMPDIR"),
    own: Int? = numberInProc(),
    name: (_ process: Int) -> String? = { TextFile.read("/proc/\($0)/comm") }
  ) -> Bool {
    guard let last = folder?.split(separator: "/").last(where: { $0.hasPrefix("pid.") }),
      let launcher = Int(last.dropFirst(4)), let own
    else { return false }
    // The tables of processes may be those of another namespace than the process is in.
    if own != Int(getpid()) { return true }
    let seen = name(launcher)?.split(whereSeparator: \.isWhitespace).first.map(String.init)
    return !launchers.contains(seen ?? "")
  }

  /// The number of this process where `/proc` comes from; nil where that is not mounted.
  static func numberInProc() -> Int? {
    var target = [CChar](repeating: 0, count: 32)
    guard readlink("/proc/self", &target, target.count - 1) > 0 else { return nil }
    return Int(target.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
  }

  private static let launchers: Set = [
    "mpirun", "mpiexec", "orterun", "orted", "prterun", "prte", "prted",
  ]
}
