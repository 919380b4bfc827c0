import ArgumentParser
import CommandSupport
import Tessera

/// `benchmarks`: times operations beside what the machine itself can do, on any number of ranks.
@main struct BenchmarksCommand: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Times operations beside the limits of the machine, in the same run.",
    discussion: "Start it with Benchmarks/run, which explains itself with --help.")

  @Option(
    help: ArgumentHelp(
      "A suite to run; may be repeated. Without it all are run.", valueName: "suite"))
  var suite: [Suite] = []

  @Option(
    name: .customLong("case"),
    help: ArgumentHelp(
      "A case or a limit to measure; may be repeated. Without it all are.", valueName: "name"))
  var names: [String] = []

  @Option(
    help: ArgumentHelp(
      "A library to time beside; may be repeated.", valueName: "name"))
  var peer: [String] = []

  @Option(
    help: ArgumentHelp(
      "Time each case in so many pairs of turns with each library.", valueName: "number"))
  var pairs: Int?

  @Option(help: ArgumentHelp("Where the peers are.", valueName: "folder"))
  var peersFolder = "Benchmarks/peers"

  @Flag(help: "Small operands and one round: shows that every case runs and is right.")
  var quick = false

  @Option(help: ArgumentHelp("Also write one JSON object a case.", valueName: "file"))
  var json: String?

  @Option(
    help: ArgumentHelp(
      "Check that the table of cases in this file is complete.", valueName: "file"))
  var catalogue: String?

  func validate() throws {
    guard json?.isEmpty != true, catalogue?.isEmpty != true else {
      throw ValidationError("--json and --catalogue: expected the path of a file")
    }
    guard pairs ?? 1 > 0 else { throw ValidationError("--pairs: expected at least one") }
  }

  func run() throws {
    let scale: Scale = quick ? .quick : .full
    let suites = try chosenSuites()
    if let catalogue { try Catalogue.check(file: catalogue) }

    let machine = try Machine()
    var stopwatch: Stopwatch = quick ? .quick : .full
    stopwatch.pairs = pairs
    stopwatch.peers = peer.compactMap { Peer.start($0, in: peersFolder) }
    let limits = Limit.all(scale).filter { isChosen($0.name) }
    var report = Report()
    do {
      for limit in limits { report.add(try stopwatch.time(limit, on: machine)) }
      for suite in suites {
        let stopwatch = suite == .scaling && !quick ? .brief : stopwatch
        for item in suite.cases(scale) where isChosen(item.name) && item.leastRanks <= Job.ranks {
          report.add(try stopwatch.time(item, on: machine))
        }
      }
    } catch {
      // Other ranks may know nothing of it, and do not come to print.
      if Job.ranks == 1 { report.show() }
      throw error
    }
    report.show()
    if let json { try report.write(to: json) }
  }

  private func isChosen(_ name: String) -> Bool { names.isEmpty || names.contains(name) }

  /// In the order of the suites, whatever that of the options.
  private func chosenSuites() throws(TensorError) -> [Suite] {
    if !suite.isEmpty {
      guard Job.ranks > 1 || !suite.contains(.collectives) else {
        throw TensorError(
          "benchmarks --suite collectives", given: "one rank", expected: "at least two")
      }
      return Suite.allCases.filter(suite.contains)
    }
    if Job.ranks > 1 { return Suite.allCases }
    Progress.tell("collectives: skipped, as there is one rank")
    return Suite.allCases.filter { $0 != .collectives }
  }
}
