import Foundation
import Synchronization

/// How a program ends where a value's members do not throw and are given what no value of theirs
/// allows.
public enum Misuse {
  /// The end that the layers above put in place: that of the whole job.
  private static let end = Mutex<(@Sendable (TensorError) -> Never)?>(nil)

  /// Ends the program with status 1 and the message of an error, all ranks of a job with it.
  public static func end(_ error: TensorError) -> Never {
    if let end = end.withLock({ $0 }) { end(error) }
    let line = Array("tessera: \(error)\n".utf8)
    _ = line.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    exit(1)
  }

  /// Puts the end of a job in place of the process's own.
  package static func use(_ end: @escaping @Sendable (TensorError) -> Never) {
    self.end.withLock { $0 = end }
  }

  /// Ends the program unless a condition holds.
  @inlinable
  package static func check(_ holds: Bool, _ error: @autoclosure () -> TensorError) {
    if !holds { end(error()) }
  }
}
