import Foundation
import Testing

/// Pages of documentation refer to what is there.
@Suite struct PageTests {
  private static let pages: [Page] = {
    let files =
      ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]
      + Repository.files(in: "docs", ".md").map { "docs/\($0.lastPathComponent)" }
    return files.compactMap { path in
      (try? Repository.text(path)).map { Page(path: path, text: $0) }
    }
  }()

  @Test func linksAndPathsAreThere() {
    #expect(Self.pages.count > 5)
    #expect(Self.pages.contains { $0.links.contains("docs/architecture.md") })
    #expect(Self.pages.contains { !$0.paths.isEmpty })
    for page in Self.pages {
      let missing = page.missing(exists: Repository.exists)
      #expect(missing.isEmpty, "\(missing)")
    }
  }

  /// Every page of docs is linked from the index, so that it can be found.
  @Test func theIndexHasEveryPage() throws {
    let index = try #require(Self.pages.first { $0.path == "docs/README.md" })
    for page in Self.pages where page.path.hasPrefix("docs/") && page.path != index.path {
      #expect(index.links.contains(page.path), "docs/README.md does not link to \(page.path)")
    }
  }

  /// The check must notice what is not there.
  @Test func aWrongReferenceIsFound() {
    let page = Page(
      path: "docs/a.md",
      text: """
        [there](architecture.md#modules) and [not](absent.md), [outside](https://swift.org),
        [up](../README.md), [here](#section), `Sources/Tessera/Absent.swift`, `Sources/Tessera`, `other/x`
        """)
    #expect(
      page.missing(exists: Repository.exists) == [
        "docs/a.md refers to docs/absent.md", "docs/a.md refers to Sources/Tessera/Absent.swift",
      ])
  }
}
