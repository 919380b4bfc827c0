import Execution
import MessagePassing
import Tessera
import TestSupport
import Testing

/// Reductions of every integer type against plain Swift, on shardings and across ranks.
@Suite struct IntegerReductionTests {
  /// Sums and products as the words that they wrap to: in `Int64`, and for `UInt64` in itself.
  private static func word<T: TensorScalar>(_ x: Tensor<T>) -> [UInt64] {
    precondition(T.scalarType.byteCount == 8)
    return x.scalars.map(\.scalarValue.bits)
  }

  private static func findings<T: IntegerTensorScalar>(_: T.Type) -> [String] {
    let values = IntegerTypeTests.pairs(of: T.self).a.enumerated().map { index, x in
      // Out of order, and with the extremes at several places.
      index % 3 == 0 ? x : T(truncatingIfNeeded: index &* 40_503) ^ x
    }
    let columns = 7
    let rows = values.count / columns
    func column(_ index: Int) -> [T] { (0..<rows).map { values[$0 * columns + index] } }
    let all = Array(values[..<(rows * columns)])
    let words = { (values: [T]) in values.map { UInt64(truncatingIfNeeded: $0) } }
    func sum(_ values: [T]) -> UInt64 { words(values).reduce(0, &+) }
    func product(_ values: [T]) -> UInt64 { words(values).reduce(1, &*) }
    func sums(_ values: [T]) -> [UInt64] { values.indices.map { sum(Array(values[...$0])) } }
    let byColumn = (0..<columns).map(column)

    var findings = Findings()
    for placement in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
      let x = Tensor(all, shape: [rows, columns], sharding: placement)
      let name = "\(T.self) \(placement)"
      findings.check(word(x.sum()) == [sum(all)], name)
      findings.check(word(x.product()) == [product(all)], name)
      findings.check(word(x.sum(axes: 0)) == byColumn.map(sum), name)
      findings.check(word(x.sum(axes: 0, result: .sharded(axis: 0))) == byColumn.map(sum), name)
      findings.check(word(x.product(axes: 0)) == byColumn.map(product), name)
      findings.check(x.min().item() == all.min(), name)
      findings.check(x.max().item() == all.max(), name)
      findings.check(x.min(axes: 0).scalars == byColumn.map { $0.min()! }, name)
      findings.check(
        x.max(axes: 0, result: .sharded(axis: 0)).scalars == byColumn.map { $0.max()! }, name)
      findings.check(x.argmax().item() == Int64(all.firstIndex(of: all.max()!)!), name)
      findings.check(x.argmin().item() == Int64(all.firstIndex(of: all.min()!)!), name)
      let places = byColumn.map { Int64($0.firstIndex(of: $0.max()!)!) }
      findings.check(x.argmax(axis: 0).scalars == places, name)
      let running = x.cumulativeSum(axis: 0).transposed()
      findings.check(word(running) == byColumn.flatMap(sums), name)
    }
    return findings.all
  }

  @Test(arguments: [1, 2, 3, 5]) func reductionsEqualPlainSwift(ranks: Int) throws {
    let findings = try onLoopbackRanks(ranks) { _ in
      IntegerTypeTests.types.flatMap { Self.findings($0) }
    }
    for rank in findings { #expect(rank == []) }
  }

  /// Rank r's term.
  private static func term<T: IntegerTensorScalar>(_ count: Int, of rank: Int) -> [T] {
    let samples = IntegerTypeTests.samples(of: T.self)
    return (0..<count).map { samples[($0 * 7 + rank * 5) % samples.count] }
  }

  private static func joined<T: IntegerTensorScalar>(_ reduction: Reduction, _ a: T, _ b: T) -> T {
    switch reduction {
    case .sum: a &+ b
    case .product: a &* b
    case .min: Swift.min(a, b)
    case .max: Swift.max(a, b)
    }
  }

  /// The all-reduce of terms in their own type, into another place and in place.
  private static func allReduces<T: IntegerTensorScalar>(
    _: T.Type, on runtime: Runtime
  ) throws -> [String] {
    var findings = Findings()
    let (rank, ranks) = (runtime.communicator.rank, runtime.communicator.size)
    for reduction in Reduction.allCases {
      for count in [1, 33, 5000] {
        let terms = (0..<ranks).map { Self.term(count, of: $0) as [T] }
        let expected = (0..<count).map { index in
          terms[1...].reduce(terms[0][index]) { joined(reduction, $0, $1[index]) }
        }
        let own = try runtime.allocate([count], T.scalarType)
        let result = try runtime.allocate([count], T.scalarType)
        withExtendedLifetime((own.storage, result.storage)) {
          terms[rank].withUnsafeBytes { own.range.bytes.copyMemory(from: $0) }
        }
        try runtime.allReduce(own, reduction, into: result)
        try runtime.allReduce(own, reduction)
        withExtendedLifetime((own.storage, result.storage)) {
          for block in [own, result] {
            let values = Array(block.range.bytes.bindMemory(to: T.self))
            findings.check(values == expected, "\(T.self) \(reduction) of \(count)")
          }
        }
      }
    }
    return findings.all
  }

  /// By messages, and through memory in pieces of 64 bytes.
  @Test(arguments: [2, 3, 5]) func termsOfRanksAreJoined(ranks: Int) throws {
    let byMessages = try onLoopbackRanks(ranks) { runtime in
      try IntegerTypeTests.types.flatMap { try Self.allReduces($0, on: runtime) }
    }
    let throughMemory = try Communicator.onLoopbackRanks(ranks, pieceByteCount: 64) {
      communicator in
      let runtime = Runtime(loopback: communicator)
      return try IntegerTypeTests.types.flatMap { try Self.allReduces($0, on: runtime) }
    }
    for rank in byMessages + throughMemory { #expect(rank == []) }
  }
}
