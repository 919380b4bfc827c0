import Foundation
import Synchronization

/// Where a program called Tessera: the innermost place that is not Tessera's own.
package enum CallSite: Equatable, Sendable, CustomStringConvertible {
  /// A line of a file, which is told relative to the working directory if it lies there.
  case line(file: String, Int)
  /// A function, where no table of its lines is to be had.
  case function(String)

  package var description: String {
    switch self {
    case .line(let file, let line): "at \(file):\(line)"
    case .function(let name): "in \(name)"
    }
  }

  /// Looks for the place, in the first of some stacks that has one; nil where nothing is found.
  ///
  /// Local. It ends in time even if the program's file is large, and a fault in reading that file
  /// ends nothing: the search has a thread of its own.
  ///
  /// - Parameter seconds: how long it may take; then the function is told instead of its line.
  package static func find(in stacks: [CallStack], within seconds: Double) -> CallSite? {
    guard let faults = SearchFaults(waiting: seconds) else { return nil }
    let finding = Finding()
    let isDone = DispatchSemaphore(value: 0)
    let end = ProcessInfo.processInfo.systemUptime + seconds
    Thread.detachNewThread {
      faults.join()
      let search = CallSiteSearch { finding.note($0, until: end) }
      for stack in stacks where search.run(stack) { break }
      faults.end()
      isDone.signal()
    }
    _ = isDone.wait(timeout: .now() + seconds)
    return finding.best
  }
}

/// The best that a search has found so far, also for a caller who does not wait for its end.
private final class Finding: Sendable {
  private let site = Mutex<CallSite?>(nil)

  var best: CallSite? { site.withLock { $0 } }

  /// Returns whether there is time for a better one.
  func note(_ better: CallSite?, until end: Double) -> Bool {
    if let better { site.withLock { $0 = better } }
    return ProcessInfo.processInfo.systemUptime < end
  }
}
