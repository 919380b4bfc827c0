import Logging
import Shapes

/// Messages for whoever looks for a fault: `TESSERA_LOG` names the least level that is written.
///
/// They pass through swift-log, so that a program which bootstraps a `LoggingSystem` decides where
/// they go; without that they go to standard error, one line each. Every message carries its rank.
package enum Log {
  package static let variable = "TESSERA_LOG"
  package static let standard = Logger.Level.warning

  package static func parse(_ text: String?) throws(TensorError) -> Logger.Level {
    guard let text, !text.isEmpty else { return standard }
    guard let level = Logger.Level(rawValue: text.lowercased()) else {
      throw TensorError(variable, given: "\"\(text)\"", expected: expected)
    }
    return level
  }

  static let expected =
    "one of " + Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")

  package static func logger(_ level: Logger.Level) -> Logger {
    var logger = Logger(label: "tessera")
    logger.logLevel = level
    return logger
  }
}

extension Logger {
  /// The same logger, whose messages carry a rank.
  func ofRank(_ rank: Int) -> Logger {
    var logger = self
    logger[metadataKey: "rank"] = "\(rank)"
    return logger
  }
}

/// Messages on the way of a collective, for a run that is looked at in every step.
///
/// Whether they are wanted is asked once, so that collectives cost nothing more where they are not.
struct CollectiveLog: Sendable {
  private let logger: Logger?

  init(_ logger: Logger) {
    self.logger = logger.logLevel <= .trace ? logger : nil
  }

  /// The time at which a collective began, where anybody wants to know.
  func begins(_ sequence: Int, _ label: CollectiveLabel, _ kind: String) -> Double? {
    guard let logger else { return nil }
    logger.trace("collective \(sequence) begins: \(label), \(kind)")
    return monotonicSeconds()
  }

  func ends(_ sequence: Int, _ label: CollectiveLabel, began: Double?) {
    guard let logger, let began else { return }
    let microseconds = Int(((monotonicSeconds() - began) * 1e6).rounded())
    logger.trace("collective \(sequence) ends: \(label), \(microseconds) µs")
  }
}
