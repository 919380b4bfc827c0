import Foundation
import Tessera
import TesseraIO
import TestSupport
import Testing

/// Files that NumPy itself wrote are read, on any number of ranks, each rank its own bytes; and
/// what is written is what NumPy writes.
@Suite struct NumPyFileTests {
  private static let placements: [Placement] = [
    .replicated, .sharded(axis: 0), .sharded(axis: 1), .sharded(axis: -1),
  ]

  @Test func everyScalarTypeHasItsFile() {
    #expect(Set(NumPyFiles.types.map { $0.scalarType }) == Set(ScalarType.allCases))
    for type in NumPyFiles.types { #expect(NumPyFiles.all.contains(type.code)) }
  }

  /// In either byte order and order of axes; all values, limits, NaN and −0 among them, to the bit.
  @Test(arguments: [1, 2, 3, 5]) func numbersOfEveryType(ranks: Int) throws {
    func findings<Scalar: NumPySample>(_ type: Scalar.Type) throws -> [String] {
      try onLoopbackRanks(ranks) { runtime in
        var findings = Findings()
        for name in [type.code, type.code + "-big-fortran"] {
          for placement in Self.placements {
            let file = try NpyFile.opened(onAllRanks: NumPyFiles.path(name))
            let x: Tensor<Scalar> = try file.tensor(sharding: placement)
            let expected = Tensor(Scalar.sample, shape: [2, 3], sharding: placement)
            findings.check(
              x.shape == [2, 3] && x.sharding == expected.sharding && x.bits == expected.bits,
              "\(name) \(placement): \(x)")
            // Each rank its own bytes and no others.
            let own = x.localShape.elementCount * Scalar.scalarType.byteCount
            findings.check(file.bytesRead == own, "\(name) \(placement): \(file.bytesRead) bytes")
            let again = try Tensor<Scalar>(npy: NumPyFiles.path(name), sharding: placement)
            findings.check(again.bits == expected.bits)
          }
        }
        return findings.all
      }.flatMap { $0 }
    }
    for type in NumPyFiles.types {
      let all = try findings(type)
      #expect(all.isEmpty, "\(all)")
    }
  }

  @Test(arguments: [1, 2, 3, 5]) func shapesAndVersions(ranks: Int) throws {
    let findings = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      func read<Scalar: TensorScalar>(
        _ name: String, _ placement: Placement = .replicated, as type: Scalar.Type = Scalar.self
      ) throws -> Tensor<Scalar> {
        try Tensor(npy: NumPyFiles.path(name), sharding: placement)
      }
      let scalar = try read("scalar", as: Double.self)
      findings.check(scalar.shape == [] && scalar.item() == 3.5)
      for placement in [Placement.replicated, .sharded(axis: 0)] {
        findings.check(try read("one", placement, as: Int32.self).scalars == [7])
        let empty = try read("empty", placement, as: Float.self)
        findings.check(empty.shape == [0, 3] && empty.scalars.isEmpty)
        let other = try read("empty-big-fortran", placement, as: Double.self)
        findings.check(other.shape == [2, 0, 3] && other.scalars.isEmpty)
        for name in ["version-2", "version-3"] {
          findings.check(try read(name, placement, as: Int.self).scalars == [0, 1, 2, 3, 4])
        }
      }
      for axis in 0..<3 {
        for name in ["cube", "cube-big-fortran"] {
          let cube = try read(name, .sharded(axis: axis), as: Int32.self)
          findings.check(
            cube.shape == [2, 3, 4] && cube.scalars == (0..<24).map(Int32.init), "\(name) \(axis)")
        }
      }
      let many = try read("many-axes", .sharded(axis: 31), as: UInt8.self)
      findings.check(many.shape.count == 64 && many.scalars == [0, 1])
      return findings.all
    }
    #expect(findings.joined().isEmpty, "\(Array(findings.joined()))")
  }

  /// What tensors have no type for is refused by its name, as are lists of fields and pickled
  /// objects.
  @Test func otherTypesAreRefusedByTheirNames() throws {
    var refused = [
      ("structured", "a structured type"), ("structured-unicode", "a structured type"),
      ("text", "<U3"), ("bytes", "|S3"), ("date", "<M8[D]"), ("object", "|O"),
    ]
    for code in ["f2", "c8", "c16"] {
      refused += [(code, code), (code + "-big-fortran", code)]
    }
    for (name, type) in refused {
      let message = errorMessage { try NpyFile(NumPyFiles.path(name)) }
      for text in ["NpyFile", "\(name).npy", type, "f4 (Float)"] {
        #expect(message.contains(text), "\(message)")
      }
    }
    let halves = errorMessage { try NpyFile(NumPyFiles.path("f2")) }
    #expect(halves.hasSuffix("; convert it first: x.astype(numpy.float32)"), "\(halves)")
  }

  /// NumPy leaves the header of a file that may grow room that a small one has anyway.
  @Test func whatIsWrittenIsWhatNumPyWrites() throws {
    let folder = TemporaryFolder()
    defer { folder.remove() }
    func check(_ tensor: Tensor<some TensorScalar>, _ name: String) throws {
      try tensor.write(npy: folder.file("x.npy"))
      #expect(folder.bytes("x.npy") == NumPyFiles.bytes(name), "\(name)")
    }
    func checkSample<Scalar: NumPySample>(_ type: Scalar.Type) throws {
      try check(Tensor(Scalar.sample, shape: [2, 3]), type.code)
    }
    try onOneRank { _ in
      for type in NumPyFiles.types { try checkSample(type) }
      try check(Tensor<Double>(3.5), "scalar")
      try check(Tensor<Int32>([7]), "one")
      try check(Tensor<Float>.zeros([0, 3]), "empty")
      try check(Tensor<Int32>.arange(24).reshaped(2, 3, 4), "cube")
    }
  }
}
