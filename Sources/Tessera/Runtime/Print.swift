import Execution
import Foundation

/// Writes items to standard output on the first rank, once; takes the place of `Swift.print`.
///
/// Called by all ranks: the description of a sharded tensor is collective, and every rank takes part in it.
public func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {
  let text = items.map { "\($0)" }.joined(separator: separator) + terminator
  guard Runtime.current.communicator.rank == 0 else { return }
  FileHandle.standardOutput.write(Data(text.utf8))
}
