import Foundation
import Tessera

/// Progress on standard error of the first rank: a bar where a terminal is there, else a line an
/// epoch.
struct TrainingProgress {
  private static let width = 30

  private let epochs: Int
  private let isTerminal = isatty(STDERR_FILENO) == 1 || Self.launcherHasTerminal
  private var lastDrawn = ContinuousClock.now - .seconds(1)

  init(epochs: Int) { self.epochs = epochs }

  /// Under a launcher standard error is a pipe; launch/run says whether it leads to a terminal.
  private static var launcherHasTerminal: Bool {
    ProcessInfo.processInfo.environment["TESSERA_TERMINAL"] == "1"
  }

  mutating func show(_ report: StepReport) {
    let isEnd = report.epochEnd != nil
    if isTerminal {
      guard isEnd || .now - lastDrawn > .milliseconds(80) else { return }
      lastDrawn = .now
      let total = epochs * report.examplesOfEpoch
      let done = report.examplesInAll * Self.width / max(total, 1)
      let bar =
        String(repeating: "█", count: done) + String(repeating: "░", count: Self.width - done)
      Self.tell("\r\u{1b}[K\(bar)  " + text(report))
    } else if isEnd {
      Self.tell(text(report) + "\n")
    }
  }

  /// Leaves the line of the bar.
  func finish() {
    if isTerminal { Self.tell("\n") }
  }

  private func text(_ report: StepReport) -> String {
    String(
      format: "epoch %*d/%d  loss %.6f  %.0f examples/s", "\(epochs)".count, report.epoch, epochs,
      report.loss, report.examplesPerSecond)
  }

  /// Writes to standard error on the first rank.
  static func tell(_ text: String) {
    guard Job.isFirst else { return }
    // Training does not end because nobody can be told how far it is.
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
