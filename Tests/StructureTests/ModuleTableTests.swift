import Foundation
import Testing

/// The code keeps to the table of modules in docs/architecture.md.
@Suite struct ModuleTableTests {
  private static func table() throws -> ModuleTable {
    ModuleTable(markdown: try Repository.text("docs/architecture.md"))
  }

  /// Folders of Sources are targets, but for those of the examples, which lie one deeper.
  private static func targets() throws -> [(name: String, folder: URL)] {
    let sources = Repository.root.appendingPathComponent("Sources")
    return try FileManager.default.contentsOfDirectory(atPath: sources.path).sorted().flatMap {
      let folder = sources.appendingPathComponent($0)
      guard $0 == "Examples" else { return [(name: $0, folder: folder)] }
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
        (name: "Examples", folder: folder.appendingPathComponent($0))
      }
    }
  }

  @Test func everyImportIsInTheTable() throws {
    let table = try Self.table()
    var files = 0
    for (name, folder) in try Self.targets() {
      #expect(table.allowed(for: name) != nil, "\(name) is not in the table")
      for file in Repository.files(in: folder, ".swift") {
        files += 1
        let source = try String(contentsOf: file, encoding: .utf8)
        let complaints = table.complaints(
          of: name, file: file.lastPathComponent, source: source)
        #expect(complaints.isEmpty, "\(complaints)")
      }
    }
    #expect(files > 100)
  }

  @Test func everyRowHasItsTarget() throws {
    let names = Set(try Self.targets().map(\.name))
    for row in try Self.table().rows {
      #expect(names.contains(row.target), "\(row.target) has a row and no sources")
    }
  }

  @Test func arrowsPointDown() throws {
    let table = try Self.table()
    for row in table.rows {
      let own = Int(row.level) ?? 0
      for name in try #require(table.allowed(for: row.target)) {
        guard let other = table.rows.first(where: { $0.target == name }) else { continue }
        #expect((Int(other.level) ?? 0) <= own, "\(row.target) → \(name)")
      }
    }
  }

  /// The line that a message names is the first outside of what programs call.
  @Test func theSearchForTheLineOfAProgramKnowsTheModules() throws {
    let programs: Set = ["TesseraCommand", "Examples"]
    let called = try Self.table().rows.filter { $0.level != "C" && !programs.contains($0.target) }
    let source = try Repository.text("Sources/Shapes/CallSiteSearch.swift")
    let names = try #require(source.firstMatch(of: /ownModules: Set = \[([^\]]*)\]/)).output.1
    let known = names.split(separator: ",").map {
      $0.trimmingCharacters(in: CharacterSet(charactersIn: " \n\""))
    }
    #expect(Set(known.filter { !$0.isEmpty }) == Set(called.map(\.target)))
  }

  /// The check must notice imports that are not allowed, in all their forms.
  @Test func aWrongImportIsFound() throws {
    let table = try Self.table()
    for line in [
      "import Tessera", "@_exported import Tessera", "package import struct Tessera.Tensor",
      "@preconcurrency import CMPI",
    ] {
      let source = "// import MessagePassing\nimport Shapes\n\(line)\n"
      #expect(
        table.complaints(of: "Distribution", file: "a.swift", source: source).count == 1,
        "\(line)")
    }
    #expect(!table.complaints(of: "Unknown", file: "a.swift", source: "").isEmpty)
    #expect(table.complaints(of: "Distribution", file: "a.swift", source: "import Shapes").isEmpty)
  }
}
