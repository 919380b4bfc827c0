import Foundation
import Tessera
import TesseraIO

/// The data: two files that are open on every rank, and which rows are trained on.
struct HandwrittenDigits {
  static let classes = 10
  /// The largest value of a pixel.
  static let brightest: Float = 16

  let images: NpyFile
  let labels: NpyFile
  let trainingRows: [Int]
  let heldOutRows: [Int]

  /// Collective. A rank that cannot read its files makes all throw the same error.
  ///
  /// - Parameter folder: nil for the data of the repository.
  init(folder: String?, seed: UInt64) throws(TensorError) {
    let folder = try Job.agreeing(on: "digits") { () throws(TensorError) in
      if let folder { folder } else { try Self.repositoryFolder() }
    }
    images = try NpyFile.opened(onAllRanks: folder + "/images.npy")
    labels = try NpyFile.opened(onAllRanks: folder + "/labels.npy")
    guard images.shape.count == 3, images.shape[0] >= 2, labels.shape == [images.shape[0]] else {
      throw TensorError(
        "digits", given: "images of shape \(images.shape) and labels of shape \(labels.shape)",
        expected: "[count, height, width] and [count], of two images at least")
    }
    let count = images.shape[0]
    let order = Tensor<Int64>.permutation(count, key: Key(seed).folded(in: 0)).scalars
      .map { Int($0) }
    let trainingCount = count * 4 / 5
    trainingRows = Array(order[..<trainingCount])
    heldOutRows = Array(order[trainingCount...])
  }

  /// Numbers of an image.
  var features: Int { images.shape[1] * images.shape[2] }

  /// The rows to train on in the order of an epoch.
  func order(ofEpoch epoch: Int, key: Key) -> [Int] {
    Tensor<Int64>.permutation(trainingRows.count, key: key.folded(in: epoch)).scalars
      .map { trainingRows[Int($0)] }
  }

  private static let place = "Sources/Examples/Digits/Data"

  /// Looks for the repository around the program, then around the working directory.
  private static func repositoryFolder() throws(TensorError) -> String {
    let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    for start in [program, FileManager.default.currentDirectoryPath + "/."] {
      var directory = start
      while directory.count > 1 {
        directory = (directory as NSString).deletingLastPathComponent
        let folder = (directory as NSString).appendingPathComponent(place)
        if FileManager.default.fileExists(atPath: folder + "/images.npy") { return folder }
      }
    }
    throw TensorError(
      "digits", given: "no \(place) above \(program) or the working directory",
      expected: "--data with the folder of images.npy and labels.npy")
  }
}
