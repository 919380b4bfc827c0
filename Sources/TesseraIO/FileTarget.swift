import Glibc
import Shapes

/// Where a file that is written will lie: the end of all links, where there is a regular file or
/// nothing yet.
struct FileTarget {
  /// The directory as an absolute path without links.
  let directory: String
  let name: String
  /// Those of the file that is there; nil where there is none.
  let permissions: mode_t?

  var path: String { beside(name) }

  /// The path of another name in the same directory.
  func beside(_ name: String) -> String {
    directory == "/" ? "/\(name)" : "\(directory)/\(name)"
  }

  /// As many links as Linux follows.
  private static let mostLinks = 40

  /// Follows links and looks at what is there, so that what could not be replaced in the end is
  /// refused before anything is written (realpath, lstat, readlink, faccessat).
  init(_ path: String, for operation: String) throws(TensorError) {
    try OpenFile.check(path, for: operation)
    var current = path
    for _ in 0..<Self.mostLinks {
      let directory = try Self.directory(of: current, given: path, for: operation)
      let name = String(current.split(separator: "/", omittingEmptySubsequences: false).last!)
      guard !["", ".", ".."].contains(name) else {
        throw TensorError(
          operation, given: "\(path), which names a directory",
          expected: "a path that ends in a file's name")
      }
      let place = directory == "/" ? "/\(name)" : "\(directory)/\(name)"
      var status = stat()
      if lstat(place, &status) != 0 {
        guard errno == ENOENT else { throw Self.unusable(path, SystemReason.last, operation) }
        self.directory = directory
        self.name = name
        permissions = nil
        return
      }
      let kind = FileKind(status)
      if kind == .link {
        let target = try Self.target(ofLink: place, given: path, for: operation)
        current = target.hasPrefix("/") ? target : "\(directory)/\(target)"
        continue
      }
      guard kind == .regular else {
        throw TensorError(
          operation, given: "\(path), where there is \(kind)",
          expected: "a path where there is a regular file or nothing")
      }
      // Its directory may let anybody replace it, but the file says that it is not to be changed.
      guard faccessat(AT_FDCWD, place, W_OK, AT_EACCESS) == 0 else {
        throw Self.unusable(path, SystemReason.last, operation)
      }
      self.directory = directory
      self.name = name
      permissions = status.st_mode & 0o777
      return
    }
    throw Self.unusable(path, "too many links", operation)
  }

  private static func directory(
    of path: String, given: String, for operation: String
  ) throws(TensorError) -> String {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard let resolved = realpath(directory, nil) else {
      throw TensorError(
        operation, given: "\(given), whose directory cannot be found: \(SystemReason.last)",
        expected: "a directory that exists")
    }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func target(
    ofLink path: String, given: String, for operation: String
  ) throws(TensorError) -> String {
    var characters = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &characters, characters.count)
    guard count >= 0 else { throw unusable(given, SystemReason.last, operation) }
    return String(decoding: characters.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private static func unusable(
    _ path: String, _ reason: String, _ operation: String
  ) -> TensorError {
    TensorError(
      operation, given: "\(path), which cannot be written: \(reason)",
      expected: "a path where a file may be written")
  }
}

/// What lies at a path, as one says it.
enum FileKind: String, CustomStringConvertible {
  case regular = "a regular file"
  case directory = "a directory"
  case link = "a link"
  case pipe = "a pipe"
  case socket = "a socket"
  case device = "a device"

  init(_ status: stat) {
    self =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .regular
      case S_IFDIR: .directory
      case S_IFLNK: .link
      case S_IFIFO: .pipe
      case S_IFSOCK: .socket
      default: .device
      }
  }

  var description: String { rawValue }
}
