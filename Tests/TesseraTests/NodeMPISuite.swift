import Distribution
import Execution
import Foundation
import MessagePassing
import Shapes
import TestSupport
import Testing

/// Collectives through shared memory give the bits that those by MPI give, for all reductions and
/// types; where ranks are on several nodes sums and products within their rounding. Under mpirun
/// the ranks are processes; in a single process there is one rank, on which both are the same.
@Suite(.serialized) struct NodeMPISuite {
  /// Elements: none, one, around pieces of 4 and 8 bytes, several windows, odd ones.
  private static let counts = [0, 1, 3, 1000, 32767, 32768, 32769, 65536, 300_001, 1_048_579]

  /// The process's runtime, and one of the same ranks that uses MPI alone.
  private static func runtimes() throws -> (shared: Runtime, plain: Runtime)? {
    let shared = Runtime.process
    guard let plain = shared.communicator.withoutSharedMemory() else { return nil }
    return (shared, try Runtime(communicator: plain, workers: 1))
  }

  @Test func begunReductionsByMessages() async throws {
    let differences = try await ProgramThread.run {
      try Self.runtimes().map { try BegunReductionTests.differences(on: $0.plain) } ?? []
    }
    #expect(differences.isEmpty, "\(differences)")
  }

  /// Bytes that differ from rank to rank; numbers for floating point, of many sizes, with a NaN,
  /// and words for integers, so that numbers of every size are among them.
  static func block(_ type: ScalarType, _ shape: Shape, on runtime: Runtime) throws
    -> StridedBlock
  {
    let block = try runtime.allocate(shape, type)
    let rank = runtime.communicator.rank
    let bytes = block.range.bytes
    for index in 0..<shape.elementCount {
      let seed = (index &* 7919 &+ rank &* 104_729) % 1013
      let value = Double(seed - 500) * (index % 3 == 0 ? 1e-3 : 1e3) / 7
      var word =
        switch type.traits.kind {
        case .floatingPoint:
          ScalarValue(index % 5000 == 77 && rank == 1 ? .nan : value, as: type).bits
        case .boolean: UInt64(seed % 2)
        case .signedInteger, .unsignedInteger: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15
        }
      for place in 0..<type.byteCount {
        bytes[index * type.byteCount + place] = UInt8(truncatingIfNeeded: word)
        word >>= 8
      }
    }
    return block
  }

  static func bits(_ block: StridedBlock) -> Data {
    withExtendedLifetime(block.storage) { Data(block.range.bytes) }
  }

  /// Whether two results are of the same terms, joined in orders that may differ.
  static func agree(
    _ a: Data, _ b: Data, _ type: ScalarType, _ reduction: Reduction, ranks: Int
  ) -> Bool {
    guard type.isFloatingPoint, reduction == .sum || reduction == .product else { return a == b }
    func numbers(_ data: Data) -> [Double] {
      data.withUnsafeBytes { bytes in
        type == .float32
          ? bytes.bindMemory(to: Float.self).map { Double($0) }
          : Array(bytes.bindMemory(to: Double.self))
      }
    }
    let unit = type == .float32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
    let (a, b) = (numbers(a), numbers(b))
    return a.count == b.count
      && a.indices.allSatisfy { index in
        // The greatest term that `block` makes.
        let term = 513 * (index % 3 == 0 ? 1e-3 : 1e3) / 7
        let size = reduction == .sum ? Double(ranks) * term : abs(b[index])
        return a[index].isNaN && b[index].isNaN || a[index] == b[index]
          || abs(a[index] - b[index]) <= Double(ranks) * unit * size
      }
  }

  /// Whether terms are joined in the order of the ranks: on one node, and on nodes of one rank.
  private static func joinsInOrder(_ runtime: Runtime) -> Bool {
    [1, runtime.communicator.size].contains(runtime.communicator.nodes.count)
  }

