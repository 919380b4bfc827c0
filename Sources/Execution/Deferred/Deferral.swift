import Machine
import Shapes
import Synchronization

/// The deferred results of a rank that are not computed yet, and the lock under which they are.
final class Deferral: Sendable {
  private struct Entry {
    weak var deferred: Deferred?
  }

  /// Local elements from which on an elementwise operation is deferred.
  let leastElementCount: Int
  private let entries = Mutex<[Entry]>([])

  init(leastElementCount: Int) {
    self.leastElementCount = leastElementCount
  }

  /// Remembers a result until it is computed, so that whoever overwrites what it reads can have it
  /// computed before.
  func remember(_ deferred: Deferred) {
    entries.withLock { entries in
      if entries.count == entries.capacity {
        entries.removeAll { $0.deferred?.isSettled ?? true }
      }
      entries.append(Entry(deferred: deferred))
    }
  }

  /// Runs what looks at deferred results or computes them; one thread at a time.
  func exclusively<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    try entries.withLock { _ throws(E) in try body() }
  }

  /// Deferred results that tensors have and that are to be computed from the present contents of a
  /// storage; the latest first, as its pass stores those that it is made of.
  func readers(of storage: Storage) -> [Deferred] {
    entries.withLock { entries in
      entries.reversed().compactMap(\.deferred).filter {
        $0.isWanted.load(ordering: .acquiring) && $0.reads(storage)
      }
    }
  }
}
