import CNUMA
import Dispatch
import Glibc
import Synchronization

/// A number that one thread at a time announces and one thread waits for, by spinning and then by
/// sleeping.
///
/// An announcement is a plain store; the announcer then runs a sequentially consistent fence (one
/// for any number of batons) and calls `wake`. The sleeper raises its flag, runs the same fence and
/// looks at the number once more: of the two, at least one sees what the other wrote, so that no
/// wake-up is lost.
struct Baton: ~Copyable, Sendable {
  /// How long a waiting thread spins, in nanoseconds, before it sleeps: longer than the pauses
  /// between the operations of one program, shorter than a time slice.
  static let spinTime: UInt64 = 50_000

  private let number = Atomic<UInt64>(0)
  private let sleeping = Atomic<Bool>(false)
  private let bell = DispatchSemaphore(value: 0)

  /// Stores the number; everything written before is visible to the thread that sees it.
  func announce(_ value: UInt64) {
    number.store(value, ordering: .releasing)
  }

  /// Wakes the waiting thread if it sleeps; called after the fence.
  func wake() {
    // Whoever lowers the flag owes or saves the bell exactly once.
    if sleeping.load(ordering: .relaxed)
      && sleeping.exchange(false, ordering: .acquiringAndReleasing)
    {
      bell.signal()
    }
  }

  /// Waits for a number that `accepts` takes, and returns it.
  @inline(__always)
  func wait(spinning: Bool, until accepts: (UInt64) -> Bool) -> UInt64 {
    if spinning {
      var deadline: UInt64 = 0
      repeat {
        // Reading the clock costs as much as several looks.
        for _ in 0..<64 {
          let value = number.load(ordering: .acquiring)
          if accepts(value) { return value }
          cnuma_spin_hint()
        }
        let now = Self.clock()
        if deadline == 0 { deadline = now + Self.spinTime }
        if now >= deadline { break }
      } while true
    }
    while true {
      sleeping.store(true, ordering: .relaxed)
      atomicMemoryFence(ordering: .sequentiallyConsistent)
      let value = number.load(ordering: .acquiring)
      if accepts(value) {
        if !sleeping.exchange(false, ordering: .acquiringAndReleasing) { bell.wait() }
        return value
      }
      // A late announcer of an earlier number may ring too: look again.
      bell.wait()
    }
  }

  private static func clock() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
