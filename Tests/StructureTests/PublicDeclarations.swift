import Foundation

/// Finds the public declarations of a source file that have no documentation comment.
///
/// It reads lines, not the language: a declaration begins on a line of its own, as the formatter
/// has it.
enum PublicDeclarations {
  struct Declaration: Equatable {
    var line: Int
    var text: String
    var isDocumented: Bool
    /// The first sentence of its documentation comment.
    var summary = ""
    /// Whether the compiler answers it with another name.
    var isUnavailable = false
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
        line: index + 1, text: lines[index], isDocumented: above.hasPrefix("///"),
        summary: summary(above: index, in: lines),
        isUnavailable: lines[..<index].reversed().prefix { $0.hasPrefix("@") }
          .contains { $0.contains("unavailable") })
    }
  }

  /// The declaration that begins at a line of the source, on one line and without its body.
  static func signature(_ declaration: Declaration, in source: String) -> String {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
      .dropFirst(declaration.line - 1).map { $0.trimmingCharacters(in: .whitespaces) }
    var text = ""
    var depth = 0
    for line in lines {
      for character in line {
        if character == "(" || character == "[" { depth += 1 }
        if character == ")" || character == "]" { depth -= 1 }
        if depth == 0, character == "{" || character == "=" && !text.hasSuffix("func ") {
          let isOperator = text.contains("func ") && !text.contains("(")
          if !isOperator { return tidied(text) }
        }
        text.append(character)
      }
      if depth == 0 { return tidied(text) }
      text.append(text.hasSuffix("(") ? "" : " ")
    }
    return tidied(text)
  }

  private static func tidied(_ text: String) -> String {
    var words = text.split(separator: " ").filter { !$0.hasPrefix("@") }
    if let place = words.firstIndex(of: "public") { words.remove(at: place) }
    return words.joined(separator: " ").replacing("( ", with: "(").replacing(" )", with: ")")
  }

  private static func summary(above index: Int, in lines: [String]) -> String {
    let comment = lines[..<index].reversed().drop { $0.hasPrefix("@") }
      .prefix { $0.hasPrefix("///") }.reversed()
      .map { $0.dropFirst(3).trimmingCharacters(in: .whitespaces) }
    let paragraph = comment.prefix { !$0.isEmpty && !$0.hasPrefix("- ") }.joined(separator: " ")
    guard let end = paragraph.firstRange(of: ". ") else { return paragraph }
    return String(paragraph[..<end.lowerBound]) + "."
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
