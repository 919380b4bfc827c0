import Execution
import Foundation
import MessagePassing
import Tessera
import TesseraIO
import TestSupport
import Testing

/// A sample of reading and writing by the ranks of a job, on the process's own runtime: under
/// mpirun ranks are processes that share nothing but the file system.
@Suite(.serialized) struct NpyMPISuite {
  /// A folder that the first rank makes and all know.
  private static func withSharedFolder<R>(_ body: (TemporaryFolder) throws -> R) throws -> R {
    let communicator = Runtime.process.communicator
    let isFirst = communicator.rank == 0
    let own = isFirst ? TemporaryFolder() : nil
    let paths = try communicator.allGather(
      control: Array((own?.path ?? "").utf8), as: CollectiveLabel("folder"))
    defer { own?.remove() }
    let folder = TemporaryFolder(path: String(decoding: paths[0], as: UTF8.self))
    let result = Result { try body(folder) }
    // It stays until all have done with it.
    try communicator.barrier(as: CollectiveLabel("folder"))
    return try result.get()
  }

  @Test func whatRanksWriteRanksRead() async throws {
    let findings = try await ProgramThread.run {
      try Self.withSharedFolder { folder in
        var findings = Findings()
        let x = Tensor<Double>.randn([37, 5], key: Key(3))
        for axis in 0..<2 {
          let part = x.redistributed(to: .sharded(axis: axis))
          let written = try NpyWriter(folder.file("x.npy"), part).write()
          findings.check(written == 8 * part.localShape.elementCount, "\(written) bytes")
          let file = try NpyFile.opened(onAllRanks: folder.file("x.npy"))
          let y: Tensor<Double> = try file.tensor(sharding: .sharded(axis: 1 - axis))
          findings.check(file.bytesRead == 8 * y.localShape.elementCount, "\(file.bytesRead)")
          findings.check(y == x)
          findings.check(folder.names == ["x.npy"], "\(folder.names)")
          // A rank may not write the next file before all have looked at this one.
          try Runtime.process.communicator.barrier(as: CollectiveLabel("test"))
        }
        return findings.all
      }
    }
    #expect(findings.isEmpty, "\(findings)")
  }

  @Test func anErrorOfOneRankIsEverybodys() async throws {
    let outcome = try await ProgramThread.run {
      try Self.withSharedFolder { folder in
        let communicator = Runtime.process.communicator
        let last = communicator.size - 1
        try Tensor<Float>([1, 2]).write(npy: folder.file("x.npy"))
        let path = folder.file(communicator.rank == last ? "missing.npy" : "x.npy")
        let read = errorMessage { try Tensor<Float>(npy: path) }
        let written = errorMessage { try Tensor<Float>([3]).write(npy: folder.file("none/x.npy")) }
        let x = try Tensor<Float>(npy: folder.file("x.npy"))
        return (last: last, read: read, written: written, scalars: x.scalars, names: folder.names)
      }
    }
    #expect(
      outcome.read.contains("on rank \(outcome.last)") && outcome.read.contains("missing.npy"))
    #expect(outcome.written.contains("on rank 0") && outcome.written.contains("none/x.npy"))
    #expect(outcome.scalars == [1, 2] && outcome.names == ["x.npy"])
  }

  @Test func everyRankSharesItsOwnMemory() async throws {
    let sums = try await ProgramThread.run {
      let part = CutPoints(evenly: 11, into: Runtime.process.communicator.size)
        .range(of: Runtime.process.communicator.rank)
      let memory = UnsafeMutableBufferPointer<Int32>.allocate(capacity: part.count)
      defer { memory.deallocate() }
      _ = memory.initialize(from: part.map(Int32.init))
      var x = Tensor(sharing: memory, shape: [11], sharding: .sharded(axis: 0))
      x += 1
      return (x.sum().item(), memory.reduce(0) { $0 + Int64($1) }, x.shard.sum().item())
    }
    #expect(sums.0 == 66 && sums.1 == sums.2)
  }
}
