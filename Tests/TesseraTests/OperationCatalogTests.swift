import Tessera
import TestSupport
import Testing

/// Operations as values: each of the catalogue on tensors of all types gives what the tensor's own
/// method gives, or an error, and never ends the process.
@Suite struct OperationCatalogTests {
  private typealias Entry = (name: String, count: Int, operation: Operation)

  private static let all: [Entry] = functions + comparisons + others

  private static var functions: [Entry] {
    var all: [Entry] = UnaryFunction.allCases.map { ("\($0)", 1, .unary($0)) }
    for function in BinaryFunction.allCases {
      all.append(("\(function)", 2, .binary(function)))
      all.append(("\(function) with 2", 1, .binary(function, 2)))
    }
    all += TernaryFunction.allCases.map { ("\($0)", 3, .ternary($0)) }
    all += ScalarType.allCases.map { ("to \($0)", 1, .convert(to: $0)) }
    return all
  }

  private static var comparisons: [Entry] {
    var all: [Entry] = Classification.allCases.map { ("\($0)", 1, .classify($0)) }
    for comparison in Comparison.allCases {
      all.append(("\(comparison)", 2, .compare(comparison)))
      all.append(("\(comparison) with 2", 1, .compare(comparison, 2)))
    }
    return all
  }

  private static var others: [Entry] {
    var all: [Entry] = Reduction.allCases.map { ("\($0)", 1, .reduce($0, axes: [0])) }
    all += [
      ("select", 3, .select), ("matmul", 2, .matmul), ("argmax", 1, .argReduce(.max, axes: [1])),
      ("argmin", 1, .argReduce(.min, axes: [0, 1])), ("variance", 1, .variance(axes: [0])),
      ("norm", 1, .norm(axes: [-1])), ("cumulativeSum", 1, .cumulativeSum(axis: 0)),
      ("cumulativeProduct", 1, .cumulativeProduct(axis: 0)),
      ("cumulativeMinimum", 1, .cumulativeMinimum(axis: 1)),
      ("cumulativeMaximum", 1, .cumulativeMaximum(axis: -1)),
      ("linearRecurrence", 2, .linearRecurrence(axis: 0)),
      ("sort", 1, .sort(axis: 0)), ("argsort", 1, .argsort(axis: -1, descending: true)),
      ("searchSorted", 2, .searchSorted()),
    ]
    all += [
      ("reshape", 1, .reshape([4])), ("permute", 1, .permute([1, 0])), ("flip", 1, .flip([0])),
      ("expanded", 1, .expand(to: [3, 2, 2])), ("concatenate", 2, .concatenate(axis: 0)),
      ("diagonal", 1, .diagonal()), ("take", 2, .take(axis: 0)), ("gather", 2, .gather(axis: 0)),
      ("scatter", 3, .scatter(axis: 0)), ("scatter", 3, .scatter(axis: 1, combining: .sum)),
      ("index", 1, .index(.index(0))), ("redistribute", 1, .redistribute(to: .replicated)),
    ]
    return all
  }

  private func description(_ type: ScalarType) -> TensorDescription {
    TensorDescription(
      shape: [2, 2], scalarType: type, sharding: .replicated(on: .world(ranks: 1)))
  }

  /// The type that an operand must have where the first is of some type; nil for that of the first.
  private func types(_ name: String, _ count: Int, _ type: ScalarType) -> [ScalarType] {
    (0..<count).map { operand in
      switch (name, operand) {
      case ("select", 0): .bool
      case ("take", 1), ("gather", 1), ("scatter", 1): .int64
      default: type
      }
    }
  }

  /// Plans that are made can be carried out: no type reaches a kernel that it has not.
  @Test func whatIsPlannedCanBeComputed() throws {
    func ones<S: TensorScalar>(_ type: S.Type, _ shape: Shape = [2, 2]) -> Tensor<S> {
      Tensor<Bool>.full(shape, true).converted(to: type)
    }
    var (planned, refused) = (0, 0)
    func tryAll<S: TensorScalar>(_ type: S.Type) throws {
      for (name, count, operation) in Self.all {
        let types = types(name, count, S.scalarType)
        guard let plan = try? operation.plan(types.map(description)) else {
          refused += 1
          continue
        }
        planned += 1
        func check<R: TensorScalar>(_ result: R.Type) throws {
          guard R.scalarType == plan.result.scalarType else { return }
          let x = ones(type)
          let positions = Tensor<Int64>.zeros([2, 2])
          let given: Tensor<R> =
            switch (name, count) {
            case ("select", _): try operation.apply(to: ones(Bool.self), x, x, as: result)
            case ("take", _), ("gather", _): try operation.apply(to: x, positions, as: result)
            case ("scatter", _): try operation.apply(to: x, positions, x, as: result)
            default:
              try operation.apply(to: [Tensor<S>](repeating: x, count: count), as: result)
            }
          #expect(given.shape == plan.result.shape, "\(name) of \(type)")
          #expect(given.scalars.count == plan.result.shape.elementCount)
        }
        try check(Float.self)
        try check(Double.self)
        try check(Int8.self)
        try check(Int16.self)
        try check(Int32.self)
        try check(Int64.self)
        try check(UInt8.self)
        try check(UInt16.self)
        try check(UInt32.self)
        try check(UInt64.self)
        try check(Bool.self)
      }
    }
    try tryAll(Float.self)
    try tryAll(Double.self)
    try tryAll(Int8.self)
    try tryAll(Int32.self)
    try tryAll(UInt8.self)
    try tryAll(UInt64.self)
    try tryAll(Bool.self)
    #expect(planned > 300 && refused > 50, "\(planned) planned, \(refused) refused")
  }

