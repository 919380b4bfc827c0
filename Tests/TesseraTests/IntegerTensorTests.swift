import Tessera
import TestSupport
import Testing

/// Making, reading, indexing and multiplying tensors of every integer type.
@Suite struct IntegerTensorTests {
  @Test func literalsHoldTheEndsOfTheirTypes() {
    let a: Tensor<Int8> = [[-128, 127], [0, 1]]
    #expect(a.scalars == [.min, .max, 0, 1])
    let b: Tensor<Int16> = [-32_768, 32_767]
    #expect(b.scalars == [.min, .max])
    let c: Tensor<UInt16> = [0, 65_535]
    #expect(c.scalars == [.min, .max])
    let d: Tensor<UInt32> = [0, 4_294_967_295]
    #expect(d.scalars == [.min, .max])
    let e: Tensor<UInt64> = [0, 18_446_744_073_709_551_615]
    #expect(e.scalars == [.min, .max])
  }

  @Test func singleValuesSaturate() {
    let most = Tensor<UInt64>(UInt64.max)
    #expect(most.item() == .max && Int(most) == .max)
    #expect(Double(most) == 0x1p64 && Float(most) == 0x1p64)
    #expect(Int(Tensor<Int8>(Int8.min)) == -128 && Int(Tensor<UInt32>(UInt32.max)) == 4_294_967_295)
  }

  /// Constants, filled and counted.
  private static func created<T: IntegerTensorScalar>(_: T.Type) throws -> [String] {
    var findings = Findings()
    for value in IntegerTypeTests.samples(of: T.self) {
      let full = Tensor<T>.full([3, 2], value, sharding: .sharded(axis: 0))
      findings.check(full.scalars == [T](repeating: value, count: 6), "\(T.self) \(value)")
      findings.check(Tensor<T>.full(value, like: full) == full)
    }
    findings.check(Tensor<T>.eye(3).scalars == [1, 0, 0, 0, 1, 0, 0, 0, 1], "\(T.self)")
    findings.check(Tensor<T>.arange(128).scalars == (0..<128).map { T($0) }, "\(T.self)")
    let ends = Tensor<T>.arange(from: .max - 3, to: .max, sharding: .sharded(axis: 0))
    findings.check(ends.scalars == [.max - 3, .max - 2, .max - 1], "\(T.self)")
    let down = Tensor<T>.arange(from: .min + 5, to: .min, by: -2)
    findings.check(down.scalars == [.min + 5, .min + 3, .min + 1], "\(T.self)")
    findings.check(Tensor<T>.arange(from: .max, to: .min).shape == [0], "\(T.self)")
    let order = Tensor<T>.permutation(100, key: Key(2)).scalars
    findings.check(order.sorted() == (0..<100).map { T($0) }, "\(T.self)")
    return findings.all
  }

  @Test(arguments: [1, 2, 3]) func creation(ranks: Int) throws {
    let findings = try onLoopbackRanks(ranks) { _ in
      try IntegerTypeTests.types.flatMap { try Self.created($0) }
    }
    for rank in findings { #expect(rank == []) }
    #expect(throws: TensorError.self) { try Tensor<Int8>.checkHolds(129, for: "arange") }
    #expect(
      Tensor<UInt64>.arange(from: 0, to: .max, by: 1 << 62).scalars
        == (0..<4 as Range<UInt64>).map { $0 << 62 })
  }

  /// Positions that are integers of a type, and writes of its elements.
  private static func indexed<T: IntegerTypeTests.Integer>(_: T.Type) throws -> [String] {
    var findings = Findings()
    let samples = Array(IntegerTypeTests.samples(of: T.self)[..<10])
    for placement in [Placement.replicated, .sharded(axis: 0)] {
      let x = Tensor(samples, shape: [5, 2], sharding: placement)
      let places: Tensor<T> = [3, 0, 4, 3]
      let rows = [3, 0, 4, 3].flatMap { samples[(2 * $0)..<(2 * $0 + 2)] }
      findings.check(x[places].scalars == rows, "\(T.self)")
      findings.check(x.taking(places).scalars == rows, "\(T.self)")
      if T.isSigned {
        let last = Tensor<T>([0 &- 1])
        findings.check(x[last].scalars == Array(samples[8...]), "\(T.self)")
      }
      let mask = x .> 2
      findings.check(x[mask].scalars == samples.filter { $0 > 2 }, "\(T.self)")
      var y = x
      y[mask] = .max
      findings.check(y.scalars == samples.map { $0 > 2 ? .max : $0 }, "\(T.self)")
      y[1..<3] = x[3...]
      findings.check(y[1..<3].scalars == Array(samples[6...]), "\(T.self)")
      y[0, 1] = .min
      findings.check((y[0, 1] as Tensor<T>).item() == .min, "\(T.self)")
      // 100 three times does not fit into eight bits.
      let terms = Tensor<T>([[100, 1], [100, 2], [100, 3]])
      let at: Tensor<T> = [[4, 0], [4, 0], [4, 1]]
      var expected = samples
      for _ in 0..<3 { expected[8] &+= 100 }
      expected[1] &+= 3
      expected[3] &+= 3
      findings.check(x.scatteringSum(terms, at: at, axis: 0).scalars == expected, "\(T.self)")
      let joined = concatenate([x, x.flipped(axes: 0)], axis: 0)
      let reversed = (0..<5).reversed().flatMap { samples[(2 * $0)..<(2 * $0 + 2)] }
      findings.check(joined.scalars == samples + reversed, "\(T.self)")
      let columns = [0, 1].flatMap { column in (0..<5).map { samples[2 * $0 + column] } }
      findings.check((x.transposed() + 0).scalars == columns, "\(T.self)")
      let places2 = Tensor<T>([1, 0, .max])
      findings.check(places2.oneHot(classes: 2).scalars == [0, 1, 1, 0, 0, 0], "\(T.self)")
    }
    return findings.all
  }

