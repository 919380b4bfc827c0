import Foundation
import Testing

/// Lines of sources have at most 100 characters, comments too, which the formatter leaves alone.
@Suite struct LineLengthTests {
  private static let limit = 100

  /// Numbers of the comments of a source that are longer, from 1.
  private static func longComments(_ source: String) -> [Int] {
    source.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
      let text = $1.drop { $0 == " " }
      // Addresses do not break.
      return text.hasPrefix("//") && $1.count > limit && text.contains(" ") ? $0 + 1 : nil
    }
  }

  @Test func commentsAreAsNarrowAsCode() throws {
    var long: [String] = []
    var count = 0
    for folder in ["Sources", "Tests", "Benchmarks/Sources"] {
      for suffix in [".swift", ".cc", ".h"] {
        for file in Repository.files(in: folder, suffix) {
          count += 1
          let source = try String(contentsOf: file, encoding: .utf8)
          long += Self.longComments(source).map { "\(file.lastPathComponent):\($0)" }
        }
      }
    }
    #expect(count > 500)
    #expect(long.isEmpty, "\(long.count) comments over 100 characters: \(long.prefix(10))")
  }

  @Test func longCommentsAreFound() {
    let words = String(repeating: "word ", count: 21)
    #expect(Self.longComments("let x = 1\n  // \(words)\n/// short") == [2])
    #expect(Self.longComments("let text = \"\(words)\"").isEmpty)
  }
}
