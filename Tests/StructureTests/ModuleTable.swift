import Foundation

/// The table of modules in docs/architecture.md: what each target may import.
struct ModuleTable {
  /// What the toolchain and the system bring, for every module.
  static let ofSystem: Set = ["Foundation", "Glibc", "Dispatch", "Runtime", "Synchronization"]

  struct Row {
    var level: String
    var target: String
    /// Targets, levels as numbers, and packages from outside.
    var imports: [String]
  }

  var rows: [Row] = []

  /// Rows have four cells: level, targets in backquotes, responsibility, imports.
  init(markdown: String) {
    for line in markdown.split(separator: "\n") where line.hasPrefix("|") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 4, cells[1].contains("`") else { continue }
      for target in Self.words(cells[1]) {
        rows.append(
          Row(level: cells[0], target: target, imports: Self.words(cells[3])))
      }
    }
  }

  private static func words(_ cell: String) -> [String] {
    cell.split(separator: ",")
      .map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `–")) }
      .filter { !$0.isEmpty }
  }

  func allowed(for target: String) -> Set<String>? {
    guard let row = rows.first(where: { $0.target == target }) else { return nil }
    return row.imports.reduce(into: Self.ofSystem) { allowed, name in
      let ofLevel = rows.filter { $0.level == name }.map(\.target)
      allowed.formUnion(ofLevel.isEmpty ? [name] : ofLevel)
    }
  }

  /// What is wrong with the imports of a file; empty if nothing is.
  func complaints(of target: String, file: String, source: String) -> [String] {
    guard let allowed = allowed(for: target) else {
      return ["\(file): target \(target) is not in the table"]
    }
    return Self.imports(in: source).filter { !allowed.contains($0) }.map {
      "\(file): \(target) imports \($0), which the table does not allow"
    }
  }

  /// The modules that a file imports, whatever stands before or behind the word.
  static func imports(in source: String) -> [String] {
    source.split(separator: "\n").compactMap { line in
      var words = line.split(separator: " ")
      while let first = words.first, first.hasPrefix("@") || modifiers.contains(String(first)) {
        words.removeFirst()
      }
      guard words.first == "import", words.count > 1 else { return nil }
      let name = kinds.contains(String(words[1])) && words.count > 2 ? words[2] : words[1]
      return name.split(separator: ".").first.map(String.init)
    }
  }

  private static let modifiers: Set = ["public", "package", "internal", "private", "fileprivate"]
  private static let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let"]
}
