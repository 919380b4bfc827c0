import Execution
import Foundation
import MessagePassing
import Tessera
import TesseraIO
import TestSupport
import Testing

/// Files that are almost .npy files, read by several ranks: all get the same elements or the same
/// error.
@Suite struct NpyRankFuzzTests {
  private static let seed: UInt64 = 20_261_129
  private static var count: Int {
    ProcessInfo.processInfo.environment["TESSERA_LONG_TESTS"] == nil ? 3_000 : 100_000
  }

  private static var originals: [NpyMutator.Original] {
    NumPyFiles.all.compactMap { name in
      guard let file = try? NpyFile(NumPyFiles.path(name)) else { return nil }
      let bytes = NumPyFiles.bytes(name)
      let size = file.shape.elementCount * file.scalarType.byteCount
      return NpyMutator.Original(bytes: bytes, dataOffset: bytes.count - size)
    }
  }

  @Test(arguments: [2, 3]) func ranksAgree(ranks: Int) throws {
    let originals = Self.originals
    let byRank = try withTemporaryFolder { folder in
      let path = folder.file("mutant.npy")
      return try onLoopbackRanks(ranks) { runtime in
        // Each rank draws the same files; the first one writes them.
        var mutator = NpyMutator(originals, seed: Self.seed)
        let isFirst = runtime.communicator.rank == 0
        return try (0..<Self.count).map { number in
          let bytes = mutator.next().bytes
          if isFirst { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
          try runtime.communicator.barrier(as: CollectiveLabel("written"))
          let outcome = Self.outcome(of: path)
          try runtime.communicator.barrier(as: CollectiveLabel("read"))
          return outcome
        }
      }
    }
    for number in 0..<Self.count {
      let outcomes = Set(byRank.map { $0[number] })
      #expect(outcomes.count == 1, "file \(number) of seed \(Self.seed): \(outcomes)")
    }
    // Neither all nor nothing was refused.
    let refused = byRank[0].count { $0.hasPrefix("error ") }
    #expect(refused > Self.count / 4 && refused < Self.count * 9 / 10, "\(refused)")
  }

  /// What a rank sees of the whole file, through the doors for all ranks.
  private static func outcome(of path: String) -> String {
    do {
      let file = try NpyFile.opened(onAllRanks: path)
      let type = NumPyFiles.types.first { $0.scalarType == file.scalarType }!
      func read<Scalar: NumPySample>(_ type: Scalar.Type) throws -> String {
        let isSharded = !file.shape.isEmpty
        let tensor: Tensor<Scalar> = try file.tensor(
          sharding: isSharded ? .sharded(axis: 0) : .replicated)
        let words = try tensor.gatheredScalars().map { "\($0.scalarValue.bits)" }
        return "\(file.scalarType) \(tensor.shape) \(words.joined(separator: " "))"
      }
      return try read(type)
    } catch {
      return "error \(error)"
    }
  }
}
