import Foundation

/// The fastest other library, where it is ahead of a case by more than two measurements of the same
/// differ by anyway.
package struct Lead: Codable, Equatable {
  package var peer: String
  /// The case's time ÷ the library's.
  package var factor: Double

  private static let tolerance = 1.05

  /// Nil where none is ahead.
  package init?(_ peers: [String: Record.Peer]) {
    // The ratios are the libraries' times ÷ the case's.
    guard
      let (peer, figures) = peers.min(by: { ($0.value.ratio, $0.key) < ($1.value.ratio, $1.key) }),
      figures.ratio * Self.tolerance < 1
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
