import Foundation

/// Finds the public declarations of a source file that have no documentation comment.
///
/// It reads lines, not the language: a declaration begins on a line of its own, as the formatter has it.
enum PublicDeclarations {
  struct Declaration: Equatable {
    var line: Int
    var text: String
    var isDocumented: Bool
  }

  static func found(in source: String) -> [Declaration] {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    return lines.indices.compactMap { index in
      guard isPublicDeclaration(lines[index]) else { return nil }
      // Attributes may stand on lines of their own between the comment and the declaration.
      let above =
        lines[..<index].last { !$0.hasPrefix("@") || isPublicDeclaration($0) } ?? ""
      return Declaration(
        line: index + 1, text: lines[index], isDocumented: above.hasPrefix("///"))
    }
  }

  private static let modifiers: Set = [
    "final", "static", "prefix", "postfix", "infix", "indirect", "convenience", "mutating",
    "nonmutating", "required", "override", "lazy", "weak", "unowned", "nonisolated",
  ]
  private static let kinds: Set = [
    "func", "var", "let", "init", "subscript", "struct", "class", "enum", "protocol", "actor",
    "typealias", "associatedtype", "macro", "case",
  ]

  private static func isPublicDeclaration(_ line: String) -> Bool {
    var isPublic = false
    for word in words(line) {
      if word == "public" || word == "open" {
        isPublic = true
      } else if kinds.contains(word) {
        return isPublic
      } else if !modifiers.contains(word) && !word.hasPrefix("@") && !word.contains("(") {
        return false
      }
    }
    return false
  }

  /// The words of a line, cut where a name ends: `init(_ x: Int)` begins with `init`.
  private static func words(_ line: String) -> [String] {
    line.split(separator: " ").map { word in
      let name = word.prefix { $0.isLetter || $0 == "_" || $0 == "@" }
      return kinds.contains(String(name)) ? String(name) : String(word)
    }
  }
}
