import Foundation

/// Finds the public functions, initialisers and subscripts of a source file that take arguments,
/// and names them as `Type.name(label:label:)`.
///
/// It reads lines, not the language, as `PublicDeclarations` does.
enum PublicCalls {
  static func found(in source: String) -> [String] {
    let lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var types: [(indentation: Int, name: String)] = []
    var names: [String] = []
    for (number, line) in lines.enumerated() {
      let indentation = line.prefix { $0 == " " }.count
      if let name = typeName(line) {
        types.removeAll { $0.indentation >= indentation }
        types.append((indentation, name))
      } else if PublicDeclarations.found(in: line).count == 1, !isUnavailable(lines, number) {
        let text = lines[number..<min(number + 12, lines.count)].joined(separator: "\n")
        if let (name, labels) = signature(text), !labels.isEmpty {
          let type = types.last { $0.indentation < indentation }.map { "\($0.name)." } ?? ""
          names.append("\(type)\(name)(\(labels.joined()))")
        }
      }
    }
    return names
  }

  /// The type whose body begins on a line.
  private static func typeName(_ line: String) -> String? {
    guard
      let match = line.firstMatch(
        of:
          /^ *(?:public |package |fileprivate |private |final |indirect )*(?:extension|struct|class|enum|protocol|actor) (\w+)/
      )
    else { return nil }
    return String(match.1)
  }

  private static func isUnavailable(_ lines: [String], _ number: Int) -> Bool {
    lines[..<number].reversed().prefix { $0.drop { $0 == " " }.hasPrefix("@") }
      .contains { $0.contains("unavailable") } || lines[number].contains("unavailable")
  }

  /// The name and the labels of what is declared at the head of a text; nil where it is no call.
  private static func signature(_ text: String) -> (name: String, labels: [String])? {
    guard let match = text.firstMatch(of: /\b(func|init|subscript)\b/) else { return nil }
    // A keyword behind the first line, or inside braces, belongs to something else.
    let head = text[..<match.range.lowerBound]
    guard !head.contains("\n"), !head.contains("{"), !head.contains("=") else { return nil }
    var rest = text[match.range.upperBound...].drop { $0 == " " }
    var name = String(match.1)
    if name == "func" {
      // Behind an operator stands a space, so that its own characters are not read as brackets.
      let end = rest.firstIndex { $0 == "(" || $0 == " " || $0 == "<" && rest.first!.isLetter }
      guard let end else { return nil }
      name = String(rest[..<end])
      rest = rest[end...]
    }
    guard let open = rest.firstIndex(of: "(") else { return nil }
    var depth = 0
    var labels: [String] = []
    var parameter = ""
    for character in rest[open...] {
      if "([{".contains(character) { depth += 1 }
      if ")]}".contains(character) { depth -= 1 }
      if depth == 0 || depth == 1 && character == "," {
        if let label = label(parameter) { labels.append(label) }
        parameter = ""
        if depth == 0 { break }
      } else if depth > 1 || character != "(" {
        parameter.append(character)
      }
    }
    return (name, labels)
  }

  private static func label(_ parameter: String) -> String? {
    let words = parameter.split { $0 == " " || $0 == "\n" }.drop { $0.hasPrefix("@") }
    // A comma between angle brackets parts no parameters: what follows has no colon.
    guard let first = words.first, parameter.contains(":") else { return nil }
    return first.hasSuffix(":") ? String(first) : "\(first):"
  }
}
