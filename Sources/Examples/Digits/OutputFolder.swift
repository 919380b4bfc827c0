import Foundation
import Tessera
import TesseraIO

/// Where the results are written.
struct OutputFolder {
  let path: String

  /// Creates the folder if it is missing. Collective.
  init(_ path: String) throws(TensorError) {
    self.path = path
    try Job.agreeing(on: "digits --output") { () throws(TensorError) in
      guard Job.isFirst else { return }
      do {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true)
      } catch {
        throw TensorError(
          "digits --output", given: "\(path), which cannot be created",
          expected: "the path of a folder that may be written")
      }
    }
  }

  /// Writes the parameters and the curve of the loss; the names of the files. Collective.
  func write(_ result: TrainingResult) throws(TensorError) -> [String] {
    var names: [String] = []
    for parameter in result.parameters {
      names.append("\(parameter.name).npy")
      try parameter.value.write(npy: "\(path)/\(parameter.name).npy")
    }
    try Job.agreeing(on: "digits --output") { () throws(TensorError) in
      guard Job.isFirst else { return }
      try WholeFile.write(
        Array(LossCurve(losses: result.losses).svg.utf8), to: "\(path)/loss.svg",
        for: "digits --output")
    }
    return names + ["loss.svg"]
  }
}
