import Foundation
import Testing

/// The table of settings has every variable that anything here looks at: of one that it has not,
/// programs would warn.
@Suite struct SettingsTests {
  /// Where variables are read, and the page of those that users set.
  private static let places = [
    ("Sources", [".swift"]), ("Tests", [".swift", ""]), ("launch", [""]), (".ci", [""]),
  ]

  private static func names(in text: String) -> Set<String> {
    // A name in quotes, behind a dollar, or before an equals sign.
    let pattern = #/(?:["{$ ]|^)(TESSERA_[A-Z_]+)(?:["}=:+-]|$)/#.anchorsMatchLineEndings()
    return Set(text.matches(of: pattern).map { String($0.1) })
  }

  private static func table() throws -> Set<String> {
    let source = try Repository.text("Sources/MessagePassing/KnownSettings.swift")
    return Set(source.matches(of: #/"(TESSERA_[A-Z_]+[A-Z])"/#).map { String($0.1) })
  }

  @Test func everyVariableIsKnown() throws {
    let table = try Self.table()
    #expect(table.count > 10)
    var seen: Set<String> = []
    for (folder, suffixes) in Self.places {
      for file in Repository.files(in: folder, "") {
        let isScript = file.pathExtension.isEmpty || file.pathExtension == "bash"
        guard isScript || suffixes.contains(".\(file.pathExtension)"),
          // These make mistakes on purpose.
          !["KnownSettingsTests.swift", "SettingsTests.swift", "standard-streams"]
            .contains(file.lastPathComponent),
          let text = try? String(contentsOf: file, encoding: .utf8)
        else { continue }
        let names = Self.names(in: text).filter { !$0.hasSuffix("_H") && !$0.hasSuffix("_") }
        seen.formUnion(names)
        let unknown = names.subtracting(table)
        #expect(unknown.isEmpty, "\(file.path): \(unknown) are not in KnownSettings.swift")
      }
    }
    #expect(seen.contains("TESSERA_WORKERS") && seen.contains("TESSERA_BUILD_FLAGS"))
  }

  @Test func thePageShowsThemAll() throws {
    let page = try Repository.text("docs/using-tessera.md")
    let names = [
      "BLAS", "INSTRUCTION_SET", "LOG", "MEMORY_CAP", "RANKS_PER_NODE", "SHARED_MEMORY", "TIMEOUT",
      "WORKERS",
    ]
    for name in names {
      #expect(page.contains("| `TESSERA_\(name)` |"))
    }
  }

  @Test func theSearchFindsNames() {
    let text = #"""
      getenv("TESSERA_A") ${TESSERA_B-} TESSERA_C=1 run
      TESSERA_D=2
      """#
    #expect(Self.names(in: text) == ["TESSERA_A", "TESSERA_B", "TESSERA_C", "TESSERA_D"])
  }
}
