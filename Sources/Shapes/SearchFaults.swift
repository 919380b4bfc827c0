import Glibc
import Synchronization

/// Keeps a fault of one thread, which reads a program's file, from ending the process.
///
/// The code that reads tables of lines is the toolchain's. It traps on tables that it does not
/// understand, and an error must be told all the same.
// Handlers of signals are function pointers and masks, which nobody changes.
package struct SearchFaults: @unchecked Sendable {
  private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE]
  private static let searcher = Atomic<UInt>(0)
  private static let isBusy = Atomic<Bool>(false)

  private let handlersBefore: [sigaction]

  /// Stands by for one thread that joins; nil if that of a search before has not ended in some
  /// seconds, or has been stopped.
  package init?(waiting seconds: Double) {
    var patience = Int(seconds * 1000)
    while Self.isBusy.exchange(true, ordering: .acquiringAndReleasing) {
      guard patience > 0 else { return nil }
      usleep(1000)
      patience -= 1
    }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { SearchFaults.handle($0) }
    handlersBefore = Self.signals.map { signal in
      var before = sigaction()
      sigaction(signal, &action, &before)
      return before
    }
  }

  /// From now on the calling thread is stopped by a fault, instead of the process.
  package func join() { Self.searcher.store(UInt(pthread_self()), ordering: .releasing) }

  /// Called by the thread at its end: faults are what they were.
  package func end() {
    for (signal, var before) in zip(Self.signals, handlersBefore) {
      sigaction(signal, &before, nil)
    }
    Self.searcher.store(0, ordering: .releasing)
    Self.isBusy.store(false, ordering: .releasing)
  }

  private static func handle(_ number: Int32) {
    if searcher.load(ordering: .acquiring) == UInt(pthread_self()) {
      while true { pause() }
    }
    // Any other thread meets its fault again, which then ends the process as faults do.
    signal(number, SIG_DFL)
  }
}
