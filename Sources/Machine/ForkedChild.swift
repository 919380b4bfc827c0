import Glibc
import Synchronization

/// A process that another one forked: it has neither the workers of its parent nor what lies in
/// shared heaps, and MPI knows nothing of it. So it may start a program, but not compute.
public enum ForkedChild {
  private static let isChild = Atomic<Bool>(false)
  private static let isWatched = Atomic<Bool>(false)

  /// Children that this process forks from now on are known as such.
  static func watch() {
    guard !isWatched.exchange(true, ordering: .acquiringAndReleasing) else { return }
    _ = isChild.load(ordering: .relaxed)
    pthread_atfork(nil, nil) { ForkedChild.isChild.store(true, ordering: .relaxed) }
  }

  /// Ends such a child with a message and status 1; does nothing in any other process, within a
  /// nanosecond.
  public static func endIfComputing() {
    if isChild.load(ordering: .relaxed) { end() }
  }

  @inline(never)
  private static func end() -> Never {
    let line = Array(
      """
      tessera: fork: given a computation in process \(getpid()), which was forked from one that computes; \
      expected a child that starts a program (exec), or ends

      """.utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    // Handlers of the exit are the parent's.
    _exit(1)
  }
}
