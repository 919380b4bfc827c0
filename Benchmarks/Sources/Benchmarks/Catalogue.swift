import Foundation
import Tessera

/// The list of the cases that people read.
enum Catalogue {
  /// What rows of small steps end with.
  private static let smallSteps = "; small steps"

  /// Throws unless the rows of the file's tables name the cases, each once, and nothing else.
  /// Collective.
  static func check(file: String) throws(TensorError) {
    let cases = Suite.allCases.flatMap { $0.cases(.full) }
    let names = Set(
      Limit.all(.full).map(\.name)
        + cases.map { $0.hasSmallSteps ? $0.name + smallSteps : $0.name })
    try Job.agreeing(on: "benchmarks --catalogue") { () throws(TensorError) in
      guard Job.isFirst else { return }
      guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
        throw TensorError(
          "benchmarks --catalogue", given: "\(file), which cannot be read", expected: "a file")
      }
      let listed = self.names(in: text)
      if let fault = fault(in: listed, names) {
        throw TensorError(
          "benchmarks --catalogue", given: "\(file), where \(fault)", expected: "each case once")
      }
      // The check itself: neither a missing row nor a row too many may pass.
      guard fault(in: listed.dropLast(), names) != nil, fault(in: listed + ["x/y"], names) != nil
      else {
        throw TensorError(
          "benchmarks --catalogue", given: "a check that accepts any list",
          expected: "one that finds faults")
      }
    }
  }

  private static func fault(in listed: [String], _ names: Set<String>) -> String? {
    let missing = names.subtracting(listed).sorted()
    if !missing.isEmpty { return "\(missing.joined(separator: ", ")) cannot be found" }
    let unknown = Set(listed).subtracting(names).sorted()
    if !unknown.isEmpty { return "\(unknown.joined(separator: ", ")) stands, which is no case" }
    return listed.count > names.count ? "a case stands twice" : nil
  }

  /// What stands between backquotes at the beginning of a row, and whether it has small steps.
  private static func names(in text: String) -> [String] {
    text.split(separator: "\n").compactMap { line in
      line.wholeMatch(of: /\| `([^`]+)` \|.*/).map {
        String($0.1) + (line.hasSuffix(smallSteps + " |") ? smallSteps : "")
      }
    }
  }
}
