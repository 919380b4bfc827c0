import Foundation

/// A folder with files of given texts, in the manner of `/sys` and `/proc`; removed when it goes.
final class FakeTree: Sendable {
  let root: String

  init(_ files: [String: String]) throws {
    root = NSTemporaryDirectory() + "tessera-\(UUID().uuidString)"
    for (path, text) in files {
      let url = URL(fileURLWithPath: root).appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: root)
  }
}
