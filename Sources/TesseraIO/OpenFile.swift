import Glibc
import Machine
import Shapes

/// A file that is open: the one place of this module that calls the system, and that checks what it answers.
final class OpenFile: Sendable {
  let path: String
  /// What the file was opened for, for errors.
  let operation: String
  private let descriptor: Int32

  private init(_ path: String, descriptor: Int32, for operation: String) {
    self.path = path
    self.operation = operation
    self.descriptor = descriptor
  }

  deinit { _ = close(descriptor) }

  /// Opens a regular file to be read (open).
  static func reading(
    _ path: String, for operation: String
  ) throws(TensorError) -> OpenFile {
    // Without O_NONBLOCK the opening of a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      throw TensorError(
        operation, given: "\(path), which cannot be opened: \(SystemReason.last)",
        expected: "a file that can be read")
    }
    let file = OpenFile(path, descriptor: descriptor, for: operation)
    guard try file.status().st_mode & S_IFMT == S_IFREG else {
      throw TensorError(
        operation, given: "\(path), which is no regular file", expected: "a regular file")
    }
    return file
  }

  /// Opens a file to be written; one that is created must not exist and gets the permissions that the
  /// process's mask leaves of 0666 (open).
  ///
  /// - Returns: nil where the file was to be created and exists.
  static func writing(
    _ path: String, creating: Bool, for operation: String
  ) throws(TensorError) -> OpenFile? {
    let flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | (creating ? O_CREAT | O_EXCL : 0)
    let descriptor = open(path, flags, 0o666)
    if descriptor < 0, creating, errno == EEXIST { return nil }
    guard descriptor >= 0 else {
      throw TensorError(
        operation,
        given: "\(path), which cannot be \(creating ? "created" : "opened"): "
          + SystemReason.last,
        expected: "a file that can be written, on a file system that all ranks share")
    }
    return OpenFile(path, descriptor: descriptor, for: operation)
  }

  /// The length in bytes (fstat).
  func byteCount() throws(TensorError) -> Int { Int(try status().st_size) }

  private func status() throws(TensorError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure("be looked at") }
    return status
  }

  /// Fills a range with the bytes from `offset` on (pread).
  func read(into range: StorageRange, at offset: Int) throws(TensorError) {
    try read(into: range.bytes, at: offset)
  }

  func read(_ count: Int, at offset: Int) throws(TensorError) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    let outcome = result.withUnsafeMutableBytes { bytes in
      Result { () throws(TensorError) in try read(into: bytes, at: offset) }
    }
    try outcome.get()
    return result
  }

  func read(
    into bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(TensorError) {
    var done = 0
    while done < bytes.count {
      let count = pread(
        descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("be read at byte \(offset + done)")
      }
      guard count > 0 else {
        throw TensorError(
          operation, given: "\(path), which ends at byte \(offset + done)",
          expected: "\(offset + bytes.count) bytes at least")
      }
      done += count
    }
  }

  /// Writes the bytes of a range from `offset` on (pwrite).
  func write(_ range: StorageRange, at offset: Int) throws(TensorError) {
    try write(UnsafeRawBufferPointer(range.bytes), at: offset)
  }

  func write(_ bytes: [UInt8], at offset: Int) throws(TensorError) {
    let outcome = bytes.withUnsafeBytes { bytes in
      Result { () throws(TensorError) in try write(bytes, at: offset) }
    }
    try outcome.get()
  }

  private func write(
    _ bytes: UnsafeRawBufferPointer, at offset: Int
  ) throws(TensorError) {
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
      if count < 0 {
        if errno == EINTR { continue }
        throw failure("be written at byte \(offset + done)")
      }
      done += count
    }
  }

  /// Sets the length (ftruncate).
  func resize(to byteCount: Int) throws(TensorError) {
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
      throw failure("take \(byteCount) bytes")
    }
  }

  /// Waits until what was written lies on the disk (fsync).
  func synchronize() throws(TensorError) {
    guard fsync(descriptor) == 0 else { throw failure("be written to the disk") }
  }

  /// Removes a file that may not exist (unlink).
  static func remove(_ path: String) { _ = unlink(path) }

  /// Puts a file in the place of another in one step (rename).
  static func rename(
    _ path: String, to target: String, for operation: String
  ) throws(TensorError) {
    guard Glibc.rename(path, target) == 0 else {
      throw TensorError(
        operation, given: "\(target), which cannot be replaced: \(SystemReason.last)",
        expected: "a path where a file may lie")
    }
  }

  /// Makes the names in a directory durable; a file system that cannot is left as it is (fsync).
  static func synchronize(directory path: String) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    _ = close(descriptor)
  }

  /// The directory of a path as an absolute path without links (realpath).
  static func directory(
    of path: String, for operation: String
  ) throws(TensorError) -> String {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard let resolved = realpath(directory, nil) else {
      throw TensorError(
        operation, given: "\(path), whose directory cannot be found: \(SystemReason.last)",
        expected: "a directory that exists")
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private func failure(_ verb: String) -> TensorError {
    TensorError(
      operation, given: "\(path), which cannot \(verb): \(SystemReason.last)",
      expected: "a file system that serves the file")
  }
}

/// Why the last call of the system failed.
private enum SystemReason {
  static var last: String { String(cString: strerror(errno)) }
}
