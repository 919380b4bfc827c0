import Glibc
import Synchronization

/// The checks' outcome, in the form that launch/test counts.
enum Report {
  private static let failed = Atomic<Bool>(false)

  static var hasFailed: Bool { failed.load(ordering: .relaxed) }

  static func check(_ name: String, _ isFine: Bool, _ figures: [String]) {
    print(isFine ? "ok \(name)" : "not ok \(name)")
    for figure in figures { print("  \(figure)") }
    // The machine may not come to the end of the checks.
    fflush(nil)
    if !isFine { failed.store(true, ordering: .relaxed) }
  }
}
