import Execution
import Foundation
import Synchronization
import Tessera
import TesseraIO
import TestSupport
import Testing

/// A written file appears whole or not at all, whoever writes it; each rank writes its own bytes.
@Suite struct NpyWritingTests {
  private static let shapes: [Shape] = [
    [], [1], [7], [7, 3], [2, 0, 3], [3, 1, 5], [1, 2, 3, 4],
  ]

  /// Whatever the number of ranks and the sharding, the same file; and it is read as it was
  /// written.
  @Test(arguments: [1, 2, 3, 5]) func theSameFileOnAnyNumberOfRanks(ranks: Int) throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let findings = try onLoopbackRanks(ranks) { runtime in
      var findings = Findings()
      for shape in Self.shapes {
        let values = (0..<shape.elementCount).map { Int32($0 * 37 - 5) }
        let expected = image(of: values, shape: shape)
        for placement in OperandPlacement.all(axes: shape.count) {
          let x = try Tensor(values, shape: shape, placed: placement, on: runtime)
          try x.write(npy: folder.file("x.npy"))
          findings.check(folder.bytes("x.npy") == expected, "\(shape) \(placement)")
          findings.check(folder.names == ["x.npy"])
          for axis in -1..<shape.count {
            let target: Placement = axis < 0 ? .replicated : .sharded(axis: axis)
            let y = try Tensor<Int32>(npy: folder.file("x.npy"), sharding: target)
            findings.check(y.shape == shape && y.scalars == values, "\(shape) as \(target)")
          }
          // No rank may write the next file before all have read this one.
          try runtime.communicator.barrier(as: .init("test"))
        }
      }
      return findings.all
    }
    #expect(findings.joined().isEmpty, "\(Array(findings.joined().prefix(5)))")
  }

  /// What NumPy would write, from a plain reading of the format's description.
  private static func image(of values: [Int32], shape: Shape) -> [UInt8] {
    let extents = shape.map(String.init).joined(separator: ", ")
    var header = "{'descr': '<i4', 'fortran_order': False, 'shape': "
    header += shape.count == 1 ? "(\(extents),), }" : "(\(extents)), }"
    while (header.utf8.count + 11) % 64 != 0 { header += " " }
    let body = values.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }
    return NpyImage(header + "\n", body: body).bytes
  }

  private func image(of values: [Int32], shape: Shape) -> [UInt8] {
    Self.image(of: values, shape: shape)
  }

  @Test(arguments: [1, 2, 3, 5]) func eachRankWritesItsOwnBytes(ranks: Int) throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    for placement in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
      let counts = try onLoopbackRanks(ranks) { _ in
        let x = Tensor<Double>.zeros([7, 4], sharding: placement)
        let written = try NpyWriter(folder.file("x.npy"), x).write()
        return (written, x.localShape.elementCount * 8)
      }
      #expect(counts.reduce(0) { $0 + $1.0 } == 7 * 4 * 8)
      for (rank, (written, own)) in counts.enumerated() {
        let part = 8 * (28 * (rank + 1) / ranks - 28 * rank / ranks)
        #expect(written == (placement == .replicated ? part : own))
      }
    }
  }

  @Test func viewsAreWrittenAsTheyShow() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try onOneRank { _ in
      let x = Tensor<Int32>.arange(12).reshaped(3, 4)
      for view in [x.transposed(), x[1...], x[..., .stride(by: 2)], x.flipped(axes: 0)] {
        try view.write(npy: folder.file("x.npy"))
        let read = try Tensor<Int32>(npy: folder.file("x.npy"))
        #expect(read.shape == view.shape && read.scalars == view.scalars)
      }
    }
  }

  // MARK: The file's place

  @Test func permissionsAreThoseOfAPlainFileOrOfTheOneBefore() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let descriptor = open(folder.file("plain"), O_CREAT | O_WRONLY, 0o666)
    close(descriptor)
    try onOneRank { _ in
      let x = Tensor<Float>([1, 2])
      try x.write(npy: folder.file("x.npy"))
      #expect(folder.permissions("x.npy") == folder.permissions("plain"))
      for permissions in [0o600, 0o640, 0o666] as [mode_t] {
        chmod(folder.file("x.npy"), permissions)
        try x.write(npy: folder.file("x.npy"))
        #expect(folder.permissions("x.npy") == permissions)
      }
    }
  }

  @Test func linksAreFollowed() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    mkdir(folder.file("a"), 0o777)
    mkdir(folder.file("b"), 0o777)
    symlink("../b/second", folder.file("a/first"))
    symlink("x.npy", folder.file("b/second"))
    try onOneRank { _ in
      // The file does not exist yet, then it does.
      for value in [1, 2] as [Int32] {
        try Tensor<Int32>([value]).write(npy: folder.file("a/first"))
        #expect(try Tensor<Int32>(npy: folder.file("b/x.npy")).scalars == [value])
        #expect(try Tensor<Int32>(npy: folder.file("a/first")).scalars == [value])
      }
    }
    let manager = FileManager.default
    let (a, b) = (folder.file("a"), folder.file("b"))
    #expect(try manager.contentsOfDirectory(atPath: a) == ["first"])
    #expect(try manager.contentsOfDirectory(atPath: b).sorted() == ["second", "x.npy"])
    #expect(try manager.destinationOfSymbolicLink(atPath: a + "/first") == "../b/second")
  }

  @Test func relativePathsAndLongNames() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    // 254 bytes of the 255 that there may be.
    let name = String(repeating: "ä", count: 125) + ".npy"
    try onOneRank { _ in
      for path in ["\(folder.path)/./\(name)", "\(folder.path)//../\(folder.path)/\(name)"] {
        // Only the second has a folder that is not there.
        if path.contains("..") {
          #expect(errorMessage { try Tensor<Int32>([1]).write(npy: path) }.contains("directory"))
        } else {
          try Tensor<Int32>([1]).write(npy: path)
        }
      }
      let here = FileManager.default.currentDirectoryPath
      let up = here.split(separator: "/").map { _ in "../" }.joined()
      try Tensor<Int32>([2]).write(npy: up + folder.file("y.npy").dropFirst())
    }
    #expect(folder.names.count == 2 && folder.names.contains("y.npy"))
  }

  // MARK: Whole or not at all

  /// Whoever reads while others write sees one whole file or another.
  @Test func readersSeeWholeFiles() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let path = folder.file("x.npy")
    let count = 100_000
    try onOneRank { _ in try Tensor<Int32>.full([count], 0).write(npy: path) }
    let isWritten = Atomic<Bool>(false)
    let outcomes = try onLoopbackRanks(3) { runtime -> (reads: Int, mixed: Int) in
      // The last rank reads on its own; two loopback ranks would have to write together, so one
      // does.
      switch runtime.communicator.rank {
      case 0:
        defer { isWritten.store(true, ordering: .releasing) }
        for value in 1...40 as ClosedRange<Int32> {
          try Tensor<Int32>.full([count], value).shard.write(npy: path)
        }
        return (0, 0)
      case 1: return (0, 0)
      default:
        var (reads, mixed) = (0, 0)
        while !isWritten.load(ordering: .acquiring) || reads == 0 {
          let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 * count, alignment: 64)
          defer { memory.deallocate() }
          try NpyFile(path).read(rows: Array(0..<count), into: memory)
          let values = memory.bindMemory(to: Int32.self)
          reads += 1
          if !values.allSatisfy({ $0 == values[0] }) { mixed += 1 }
        }
        return (reads, mixed)
      }
    }
    #expect(outcomes[2].reads > 0 && outcomes[2].mixed == 0)
    #expect(folder.names == ["x.npy"])
  }

  @Test func whoHasTheOldFileOpenKeepsIt() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    try onOneRank { _ in
      try Tensor<Int32>([1, 2]).write(npy: folder.file("x.npy"))
      let old = try NpyFile(folder.file("x.npy"))
      try Tensor<Int32>([3, 4, 5]).write(npy: folder.file("x.npy"))
      #expect(try old.tensor(of: Int32.self).scalars == [1, 2])
    }
  }
}
