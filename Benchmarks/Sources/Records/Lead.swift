import Foundation

/// The fastest other library, where it is ahead of a case by more than it may be.
package struct Lead: Codable, Equatable {
  package var peer: String
  /// The case's time ÷ the library's.
  package var factor: Double

  /// Two measurements of the same differ by so much anyway.
  private static let tolerance = 1.05
  /// Each small step is an operation with a plan of its own, where a library may compile the loop.
  private static let toleranceOfSmallSteps = 2.0

  /// Nil where none is ahead.
  package init?(_ record: Record) {
    let tolerance = record.hasSmallSteps == true ? Self.toleranceOfSmallSteps : Self.tolerance
    // The ratios are the libraries' times ÷ the case's.
    guard
      let (peer, figures) = record.peers.min(by: {
        ($0.value.ratio, $0.key) < ($1.value.ratio, $1.key)
      }),
      figures.ratio * tolerance < 1
    else { return nil }
    self.peer = peer
    factor = 1 / figures.ratio
  }

  /// Who is ahead, and by how much.
  package var text: String {
    let much =
      factor < 2
      ? String(format: "by %.0f %%", 100 * (factor - 1)) : String(format: "%.1f ×", factor)
    return "\(peer) ahead \(much)"
  }
}
