import Execution
import Tessera

extension Body {
  /// The address of this rank's storage.
  public var address: UnsafeMutableRawPointer {
    orEnd(runtime) { () throws(TensorError) in try storage.address }
  }
}
