import Foundation

/// Numbers as people read them.
package enum Figure {
  package static func time(_ seconds: Double) -> String {
    let (factor, unit) =
      seconds < 1e-6 ? (1e9, "ns") : seconds < 1e-3 ? (1e6, "µs") : (1e3, "ms")
    return String(format: "%7.2f", seconds * factor) + " " + unit
  }

  /// What a limit of this name does in a second.
  package static func rate(_ rate: Double, _ name: String) -> String {
    String(format: "%6.1f ", rate / 1e9) + (name.contains("/float") ? "GFLOP/s" : "GB/s")
  }
}
