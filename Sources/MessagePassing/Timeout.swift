import Glibc
import Shapes

/// The deadline of every wait: `TESSERA_TIMEOUT` in seconds.
package enum Timeout {
  package static let variable = "TESSERA_TIMEOUT"
  package static let standard = 300.0

  package static func parse(_ text: String?) throws(TensorError) -> Double {
    guard let text, !text.isEmpty else { return standard }
    guard let seconds = Double(text), seconds > 0, seconds <= 1e9 else {
      throw TensorError(variable, given: "\"\(text)\"", expected: expected)
    }
    return seconds
  }

  static let expected = "a number of seconds above 0, such as 300"

  /// `5 s`, `0.5 s`.
  package static func text(_ seconds: Double) -> String {
    seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\(seconds) s"
  }
}

/// Seconds on a clock that no one sets.
package func monotonicSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
