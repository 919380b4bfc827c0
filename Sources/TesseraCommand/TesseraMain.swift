import ArgumentParser
import CommandSupport
import Tessera

/// The command line of Tessera.
@main struct TesseraMain: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "tessera",
    abstract: "Looks at what Tessera runs on, and at what operations cost.",
    discussion:
      "Start it with launch/run to see a job of several ranks: launch/run -n 2 tessera info",
    version: tesseraVersion,
    subcommands: [Info.self, Explain.self])
}
