import Execution
import MessagePassing

/// Runs a planning step or an operation of an API that does not throw: an error ends the job with
/// its message through the one failure path.
package func orEnd<R>(
  _ runtime: @autoclosure () -> Runtime = .current, _ body: () throws(TensorError) -> R
) -> R {
  do {
    return try body()
  } catch {
    FailurePath.end(error, on: runtime().jobCommunicator)
  }
}
