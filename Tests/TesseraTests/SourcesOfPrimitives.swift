import Foundation

/// The primitives that the sources declare.
enum SourcesOfPrimitives {
  /// Names of types, as `PlanRecorder` has them.
  static func names() throws -> Set<String> {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Tessera")
    var names: Set<String> = []
    for case let file as URL in FileManager.default.enumerator(
      at: folder, includingPropertiesForKeys: nil)! where file.pathExtension == "swift"
    {
      let source = try String(contentsOf: file, encoding: .utf8)
      for match in source.matches(of: /struct (\w+)[^{]*:[^{]*Primitive\b[^{]*\{/) {
        names.insert(String(match.1))
      }
    }
    return names
  }
}