  /// Whether all ranks have the same bits.
  private static func isCommon(_ bits: Data, on runtime: Runtime) throws -> Bool {
    var hash: UInt64 = 14_695_981_039_346_656_037
    for byte in bits { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
    let own = withUnsafeBytes(of: hash) { Array($0) }
    return try runtime.communicator.allGather(control: own, as: CollectiveLabel("bits"))
      .allSatisfy { $0 == own }
  }

  @Test func reductions() async throws {
    let wrong = try await ProgramThread.run { () throws -> [String] in
      guard let (shared, plain) = try Self.runtimes() else { return [] }
      var wrong: [String] = []
      for type in ScalarType.allCases {
        // Booleans have neither sums nor products.
        for reduction in type == .bool ? [.min, .max] : Reduction.allCases {
          for count in type == .float32 ? Self.counts : [1, 40_001] {
            let results = try [shared, plain].map { runtime in
              let before = runtime.communicator.traffic
              let term = try Self.block(type, [count], on: runtime)
              let result = try runtime.allocate([count], type)
              try runtime.allReduce(term, reduction, into: result)
              try runtime.allReduce(term, reduction)
              return (Self.bits(result), Self.bits(term), runtime.communicator.traffic - before)
            }
            let (ours, theirs) = (results[0], results[1])
            let ranks = shared.communicator.size
            let isRight =
              Self.joinsInOrder(shared)
              ? ours.0 == theirs.0 : Self.agree(ours.0, theirs.0, type, reduction, ranks: ranks)
            let isCommon = try Self.isCommon(ours.0, on: plain)
            if !isRight || !isCommon || ours.1 != ours.0 || ours.2 != theirs.2 {
              wrong.append("\(type) \(reduction) \(count)")
            }
          }
        }
      }
      return wrong
    }
    #expect(wrong == [])
  }

  /// What this rank holds after a redistribution of elements that lie in the order of the last
  /// axis, or of the first.
  static func moved(
    _ shape: Shape, _ type: ScalarType, from source: OperandPlacement, to target: OperandPlacement,
    columnsFirst: Bool = false, on runtime: Runtime
  ) throws -> Data {
    let description = TensorDescription(
      shape: shape, scalarType: type, sharding: source.sharding(of: shape, on: runtime.mesh))
    let redistribution = try Redistribution(
      description, to: target.sharding(of: shape, on: runtime.mesh))
    let own = description.localShape(of: runtime.communicator.rank)
    let elements =
      columnsFirst
      ? try block(type, Shape(own.reversed()), on: runtime).permuted([1, 0])
      : try block(type, own, on: runtime)
    let result = try runtime.redistribute(elements, redistribution)
    return bits(try runtime.contiguous(result))
  }

  @Test func movements() async throws {
    let wrong = try await ProgramThread.run { () throws -> [String] in
      guard let (shared, plain) = try Self.runtimes() else { return [] }
      let placements = OperandPlacement.all(axes: 2)
      var wrong: [String] = []
      // All of the third belongs to one rank, which broadcasts it.
      for shape: Shape in [[0, 3], [5, 7], [1, 100_003], [300, 401], [1030, 513]] {
        for type in [ScalarType.float32, .float64, .int16, .uint8] {
          for source in placements {
            // Sums of floating point need not be the same bits, and are tried above.
            if source == .partial, type.isFloatingPoint, !Self.joinsInOrder(shared) { continue }
            for target in placements where target != .partial {
              let results = try [shared, plain].map { runtime in
                try Self.moved(shape, type, from: source, to: target, on: runtime)
              }
              if results[0] != results[1] { wrong.append("\(shape) \(type) \(source) \(target)") }
            }
          }
        }
      }
      return wrong
    }
    #expect(wrong == [])
  }

  /// Blocks of many MiB lie in the heaps of the ranks, and are read there by others.
  @Test func largeMovements() async throws {
    let wrong = try await ProgramThread.run { () throws -> [String] in
      guard let (shared, plain) = try Self.runtimes() else { return [] }
      let placements = OperandPlacement.all(axes: 2).filter { $0 != .partial }
      var wrong: [String] = []
      for shape: Shape in [[2053, 3001], [7, 1_000_003]] {
        for source in placements {
          for target in placements where source != target {
            for columnsFirst in [false, true] {
              let name = "\(shape) \(source) \(target) \(columnsFirst)"
              let before = shared.communicator.bytesReadInPlace
              let received = shared.communicator.traffic.bytesReceived
              let results = try [shared, plain].map { runtime in
                try Self.moved(
                  shape, .float32, from: source, to: target, columnsFirst: columnsFirst, on: runtime
                )
              }
              if results[0] != results[1] { wrong.append(name) }
              let inPlace = shared.communicator.bytesReadInPlace - before
              let all = shared.communicator.traffic.bytesReceived - received
              // But for those that are short, which pass as pieces.
              let pieces = (128 << 10) * shared.communicator.size
              if shared.communicator.heap != nil, shared.communicator.nodes.count == 1,
                all - inPlace > pieces
              {
                wrong.append("\(name): \(inPlace) of \(all) bytes read in place")
              }
            }
          }
        }
      }
      return wrong
    }
    #expect(wrong == [])
  }
}