  @Test(arguments: [1, 2, 3]) func indexing(ranks: Int) throws {
    let findings = try onLoopbackRanks(ranks) { _ in
      try IntegerTypeTests.types.flatMap { try Self.indexed($0) }
    }
    for rank in findings { #expect(rank == []) }
  }

  private static func products<T: IntegerTensorScalar>(_: T.Type) throws -> [String] {
    let values = IntegerTypeTests.samples(of: T.self)
    let (rows, depth, columns) = (3, 4, 2)
    let a = Array(values[..<(rows * depth)])
    let b = Array(values[5..<(5 + depth * columns)])
    let expected = (0..<rows * columns).map { place -> T in
      let (i, j) = place.quotientAndRemainder(dividingBy: columns)
      return (0..<depth).reduce(0) { $0 &+ a[i * depth + $1] &* b[$1 * columns + j] }
    }
    var findings = Findings()
    for placement in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
      let x = Tensor(a, shape: [rows, depth], sharding: placement)
      let y = Tensor(b, shape: [depth, columns])
      findings.check(matmul(x, y).scalars == expected, "\(T.self) \(placement)")
    }
    return findings.all
  }

  @Test(arguments: [1, 2, 3]) func matrixProductsWrap(ranks: Int) throws {
    let findings = try onLoopbackRanks(ranks) { _ in
      try IntegerTypeTests.types.flatMap { try Self.products($0) }
    }
    for rank in findings { #expect(rank == []) }
  }

  private static func drawn<T: IntegerTensorScalar>(_: T.Type) -> [String] {
    var findings = Findings()
    let (count, key) = (20_000, Key(11))
    let all = Tensor<T>.randint([count], in: .min ... .max, key: key, sharding: .sharded(axis: 0))
    let values = all.scalars
    // Every byte, or numbers that fill the type evenly.
    let differing = Set(values).count
    findings.check(T.bitWidth == 8 ? differing == 256 : differing > 17_000, "\(T.self)")
    let sixteenth = values.filter { $0 >> T(T.bitWidth - 4) & 15 == 5 }
    findings.check(abs(sixteenth.count - count / 16) < 150, "\(T.self) \(sixteenth.count)")
    let few = Tensor<T>.randint([count], in: .max - 2 ... .max, key: key).scalars
    findings.check(Set(few) == [.max, .max - 1, .max - 2], "\(T.self)")
    let open = Tensor<T>.randint([count], in: .max - 2 ..< .max, key: key).scalars
    findings.check(Set(open) == [.max - 1, .max - 2], "\(T.self)")
    let closed = Tensor<T>.randint([count], in: .max - 2 ... .max - 1, key: key).scalars
    findings.check(open == closed, "\(T.self)")
    return findings.all
  }

  @Test(arguments: [1, 3]) func randomNumbersFillTheirRanges(ranks: Int) throws {
    let findings = try onLoopbackRanks(ranks) { _ in
      IntegerTypeTests.types.flatMap { Self.drawn($0) }
    }
    for rank in findings { #expect(rank == []) }
  }

  /// In Double, where the largest number of 64 bits is 2^64.
  @Test func binsOverAWholeType() {
    let x = Tensor<UInt64>([.max, 0, 1 << 63, 1])
    #expect(x.histogram(bins: 2, in: 0 ... .max).scalars == [2, 2])
    let y = Tensor<Int8>([-128, -1, 0, 127])
    #expect(y.histogram(bins: 5, in: -128...127).scalars == [1, 0, 2, 0, 1])
  }

  /// A term's quotient is rounded, so that quotients of terms do not add up to that of the sum.
  @Test(arguments: [1, 2, 3]) func quotientsOfTermsAreThoseOfTheirSum(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      let x = Tensor<Int64>(
        [5, -7, -3, 4, 2, 10, 1, 8, 9, -4, 3, 3], shape: [6, 2], sharding: .sharded(axis: 0))
      let terms = x.sum(axes: 0, result: .partial(.sum))
      let divisor = Tensor<Int64>([3, -2])
      findings.check(try (terms / 3).gatheredScalars() == [5, 4], "by a number")
      findings.check(try (terms / divisor).gatheredScalars() == [5, -7], "by a tensor")
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }
}
