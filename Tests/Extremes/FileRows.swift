import Foundation
import Tessera
import TesseraIO
import TesseraTraining

extension Row {
  /// Paths that are no files, and how much of a file is asked for.
  private static let paths = [
    "", "/", "/nowhere/at/all", ".", "/dev/null", "/dev/zero", "/proc/self/mem", "a\u{0}b",
    String(repeating: "x", count: 5000), String(repeating: "/", count: 5000),
  ]

  /// A file with the matrix, made anew for each call.
  private static func file() throws -> NpyFile {
    let path = NSTemporaryDirectory() + "/matrix-\(getpid()).npy"
    try integerMatrix.write(npy: path)
    defer { unlink(path) }
    return try NpyFile(path)
  }

  static let ofFiles: [Row] = [
    row("NpyFile.init(_:)", paths) { _ = try NpyFile($0) },
    row("NpyFile.opened(onAllRanks:)", paths) { _ = try NpyFile.opened(onAllRanks: $0) },
    row("NpyFile.read(rows:into:)", Extreme.integers) { count in
      var bytes = [UInt8](repeating: 0, count: 48)
      try bytes.withUnsafeMutableBytes { buffer in
        try file().read(rows: [0, count], into: buffer)
      }
    },
    row("NpyFile.read(rows:into:)") {
      try file().read(rows: [], into: .init(start: nil, count: 0))
    },
    row("NpyFile.tensor(of:sharding:)", Extreme.placements) {
      use(try file().tensor(of: Int32.self, sharding: $0))
    },
    row("NpyFile.tensor(of:sharding:)") { use(try file().tensor(of: Bool.self)) },
    row("Tensor.init(npy:sharding:)", paths) { use(try Tensor<Float>(npy: $0)) },
    row("Tensor.write(npy:)", paths) { try matrix.write(npy: $0) },
    row("Tensor.write(npy:)", Extreme.operands) { operand in
      let path = NSTemporaryDirectory() + "/operand-\(getpid()).npy"
      defer { unlink(path) }
      try operand.make().write(npy: path)
    },
    row("StoredRows.init(_:as:scaledBy:)", Extreme.numbers) {
      _ = StoredRows(try file(), as: Float.self, scaledBy: $0)
    },
    row("StoredRows.batch(of:)", Extreme.integers) {
      use(try StoredRows(try file(), as: Int32.self, scaledBy: 1).batch(of: [$0]))
    },
    row("RowLoader.init(images:labels:order:batchSize:scale:)", Extreme.integers) {
      for batch in try RowLoader(
        images: try file(), labels: try file(), order: [0, $0], batchSize: $0, scale: .nan)
      { use(batch.images) }
    },
  ]
}
