import Foundation
import Tessera
import TesseraIO
import TestSupport
import Testing

@Suite struct NpyTests {
  private func withFile<R>(_ body: (String) throws -> R) rethrows -> R {
    let path = NSTemporaryDirectory() + "tessera-\(UUID().uuidString).npy"
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
  }

  @Test(arguments: [1, 2, 3, 5]) func whatIsWrittenIsRead(ranks: Int) throws {
    try withFile { path in
      for axis in 0..<2 {
        let same = try onLoopbackRanks(ranks) { _ in
          let x = Tensor<Float>.randn([7, 3], key: Key(1), sharding: .sharded(axis: axis))
          try x.write(npy: path)
          let y = try Tensor<Float>(npy: path, sharding: .sharded(axis: 1 - axis))
          return try y.gatheredScalars() == x.gatheredScalars()
        }
        #expect(same.allSatisfy { $0 })
      }
    }
  }

  /// A file as NumPy lays it out: version 1.0, big-endian Int32 in Fortran order.
  @Test func bigEndianFortranOrder() throws {
    try withFile { path in
      var header = "{'descr': '>i4', 'fortran_order': True, 'shape': (2, 3), }"
      header += String(repeating: " ", count: (64 - (10 + header.count + 1) % 64) % 64) + "\n"
      var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
      data += [UInt8(header.count & 255), UInt8(header.count >> 8)] + Array(header.utf8)
      for value in [1, 4, 2, 5, 3, 6] as [UInt8] { data += [0, 0, 0, value] }
      try data.write(to: URL(fileURLWithPath: path))
      #expect(try Tensor<Int32>(npy: path).scalars == [1, 2, 3, 4, 5, 6])
    }
  }

  @Test func badFilesAreRefused() throws {
    try withFile { path in
      for content in ["", "not a file", "\u{93}NUMPY"] {
        try Data(content.utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: TensorError.self) { try Tensor<Float>(npy: path) }
      }
    }
    #expect(throws: TensorError.self) { try Tensor<Float>(npy: "/nowhere/at/all.npy") }
  }

  @Test func theErrorOfOneRankIsEverybodys() throws {
    try withFile { path in
      try Tensor<Float>([1, 2]).write(npy: path)
      let messages = try onLoopbackRanks(3) { runtime in
        do {
          _ = try Tensor<Float>(npy: runtime.communicator.rank == 1 ? path + ".missing" : path)
          return "read"
        } catch { return "\(error)" }
      }
      #expect(messages.allSatisfy { $0 == messages[0] && $0.contains("on rank 1") })
    }
  }
}
