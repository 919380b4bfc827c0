import Foundation
import Testing

/// docs/reference.md lists every public declaration of the libraries with the first sentence of its
/// comment.
///
/// `WRITE_REFERENCE=1 launch/test ReferencePage` writes the page anew.
@Suite struct ReferencePageTests {
  private static let path = "docs/reference.md"

  @Test func thePageListsWhatIsThere() throws {
    let page = try Self.page()
    if ProcessInfo.processInfo.environment["WRITE_REFERENCE"] == "1" {
      try page.write(
        to: Repository.root.appendingPathComponent(Self.path), atomically: true, encoding: .utf8)
    }
    let written = Set(try Repository.text(Self.path).split(separator: "\n"))
    let expected = page.split(separator: "\n")
    let missing = expected.filter { !written.contains($0) }
    let outdated = written.subtracting(expected)
    #expect(expected.count > 300)
    #expect(
      missing.isEmpty && outdated.isEmpty,
      """
      docs/reference.md is not what the sources say: write it by
      WRITE_REFERENCE=1 launch/test ReferencePage
      missing: \(missing.prefix(5)), outdated: \(outdated.prefix(5))
      """)
  }

  /// Signatures on several lines, operators, values and unavailable names are told apart.
  @Test func declarationsOnOneLine() {
    let source = """
      /// Adds. Twice.
      @inlinable
      public static func == (
        a: Int, b: Int = f()
      ) -> Bool { true }
      /// Old.
      @available(*, unavailable, renamed: "b")
      public var a: Int { 1 }
      /// A number
      /// of things
      ///
      /// and more.
      public let n = 1
      """
    let found = PublicDeclarations.found(in: source)
    #expect(
      found.map { PublicDeclarations.signature($0, in: source) }
        == ["static func == (a: Int, b: Int = f()) -> Bool", "var a: Int", "let n"])
    #expect(found.map(\.summary) == ["Adds.", "Old.", "A number of things"])
    #expect(found.map(\.isUnavailable) == [false, true, false])
  }

  private static func page() throws -> String {
    var page = """
      # Reference

      Every public declaration of the libraries, file by file, with the first sentence of its comment. `import Tessera` also
      gives what `Shapes` and `Distribution` have. `launch/documentation` renders the comments as a whole: shapes, errors,
      costs, who must call.

      A test compares this page with the sources; `WRITE_REFERENCE=1 launch/test ReferencePage` writes it anew.

      """
    for module in ["Tessera", "TesseraTraining", "TesseraIO", "Shapes", "Distribution"] {
      page += "\n## \(module)\n"
      for file in Repository.files(in: "Sources/\(module)", ".swift") {
        let source = try String(contentsOf: file, encoding: .utf8)
        let declarations = PublicDeclarations.found(in: source).filter { !$0.isUnavailable }
        if declarations.isEmpty { continue }
        page +=
          "\n### \(file.deletingPathExtension().lastPathComponent)\n\n| declaration | |\n|---|---|\n"
        for declaration in declarations {
          let signature = PublicDeclarations.signature(declaration, in: source)
          page += "| `\(signature)` | \(declaration.summary) |\n".replacing("||", with: "\\|\\|")
        }
      }
    }
    return page
  }
}
