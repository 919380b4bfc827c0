import ArgumentParser
import Foundation
import Records

/// `benchmarks-report`: a page of what was measured.
@main struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks-report",
    abstract: "Writes FOLDER/index.html of the JSON lines in files.",
    discussion: "Benchmarks/run --report starts it.")

  @Argument(help: "Files that benchmarks --json has written, then the folder.")
  var paths: [String]

  func run() throws {
    guard paths.count > 1, let folder = paths.last else {
      throw ValidationError("expected one file or more and a folder")
    }
    let results: Results
    do {
      results = try Results(contentsOf: paths.dropLast())
    } catch {
      throw ValidationError("\(error)")
    }
    let page = Page(results).html
    let url = URL(fileURLWithPath: folder, isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    try Data(page.utf8).write(to: url.appendingPathComponent("index.html"), options: .atomic)
  }
}
