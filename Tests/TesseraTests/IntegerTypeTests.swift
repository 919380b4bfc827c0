import Tessera
import TestSupport
import Testing

/// What the suites of all integer types share.
enum IntegerTypeTests {
  typealias Integer = IntegerTensorScalar & IndexScalar

  static let types: [any Integer.Type] = [
    Int8.self, Int16.self, Int32.self, Int64.self, Int.self, UInt8.self, UInt16.self, UInt32.self,
    UInt64.self,
  ]

  /// The ends of a type and of its halves, what lies beside them and around zero, and bits of all
  /// sorts.
  static func samples<T: IntegerTensorScalar>(of _: T.Type) -> [T] {
    let ends: [T] = [.min, .min + 1, .max, .max - 1, .max / 2, .max / 2 + 1, 0, 1, 2, 3, 7]
    let negative: [T] = T.isSigned ? [0 &- 1, 0 &- 2, 0 &- 7] : []
    let mixed = (1...12 as ClosedRange<UInt64>).map {
      T(truncatingIfNeeded: $0 &* 0x9E37_79B9_7F4A_7C15 >> (3 * $0))
    }
    return ends + negative + mixed
  }

  /// Every sample with every other.
  static func pairs<T: IntegerTensorScalar>(of _: T.Type) -> (a: [T], b: [T]) {
    let all = samples(of: T.self)
    return (all.flatMap { x in all.map { _ in x } }, all.flatMap { _ in all })
  }
}

/// Functions of elements, of every integer type, against plain Swift: on whole and on sharded
/// tensors, at once and deferred.
@Suite struct IntegerOperatorTests {
  private struct Operator<T: IntegerTensorScalar> {
    let name: String
    let ofTensors: (Tensor<T>, Tensor<T>) -> Tensor<T>
    let withNumber: (Tensor<T>, T) -> Tensor<T>
    let ofNumber: (T, Tensor<T>) -> Tensor<T>
    let reference: (T, T) -> T
  }

  private static func operators<T: IntegerTensorScalar>(of _: T.Type) -> [Operator<T>] {
    [
      .init(name: "+", ofTensors: +, withNumber: +, ofNumber: +) { $0 &+ $1 },
      .init(name: "-", ofTensors: -, withNumber: -, ofNumber: -) { $0 &- $1 },
      .init(name: "*", ofTensors: *, withNumber: *, ofNumber: *) { $0 &* $1 },
      .init(name: "/", ofTensors: /, withNumber: /, ofNumber: /) {
        $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue
      },
      .init(name: "%", ofTensors: %, withNumber: %, ofNumber: %) {
        $1 == 0 ? 0 : $0.remainderReportingOverflow(dividingBy: $1).partialValue
      },
      .init(name: "**", ofTensors: **, withNumber: **, ofNumber: **, reference: power),
      .init(name: "&", ofTensors: &, withNumber: &, ofNumber: &) { $0 & $1 },
      .init(name: "|", ofTensors: |, withNumber: |, ofNumber: |) { $0 | $1 },
      .init(name: "^", ofTensors: ^, withNumber: ^, ofNumber: ^) { $0 ^ $1 },
      .init(name: "<<", ofTensors: <<, withNumber: <<, ofNumber: <<) { $0 << $1 },
      .init(name: ">>", ofTensors: >>, withNumber: >>, ofNumber: >>) { $0 >> $1 },
      .init(name: "minimum", ofTensors: minimum, withNumber: minimum, ofNumber: minimum) {
        Swift.min($0, $1)
      },
      .init(name: "maximum", ofTensors: maximum, withNumber: maximum, ofNumber: maximum) {
        Swift.max($0, $1)
      },
    ]
  }

  /// By squares, from the first bit of the exponent on.
  private static func power<T: FixedWidthInteger>(_ base: T, _ exponent: T) -> T {
    if exponent < 0 {
      if base == 1 { return 1 }
      return base == 0 &- 1 ? (exponent & 1 == 0 ? 1 : base) : 0
    }
    return (0..<T.bitWidth).reversed().reduce(1) { result, bit in
      let square = result &* result
      return exponent >> T(bit) & 1 == 1 ? square &* base : square
    }
  }

