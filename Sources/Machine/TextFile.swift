import Glibc

/// Small text files, those of `/sys` and `/proc` above all, whose announced size means nothing.
package enum TextFile {
  /// The text of the file at `path`, or nil where it cannot be read.
  package static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    // Most of them are short, and some are read often.
    return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { piece in
      while true {
        let count = Glibc.read(descriptor, piece.baseAddress!, piece.count)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return nil }
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes.append(contentsOf: piece[..<count])
      }
    }
  }
}