  @Test func theyGiveWhatMethodsGive() throws {
    let x = Tensor<Float>([[3, 1, 2], [6, 5, 4]])
    #expect(try Operation.sort(axis: 1).apply(to: [x]) == x.sorted(axis: 1))
    #expect(try Operation.argsort(axis: 1).apply(to: [x], as: Int64.self) == x.argsort(axis: 1))
    let edges = Tensor<Float>([2, 4])
    #expect(
      try Operation.searchSorted(side: .right).apply(to: [edges, x], as: Int64.self)
        == edges.searchSorted(x, side: .right))
    #expect(
      try Operation.searchSorted().apply(to: [edges, x], as: Int64.self) == edges.searchSorted(x))
    let spread = try Operation.variance(axes: [1], ddof: 1).apply(to: [x])
    #expect(spread == x.variance(axis: 1, ddof: 1))
    #expect(try Operation.norm(axes: [0]).apply(to: [x]) == x.norm(axis: 0))
    #expect(try Operation.cumulativeSum(axis: -1).apply(to: [x]) == x.cumulativeSum(axis: -1))
    #expect(
      try Operation.cumulativeProduct(axis: 0).apply(to: [x]) == x.cumulativeProduct(axis: 0))
    #expect(
      try Operation.cumulativeMinimum(axis: 1).apply(to: [x]) == x.cumulativeMinimum(axis: 1))
    #expect(
      try Operation.cumulativeMaximum(axis: 1).apply(to: [x]) == x.cumulativeMaximum(axis: 1))
    #expect(
      try Operation.linearRecurrence(axis: -1).apply(to: [x, 2 * x])
        == linearRecurrence(coefficients: x, inputs: 2 * x, axis: -1))
    #expect(
      try Operation.argReduce(.max, axes: [1]).apply(to: [x], as: Int64.self) == x.argmax(axis: 1))
    #expect(try Operation.flip([-1]).apply(to: [x]) == x.flipped(axis: -1))
    #expect(try Operation.binary(.subtract, 2, numberIsFirst: true).apply(to: [x]) == 2 - x)
    #expect(try Operation.compare(.less, 3).apply(to: [x], as: Bool.self) == (x .< 3))
    let positions = Tensor<Int64>([1, 0])
    #expect(
      try Operation.take(axis: 0).apply(to: x, positions, as: Float.self) == x.taking(positions))
    let mask = x .> 2
    #expect(
      try Operation.select.apply(to: mask, x, -x, as: Float.self) == select(mask, x, -x))
  }

  @Test func wrongOperandsAreErrors() throws {
    let x = Tensor<Float>([[3, 1], [6, 5]])
    func error(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "none"
      } catch { return "\(error)" }
    }
    #expect(
      error { _ = try Operation.select.apply(to: [x, x, x]) }.contains(
        "given operands of Float, Float, Float; expected a mask of Booleans"))
    #expect(
      error { _ = try Operation.take(axis: 0).apply(to: [x, x]) }.contains("positions of Int64"))
    #expect(
      error {
        _ = try Operation.binary(.add).apply(to: x, Tensor<Int8>([1]), as: Float.self)
      }.contains("expected one scalar type for all operands"))
    #expect(
      error { _ = try Operation.norm(axes: [0]).apply(to: [Tensor<Int8>([1])]) }.contains(
        "expected Float or Double"))
    #expect(
      error { _ = try Operation.argReduce(.sum, axes: [0]).apply(to: [x], as: Int64.self) }
        .contains("expected min or max"))
    #expect(error { _ = try Operation.sort(axis: 2).apply(to: [x]) }.contains("axis 2"))
    #expect(
      error { _ = try Operation.searchSorted().apply(to: [x, x], as: Int64.self) }.contains(
        "expected one axis"))
    let holds = Tensor<Bool>([true])
    #expect(
      error { _ = try Operation.searchSorted().apply(to: [holds, holds], as: Int64.self) }.contains(
        "one type of numbers"))
  }
}
