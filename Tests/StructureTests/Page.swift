import Foundation

/// What a page of documentation refers to in this repository.
struct Page {
  /// The path of the page.
  let path: String
  let text: String

  /// The links that do not lead outside, without their fragments, as paths from the root.
  var links: [String] {
    let folder = (path as NSString).deletingLastPathComponent
    return matches(#/\]\(([^)\s]+)\)/#).filter { !$0.contains("://") && !$0.hasPrefix("#") }
      .map { link in
        let path = (folder as NSString).appendingPathComponent(String(link.prefix { $0 != "#" }))
        return (path as NSString).standardizingPath
      }
  }

  /// Paths in code such as `Sources/Tessera/Tensor`: what begins with a folder of the repository.
  var paths: [String] {
    matches(#/`((?:Sources|Tests|launch|docs|Benchmarks|\.ci)\/[A-Za-z0-9_+\/.-]*)`/#)
  }

  /// What is referred to and is not there.
  func missing(exists: (String) -> Bool) -> [String] {
    (links + paths).filter { !exists($0) }.map { "\(path) refers to \($0)" }
  }

  private func matches(_ expression: Regex<(Substring, Substring)>) -> [String] {
    text.matches(of: expression).map { String($0.output.1) }
  }
}
