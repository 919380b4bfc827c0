import Shapes

/// Small files that appear whole or not at all, as `write(npy:)` has them.
package enum WholeFile {
  /// Writes a file on this rank alone.
  ///
  /// - Throws: a `TensorError` if it cannot be written; what was there before stays.
  package static func write(
    _ bytes: [UInt8], to path: String, for operation: String
  ) throws(TensorError) {
    let draft = try Draft(path, for: operation)
    do {
      try draft.file.write(bytes, at: 0)
      try draft.file.synchronize()
      try draft.finish()
    } catch {
      draft.discard()
      throw error
    }
  }
}
