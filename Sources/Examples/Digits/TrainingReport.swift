import Foundation
import Tessera

/// Where training stands after a step.
struct StepReport {
  struct EpochEnd {
    /// Rows that this rank holds of a whole batch.
    var localBatch: Int
    /// Bytes of data that this rank read in the epoch.
    var bytesRead: Int
    /// Bytes of gradients and losses that this rank all-reduced in the epoch.
    var allReducedBytes: Int
  }

  var epoch: Int
  var examples: Int
  var examplesOfEpoch: Int
  /// The mean over the examples of this epoch so far, each before its update.
  var loss: Double
  /// Time spent in steps since the start of training.
  var seconds: Double
  var examplesInAll: Int
  /// Present after the last step of an epoch.
  var epochEnd: EpochEnd?

  var examplesPerSecond: Double { Double(examplesInAll) / max(seconds, 1e-9) }

  var jsonLine: String? {
    guard let end = epochEnd, loss.isFinite else { return nil }
    return #"{"event":"epoch","epoch":\#(epoch),"loss":\#(loss),"localBatch":\#(end.localBatch),"#
      + #""bytesRead":\#(end.bytesRead),"allReducedBytes":\#(end.allReducedBytes)}"#
  }
}

/// What training came to.
struct TrainingResult {
  var widths: [Int]
  var parameters: [Parameter<Float>]
  /// One an epoch.
  var losses: [Double]
  var accuracy: Double
  var seconds: Double
  /// All examples of all epochs.
  var examples: Int

  private var loss: Double { losses.last ?? 0 }
  private var examplesPerSecond: Double { Double(examples) / max(seconds, 1e-9) }

  var jsonLine: String {
    #"{"event":"summary","ranks":\#(Job.ranks),"workers":\#(Job.workers),"accuracy":\#(accuracy),"#
      + #""loss":\#(loss),"seconds":\#(seconds),"examplesPerSecond":\#(examplesPerSecond)}"#
  }

  func summary(_ digits: HandwrittenDigits, files: [String], folder: String) -> String {
    let network = widths.map(String.init).joined(separator: " → ")
    let ranks = Job.ranks == 1 ? "1 rank" : "\(Job.ranks) ranks"
    let workers = Job.workers == 1 ? "1 worker" : "\(Job.workers) workers"
    return """
      Trained a network \(network) on \(digits.trainingRows.count) handwritten digits, \
      \(ranks) with \(workers) each.
        loss      \(String(format: "%.6f", loss)) in epoch \(losses.count), \
      from \(String(format: "%.4f", losses.first ?? 0)) in the first
        accuracy  \(String(format: "%.4f", accuracy)) on \(digits.heldOutRows.count) digits held out
        time      \(String(format: "%.2f", seconds)) s, \
      \(String(format: "%.0f", examplesPerSecond)) examples/s
        written   \(files.joined(separator: ", ")) to \(folder)
      """
  }
}
