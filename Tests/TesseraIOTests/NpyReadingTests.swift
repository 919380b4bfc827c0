import Foundation
import MessagePassing
import Tessera
import TesseraIO
import TestSupport
import Testing

/// What is asked of a good file that it cannot give, and rows out of their order.
@Suite struct NpyReadingTests {
  // MARK: Mistakes, the same on every rank

  @Test(arguments: [1, 2, 3, 5]) func anotherScalarTypeIsNamedWithTheFiles(ranks: Int) throws {
    let outcomes = try onLoopbackRanks(ranks) { runtime in
      let messages = [
        errorMessage { try Tensor<Double>(npy: NumPyFiles.path("f4")) },
        errorMessage { try Tensor<Int>(npy: NumPyFiles.path("i4")) },
        errorMessage { try Tensor<Bool>(npy: NumPyFiles.path("u1")) },
        errorMessage {
          try NpyFile.opened(onAllRanks: NumPyFiles.path("i8")).tensor(of: Float.self)
        },
      ]
      return (messages, runtime.arena.statistics.allocations)
    }
    let expected = [("Float", "Double"), ("Int32", "Int64"), ("UInt8", "Bool"), ("Int64", "Float")]
    for (message, types) in zip(outcomes[0].0, expected) {
      for text in ["holds \(types.0) [2, 3]", "of \(types.1)", "Tensor<\(types.0)>", ".npy"] {
        #expect(message.contains(text), "\(message)")
      }
    }
    #expect(outcomes.allSatisfy { $0 == (outcomes[0].0, 0) })
  }

  @Test(arguments: [1, 3]) func placementsThatDoNotFit(ranks: Int) throws {
    let outcomes = try onLoopbackRanks(ranks) { _ in
      let (matrix, scalar) = (NumPyFiles.path("f4"), NumPyFiles.path("scalar"))
      return [
        errorMessage { try Tensor<Float>(npy: matrix, sharding: .sharded(axis: 2)) },
        errorMessage { try Tensor<Double>(npy: scalar, sharding: .sharded(axis: 0)) },
        errorMessage { try Tensor<Float>(npy: matrix, sharding: .partial(.sum)) },
      ]
    }
    let expected = [["axis 2", "[2, 3]"], ["axis 0", "[]"], ["partial", "replicated"]]
    for (message, texts) in zip(outcomes[0], expected) {
      for text in ["Tensor(npy:)"] + texts { #expect(message.contains(text), "\(message)") }
    }
    #expect(outcomes.allSatisfy { $0 == outcomes[0] })
  }

  @Test(arguments: [2, 3, 5]) func theErrorOfOneRankIsEverybodys(ranks: Int) throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let good = folder.write(NpyImage().bytes)
    let others = [
      ("missing", folder.file("missing.npy"), "missing.npy, which cannot be opened"),
      ("truncated", folder.write(NpyImage(body: 7).bytes, to: "short.npy"), "7 bytes of elements"),
      ("shape", folder.write(NpyImage(shape: "(1, 2)").bytes, to: "s.npy"), "Float [1, 2]"),
      ("type", folder.write(NpyImage(descr: "'<i4'").bytes, to: "t.npy"), "Int32 [2]"),
      ("order", folder.write(NpyImage(order: "True").bytes, to: "o.npy"), "in Fortran order"),
      ("bytes", folder.write(NpyImage(descr: "'>f4'").bytes, to: "b.npy"), "big-endian"),
    ]
    for (name, path, text) in others {
      let messages = try onLoopbackRanks(ranks) { runtime in
        let isLast = runtime.communicator.rank == ranks - 1
        return errorMessage { try Tensor<Float>(npy: isLast ? path : good) }
      }
      #expect(messages.allSatisfy { $0 == messages[0] }, "\(name): \(messages)")
      for text in ["Tensor(npy:) (on rank \(ranks - 1))", text] {
        #expect(messages[0].contains(text), "\(name): \(messages[0])")
      }
    }
  }

