import CKernels
import Machine
import MessagePassing
import Shapes
import Synchronization

extension Runtime {
  /// Runs code and tells what it did on this rank, also in operations on other threads.
  package func profile(_ body: () throws -> Void) rethrows -> Profile {
    let profiler = ProfilingExecutor(executor)
    let traffic = communicator.traffic
    let outer = exchange(profiler)
    Self.profileCount.add(1, ordering: .relaxed)
    defer {
      Self.profileCount.subtract(1, ordering: .relaxed)
      _ = exchange(outer)
    }
    let start = ContinuousClock.now
    try body()
    let duration = ContinuousClock.now - start
    let notes = profiler.notes
    return Profile(
      duration: duration, operations: notes.sortedOperations, stored: notes.sortedStored,
      traffic: communicator.traffic - traffic, copiedBytesPerSecond: copiedBytesPerSecond)
  }

  /// Bytes that all workers together read and write in a second as they copy.
  private var copiedBytesPerSecond: Double? {
    let (length, parts) = (1 << 20, 64)
    guard executor.holdsElements,
      let blocks = try? arena.allocate(byteCount: 2 * length * parts)
    else { return nil }
    let base = blocks.address
    var shortest = Duration.seconds(1)
    // The first one meets pages that are not there yet.
    for _ in 0..<4 {
      let start = ContinuousClock.now
      pool.run(count: parts) { part in
        tk_stream_from_memory(
          base + (parts + part) * length, base + part * length, length)
        tk_finish_streaming()
      }
      shortest = min(shortest, ContinuousClock.now - start)
    }
    return withExtendedLifetime(blocks) { Double(2 * length * parts) / shortest.seconds }
  }
}

/// The executor that stands in for a rank's own while a program is profiled.
final class CurrentProfiler: Sendable {
  let executor = Mutex<ProfilingExecutor?>(nil)
}
