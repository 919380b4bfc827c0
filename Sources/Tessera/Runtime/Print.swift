import Execution
import MessagePassing
import Shapes

/// Writes items to standard output on the first rank, once; takes the place of `Swift.print`.
///
/// Called by all ranks: the description of a sharded tensor is collective, and every rank takes
/// part in it. Standard output that is closed, or leads to a disk that is full, ends the job with a
/// message and status 1.
public func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {
  let text = items.map { "\($0)" }.joined(separator: separator) + terminator
  let runtime = Runtime.current
  guard runtime.communicator.rank == 0 else { return }
  orEnd(runtime) { () throws(TensorError) in try StandardOutput.write(text, for: "print") }
}
