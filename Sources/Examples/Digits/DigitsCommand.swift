import ArgumentParser
import CommandSupport
import Tessera

/// `digits`: trains a multilayer perceptron on handwritten digits, on any number of ranks.
@main struct DigitsCommand: RankedCommand {
  static let configuration = CommandConfiguration(
    commandName: "digits",
    abstract: "Trains a multilayer perceptron on handwritten digits.",
    discussion: """
      Every rank reads its own rows of each batch. Losses are those of the whole batch, whatever the number of \
      ranks. Start it with launch/run, such as launch/run -n 4 digits --epochs 10.
      """,
    version: tesseraVersion)

  @Option(parsing: .unconditional, help: "How often the training part is gone through.")
  var epochs = 30

  @Option(parsing: .unconditional, help: "Examples of a step, over all ranks.")
  var batch = 64

  @Option(parsing: .unconditional, help: "Widths of the hidden layers, such as 128,64.")
  var layers = LayerWidths(counts: [128])

  @Option(parsing: .unconditional, help: "What gradients are multiplied by.")
  var learningRate = 0.05

  @Option(parsing: .unconditional, help: "How much of the last step is kept, in 0..<1.")
  var momentum = 0.9

  @Option(
    parsing: .unconditional, help: "Decides the split, the first weights and the order of examples."
  )
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "The folder of images.npy and labels.npy; that of the repository by default.",
      valueName: "dir"))
  var data: String?

  @Option(
    help: ArgumentHelp(
      "Where the trained parameters (.npy) and the curve of the loss (.svg) are written.",
      valueName: "dir"))
  var output = "digits-output"

  @Flag(help: "JSON lines on standard output, progress on standard error.")
  var json = false

  func validate() throws {
    guard epochs > 0 else { throw ValidationError("--epochs \(epochs): expected at least 1") }
    guard batch > 0 else { throw ValidationError("--batch \(batch): expected at least 1") }
    guard learningRate >= 0, learningRate.isFinite else {
      throw ValidationError(
        "--learning-rate \(learningRate): expected a number that is not negative")
    }
    guard (0..<1).contains(momentum) else {
      throw ValidationError("--momentum \(momentum): expected a number in 0..<1")
    }
    guard !output.isEmpty, data?.isEmpty != true else {
      throw ValidationError("--data and --output: expected the path of a folder")
    }
  }

  func run() throws {
    try checkThatRanksAgree()
    let digits = try HandwrittenDigits(folder: data, seed: seed)
    let folder = try OutputFolder(output)
    var progress = TrainingProgress(epochs: epochs)
    let result = try DigitsTraining(self, digits).run { report in
      progress.show(report)
      if json, let line = report.jsonLine { Tessera.print(line) }
    }
    progress.finish()
    let files = try folder.write(result)
    if json {
      Tessera.print(result.jsonLine)
      TrainingProgress.tell("wrote \(files.joined(separator: ", ")) to \(folder.path)\n")
    } else {
      Tessera.print(result.summary(digits, files: files, folder: folder.path))
    }
  }

  /// Ranks may be started with different options; training must not.
  private func checkThatRanksAgree() throws(TensorError) {
    let options: [Int64] =
      [epochs, batch, layers.counts.count].map(Int64.init) + layers.counts.map(Int64.init)
      + [Int64(bitPattern: seed), Int64(bitPattern: learningRate.bitPattern)]
      + [Int64(bitPattern: momentum.bitPattern)]
    var fingerprint: UInt64 = 0
    for option in options {
      fingerprint = Key(fingerprint ^ UInt64(bitPattern: option)).folded(in: 0).bits
    }
    let all = Tensor<Int64>.full(
      [Job.ranks], Int64(bitPattern: fingerprint), sharding: .sharded(axis: 0)
    ).scalars
    if let rank = all.firstIndex(where: { $0 != all[0] }) {
      throw TensorError(
        "digits", given: "options of training that differ from those of rank 0",
        expected: "the same on every rank, except --data", rank: rank)
    }
  }
}

/// The widths of the hidden layers.
struct LayerWidths: ExpressibleByArgument, CustomStringConvertible {
  var counts: [Int]

  init(counts: [Int]) { self.counts = counts }

  init?(argument: String) {
    let counts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard counts.allSatisfy({ $0.map { (1...1_000_000).contains($0) } ?? false }) else {
      return nil
    }
    self.counts = counts.compactMap { $0 }
  }

  var description: String { counts.map(String.init).joined(separator: ",") }
  var defaultValueDescription: String { description }
}