  private static func binary<T: IntegerTensorScalar>(_: T.Type) throws -> [String] {
    let (a, b) = IntegerTypeTests.pairs(of: T.self)
    let (x, y) = (Tensor(a, shape: [a.count], sharding: .sharded(axis: 0)), Tensor(b))
    var findings = Findings()
    for row in operators(of: T.self) {
      let name = "\(T.self) \(row.name)"
      let expected = zip(a, b).map(row.reference)
      findings.check(row.ofTensors(x, y).scalars == expected, name)
      for number in IntegerTypeTests.samples(of: T.self) {
        let after = row.withNumber(x, number).scalars
        findings.check(after == a.map { row.reference($0, number) }, "\(name) \(number)")
        let before = row.ofNumber(number, x).scalars
        findings.check(before == a.map { row.reference(number, $0) }, "\(number) \(name)")
      }
    }
    let comparisons: [(String, Tensor<Bool>, (T, T) -> Bool)] = [
      (".==", x .== y, { $0 == $1 }), (".!=", x .!= y, { $0 != $1 }), (".<", x .< y, { $0 < $1 }),
      (".<=", x .<= y, { $0 <= $1 }), (".>", x .> y, { $0 > $1 }), (".>=", x .>= y, { $0 >= $1 }),
      (".< .max", x .< .max, { a, _ in a < .max }), ("0 .<", 0 .< x, { a, _ in 0 < a }),
    ]
    for (name, mask, reference) in comparisons {
      findings.check(mask.scalars == zip(a, b).map(reference), "\(T.self) \(name)")
    }
    let chosen = select(x .> y, x, y).scalars
    findings.check(chosen == zip(a, b).map { Swift.max($0, $1) }, "\(T.self) select")
    let functions: [(String, Tensor<T>, (T) -> T)] = [
      ("negation", -x, { 0 &- $0 }), ("~", ~x, { ~$0 }), ("square", x.square(), { $0 &* $0 }),
      ("abs", x.abs(), { $0 < 0 ? 0 &- $0 : $0 }), ("sign", x.sign(), { $0.signum() }),
      ("relu", x.relu(), { Swift.max($0, 0) }), ("map", x.map { $0 / 3 }, { $0 / 3 }),
      ("clamped", x.clamped(to: 1...100), { Swift.min(Swift.max($0, 1), 100) }),
    ]
    let between = x.clamped(min: y, max: x & y).scalars
    findings.check(
      between == zip(a, b).map { Swift.min(Swift.max($0, $1), $0 & $1) },
      "\(T.self) clamped(min:max:)")
    let added = x.addingProduct(x, y, times: 3).scalars
    findings.check(added == zip(a, b).map { $0 &+ $0 &* 3 &* $1 }, "\(T.self) addingProduct")
    for (name, result, reference) in functions {
      findings.check(result.scalars == a.map(reference), "\(T.self) \(name)")
    }
    return findings.all
  }

  @Test(arguments: [1, 3], [0, Int.max]) func equalPlainSwift(ranks: Int, deferringFrom: Int) throws
  {
    let findings = try onLoopbackRanks(ranks, deferringFrom: deferringFrom) { _ in
      try IntegerTypeTests.types.flatMap { try Self.binary($0) }
    }
    for rank in findings { #expect(rank == []) }
  }

  private static func converted<To: TensorScalar, From: TensorScalar>(
    _ values: [From], to _: To.Type, by reference: (From) -> To
  ) -> [String] {
    let result = Tensor(values, shape: [values.count]).converted(to: To.self)
    let expected = values.map { reference($0).scalarValue }
    let isSame = result.scalars.map(\.scalarValue) == expected
    return isSame ? [] : ["\(From.self) to \(To.self): \(result)"]
  }

  private static func conversions<T: IntegerTensorScalar>(_: T.Type) -> [String] {
    let values = IntegerTypeTests.samples(of: T.self)
    func saturated<F: BinaryFloatingPoint>(_ x: F) -> T {
      x.isNaN ? 0 : T(exactly: x.rounded(.towardZero)) ?? (x < 0 ? .min : .max)
    }
    // The ends of the type, as a floating-point number may have them, and what lies beside them.
    func around<F: FloatingPointTensorScalar>(_: F.Type) -> [F] {
      let ends = [F(T.min), F(T.max), 0, 1, -1]
      return ends + ends.map { $0.nextUp } + ends.map { $0.nextDown } + ends.map { $0 + 0.5 }
        + [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, -0.5]
    }
    func toInteger<To: IntegerTensorScalar>(_: To.Type) -> [String] {
      converted(values, to: To.self) { To(clamping: $0) }
    }
    return IntegerTypeTests.types.flatMap { toInteger($0) }
      + converted(values, to: Float.self) { Float($0) }
      + converted(values, to: Double.self) { Double($0) }
      + converted(values, to: Bool.self) { $0 != 0 }
      + converted([false, true], to: T.self) { $0 ? 1 : 0 }
      + converted(around(Float.self), to: T.self) { saturated($0) }
      + converted(around(Double.self), to: T.self) { saturated($0) }
  }

  @Test(arguments: [0, Int.max]) func conversionsOfEveryPairSaturate(deferringFrom: Int) {
    let wrong = onOneRank(deferringFrom: deferringFrom) { _ in
      IntegerTypeTests.types.flatMap { Self.conversions($0) }
    }
    #expect(wrong == [])
  }
}
