import ArgumentParser
import CommandSupport
import Tessera

/// `tour`: runs what docs/tour.md shows.
@main struct TourCommand: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "tour",
    abstract: "Runs the examples of docs/tour.md, in their order.",
    discussion: """
      The page shows what one process prints, and then what four ranks print: launch/run -n 4 tour.
      """,
    version: tesseraVersion)

  func run() throws {
    gettingStarted()
    indexingAndSlicing()
    operations()
    broadcasting()
    savingMemory()
    conversion()

    sharding()
    whatTravels()
    try gradients()
  }
}

/// Announces a block: what is printed until the next one stands behind it in docs/tour.md.
func step(_ title: String) {
  print("===", title)
}
