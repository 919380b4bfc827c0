import Foundation

/// The planners that sources declare, and those that tests call, by their names and arguments.
enum PlannerNames {
  /// A name with the labels of its arguments; `_` for one without.
  struct Signature: Hashable, CustomStringConvertible {
    var name: String
    /// Labels that every call has.
    var required: [String]
    /// Labels with a default.
    var optional: Set<String> = []

    var description: String { "\(name)(\(required.map { $0 + ":" }.joined()))" }

    /// Whether a call with some labels is one of this function.
    func admits(_ call: Signature) -> Bool {
      call.name == name && call.required.filter { !optional.contains($0) } == required
    }
  }

  /// Files of a folder of this repository and the folders in it.
  static func sources(in folder: String) throws -> [String: String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../..").standardized
    var sources: [String: String] = [:]
    let files = FileManager.default.enumerator(
      at: root.appendingPathComponent(folder).resolvingSymlinksInPath(),
      includingPropertiesForKeys: nil)
    for case let file as URL in files! where file.pathExtension == "swift" {
      sources[file.lastPathComponent] = try String(contentsOf: file, encoding: .utf8)
    }
    return sources
  }

  /// The public functions of extensions of `Planner`, and of itself.
  static func declared(in source: String) -> Set<Signature> {
    var found: Set<Signature> = []
    for match in source.matches(of: /\n(?:extension|public enum) Planner \{\n((?:(?!\}).*\n)*)\}/) {
      for function in match.1.matches(of: /\n? *public static func (\w+)\(/) {
        var signature = Signature(name: String(function.1), required: [])
        for parameter in arguments(after: function.range.upperBound, in: source) {
          let label = String(parameter.prefix { $0 != " " && $0 != ":" })
          if parameter.contains(" = ") {
            signature.optional.insert(label)
          } else {
            signature.required.append(label)
          }
        }
        found.insert(signature)
      }
    }
    return found
  }

  /// The planners that are called.
  static func called(in source: String) -> Set<Signature> {
    Set(
      source.matches(of: /\bPlanner\.(\w+)\(/).map { match in
        let labels = arguments(after: match.range.upperBound, in: source).map {
          $0.firstMatch(of: #/^(\w+): /#).map { String($0.1) } ?? "_"
        }
        return Signature(name: String(match.1), required: labels)
      })
  }

  /// What stands between a parenthesis and its partner, at commas of its own.
  private static func arguments(after start: String.Index, in source: String) -> [String] {
    var arguments: [String] = [""]
    var depth = 0
    for character in source[start...] {
      if "([{".contains(character) { depth += 1 }
      if ")]}".contains(character) { depth -= 1 }
      if depth < 0 { break }
      if depth == 0, character == "," {
        arguments.append("")
      } else {
        arguments[arguments.count - 1].append(character)
      }
    }
    return arguments.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
      .filter { !$0.isEmpty }
  }
}