  /// A file that another program shortens after its header was read.
  @Test(arguments: [1, 2, 3]) func aFileThatShrinksIsAnError(ranks: Int) throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let image = NpyImage(shape: "(4,)", body: 16).bytes
    let outcomes = try onLoopbackRanks(ranks) { runtime in
      let path = folder.file("\(ranks).npy")
      if runtime.communicator.rank == 0 {
        folder.write(image, to: "\(ranks).npy")
      }
      try runtime.communicator.barrier(as: CollectiveLabel("test"))
      let file = try NpyFile.opened(onAllRanks: path)
      if runtime.communicator.rank == 0 { truncate(path, image.count - 8) }
      try runtime.communicator.barrier(as: CollectiveLabel("test"))
      return errorMessage { try file.tensor(of: Float.self, sharding: .sharded(axis: 0)) }
    }
    let text = "which ends at byte \(image.count - 8)"
    #expect(outcomes.allSatisfy { $0 == outcomes[0] && $0.contains(text) }, "\(outcomes)")
  }

  /// `explain` looks at the header, alone, and moves nothing.
  @Test func explainedReadsAndWritesTouchNothing() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let outcomes = try onLoopbackRanks(2) { runtime in
      let before = runtime.communicator.traffic
      let plans = try explain {
        let x = try Tensor<Int32>(npy: NumPyFiles.path("cube"), sharding: .sharded(axis: 1))
        try (x + 1).write(npy: folder.file("x.npy"))
        return x.sum()
      }
      return plans.count == 2 && runtime.communicator.traffic == before
        && runtime.arena.statistics.allocations == 0
    }
    #expect(outcomes.allSatisfy { $0 } && folder.names.isEmpty)
  }

  // MARK: What Python may write otherwise than NumPy does

  @Test func unusualHeadersAreRead() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let headers = [
      "{'shape': (2L,), 'descr': '<f4', 'fortran_order': False}",
      "{\"shape\":(2,),\"fortran_order\":True,\"descr\":\"=f4\"}",
      "\t{ 'descr' : '<f4' ,\r\n 'fortran_order' : False , 'shape' : ( 2 , ) , } \n\n",
    ]
    for header in headers {
      let values = [1, 2].flatMap { withUnsafeBytes(of: Float($0).bitPattern) { Array($0) } }
      let path = folder.write(NpyImage(header, body: values).bytes)
      let scalars = try onOneRank { _ in try Tensor<Float>(npy: path).scalars }
      #expect(scalars == [1, 2], "\(header)")
    }
  }

  /// Any byte but 0 is true to NumPy; kernels know 1 alone.
  @Test func everyByteIsABoolean() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    let image = NpyImage(
      "{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }", body: [0, 1, 2, 255])
    try onOneRank { _ in
      let x = try Tensor<Bool>(npy: folder.write(image.bytes))
      #expect(x.withUnsafeBuffer { UnsafeRawBufferPointer($0).map(Int.init) } == [0, 1, 1, 1])
    }
  }

  // MARK: Rows

  @Test func rowsInAnyOrderAndTwice() throws {
    let file = try NpyFile(NumPyFiles.path("cube"))
    let rows = [1, 0, 1]
    // One byte beyond the memory's alignment, to which nothing is promised.
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 + 3 * 48, alignment: 8)
    defer { memory.deallocate() }
    try file.read(rows: rows, into: UnsafeMutableRawBufferPointer(rebasing: memory[1...]))
    let values = (0..<36).map { memory.loadUnaligned(fromByteOffset: 1 + 4 * $0, as: Int32.self) }
    let expected = [12..<24, 0..<12, 12..<24].flatMap { $0.map(Int32.init) }
    #expect(values == expected)
    #expect(file.bytesRead == 3 * 48)

    let big = try withTemporaryFolder { try NpyFile($0.write(bigEndianRows)) }
    try big.read(rows: [1], into: UnsafeMutableRawBufferPointer(rebasing: memory[1..<9]))
    let swapped = (0..<2).map { memory.loadUnaligned(fromByteOffset: 1 + 4 * $0, as: Int32.self) }
    #expect(swapped == [3, 4])
  }

  private var bigEndianRows: [UInt8] {
    NpyImage(
      "{'descr': '>i4', 'fortran_order': False, 'shape': (2, 2), }",
      body: [0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]
    ).bytes
  }

  @Test func rowsThatAreNotThere() throws {
    let cube = try NpyFile(NumPyFiles.path("cube"))
    let fortran = try NpyFile(NumPyFiles.path("cube-big-fortran"))
    let scalar = try NpyFile(NumPyFiles.path("scalar"))
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 48, alignment: 8)
    defer { memory.deallocate() }
    let cases: [(NpyFile, [Int], [String])] = [
      (cube, [2], ["row 2", "cube.npy", "0..<2"]),
      (cube, [-1], ["row -1", "0..<2"]),
      (cube, [0, 1], ["48 bytes for 2 rows", "48 bytes for each row"]),
      (cube, [], ["48 bytes for 0 rows"]),
      (fortran, [0], ["in Fortran order", "one piece"]),
      (scalar, [0], ["Double []", "rows"]),
    ]
    for (file, rows, texts) in cases {
      let message = errorMessage { try file.read(rows: rows, into: memory) }
      for text in ["NpyFile.read: given "] + texts {
        #expect(message.contains(text), "\(message)")
      }
      #expect(file.bytesRead == 0)
    }
  }
}
