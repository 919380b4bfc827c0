import Glibc
import Machine
import Shapes
import Synchronization

/// A file that is open: reads and writes in full, and checks what the system answers.
final class OpenFile: Sendable {
  let path: String
  /// What the file was opened for, for errors.
  let operation: String
  let descriptor: Int32
  private let readCount = Atomic<Int>(0)
  private let writtenCount = Atomic<Int>(0)

  private init(_ path: String, descriptor: Int32, for operation: String) {
    self.path = path
    self.operation = operation
    self.descriptor = descriptor
  }

  deinit { _ = close(descriptor) }

  /// Bytes that the system has delivered.
  var bytesRead: Int { readCount.load(ordering: .relaxed) }

  /// Bytes that the system has taken.
  var bytesWritten: Int { writtenCount.load(ordering: .relaxed) }

  /// Refuses paths that the system would read otherwise than their user.
  static func check(_ path: String, for operation: String) throws(TensorError) {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw TensorError(
        operation, given: "the path \(path.debugDescription)",
        expected: "one that is not empty and without the character 0")
    }
  }

  /// Opens a regular file to be read (open).
  static func reading(
    _ path: String, for operation: String
  ) throws(TensorError) -> OpenFile {
    try check(path, for: operation)
    // Without O_NONBLOCK the opening of a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      throw TensorError(
        operation, given: "\(path), which cannot be opened: \(SystemReason.last)",
        expected: "a file that can be read")
    }
    let file = OpenFile(path, descriptor: descriptor, for: operation)
    let kind = FileKind(try file.status())
    guard kind == .regular else {
      throw TensorError(
        operation, given: "\(path), which is \(kind)", expected: "a regular file")
    }
    return file
  }

  /// Opens a file to be written; one that is created must not exist and gets the permissions that
  /// the process's mask leaves of 0666 (open).
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

  /// Opens a file to be written that has no name, and goes with the last process that has it open
  /// (open with `O_TMPFILE`).
  ///
  /// - Returns: nil where it is not to be had: where the file system has none, or nothing could
  ///   give it a name later, or for a reason that a file with a name will meet too.
  static func unnamed(for target: FileTarget, for operation: String) -> OpenFile? {
    let descriptor = open(target.directory, __O_TMPFILE | O_DIRECTORY | O_WRONLY | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard stat("/proc/self/fd/\(descriptor)", &status) == 0 else {
      close(descriptor)
      return nil
    }
    return OpenFile(target.path, descriptor: descriptor, for: operation)
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
      readCount.wrappingAdd(count, ordering: .relaxed)
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
      writtenCount.wrappingAdd(count, ordering: .relaxed)
    }
  }

  /// Sets the length (ftruncate).
  func resize(to byteCount: Int) throws(TensorError) {
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else {
      throw failure("take \(byteCount) bytes")
    }
  }

  /// Sets the permissions, whatever the process's mask (fchmod).
  func setPermissions(_ permissions: mode_t) throws(TensorError) {
    guard fchmod(descriptor, permissions) == 0 else { throw failure("be given permissions") }
  }

  /// Waits until what was written lies on the disk (fsync).
  func synchronize() throws(TensorError) {
    guard fsync(descriptor) == 0 else { throw failure("be written to the disk") }
  }

  /// Which file of the machine it is; nil where the system does not say (fstat).
  var identity: String? {
    (try? status()).map { "\($0.st_dev) \($0.st_ino)" }
  }

  /// Whether it has no name (fstat).
  var isUnlinked: Bool { (try? status())?.st_nlink == 0 }

  /// Locks it against other processes until it is closed; false where the file system has no locks
  /// (flock).
  func lock() -> Bool {
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { return false }
    }
    return true
  }

  /// Gives it one more name; false where that exists (linkat).
  func link(to name: String) throws(TensorError) -> Bool {
    let own = "/proc/self/fd/\(descriptor)"
    if linkat(AT_FDCWD, own, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 { return true }
    guard errno == EEXIST else { throw failure("be named \(name)") }
    return false
  }

  private func failure(_ verb: String) -> TensorError {
    TensorError(
      operation, given: "\(path), which cannot \(verb): \(SystemReason.last)",
      expected: "a file system that serves the file")
  }
}

// Names
extension OpenFile {
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
}

/// Why the last call of the system failed.
enum SystemReason {
  static var last: String { String(cString: strerror(errno)) }
}
