import Foundation
import Synchronization

/// The one thread on which tests use the process's own runtime: collectives belong to one thread,
/// and a test runner starts each test wherever it likes.
public enum ProgramThread {
  private static let queue = JobQueue()

  /// Runs a closure on the program thread.
  public static func run<R: Sendable>(
    _ body: @escaping @Sendable () throws -> R
  ) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
      queue.append { continuation.resume(with: Result { try body() }) }
    }
  }
}

private final class JobQueue: Sendable {
  private let jobs = Mutex<[@Sendable () -> Void]>([])
  private let semaphore = DispatchSemaphore(value: 0)

  init() {
    let thread = Thread { [self] in
      while true {
        semaphore.wait()
        jobs.withLock { $0.removeFirst() }()
      }
    }
    thread.stackSize = 8 << 20
    thread.start()
  }

  func append(_ job: @escaping @Sendable () -> Void) {
    jobs.withLock { $0.append(job) }
    semaphore.signal()
  }
}
