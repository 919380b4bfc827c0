import Foundation

/// Runs a closure with a folder of its own, which is gone afterwards.
func withTemporaryFolder<R>(_ body: (TemporaryFolder) throws -> R) rethrows -> R {
  let folder = TemporaryFolder()
  defer { folder.remove() }
  return try body(folder)
}

/// A folder of a test's own.
struct TemporaryFolder: Sendable {
  let path: String

  /// One that somebody else has made.
  init(path: String) { self.path = path }

  init() {
    var template = Array((NSTemporaryDirectory() + "tessera-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { fatalError("no temporary folder can be made") }
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }

  func remove() { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and gives its path.
  @discardableResult
  func write(_ bytes: [UInt8], to name: String = "x.npy") -> String {
    guard FileManager.default.createFile(atPath: file(name), contents: Data(bytes)) else {
      fatalError("\(file(name)) cannot be written")
    }
    return file(name)
  }

  func bytes(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: file(name)).map(Array.init)
  }

  /// What lies in it, hidden files included.
  var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path))?.sorted() ?? []
  }

  /// The permissions of a file, links followed.
  func permissions(_ name: String) -> mode_t {
    var status = stat()
    return stat(file(name), &status) == 0 ? status.st_mode & 0o7777 : 0
  }
}
