import Execution
import Tessera
import TestSupport
import Testing

/// Small elementwise operations, which take no plan, against the same operations with one.
@Suite struct DirectApplicationTests {
  /// Whether both ways give the same bits, shape and sharding. A recorder of plans makes every
  /// operation plan.
  private static func agree<S: TensorScalar, R: TensorScalar>(
    _ primitive: some Primitive, _ operands: [Tensor<S>], as type: R.Type
  ) throws -> Bool {
    let direct = Tensor<R>(try primitive.apply(operands.map(\.body)))
    let planned = Tensor<R>(
      try PlanRecorder().record { try primitive.apply(operands.map(\.body)) })
    return same(direct, planned)
  }

  /// Whether a function written over an operand gives what it gives in a place of its own, where
  /// others have that operand and where nobody has.
  private static func agreeInPlace<S: TensorScalar>(
    _ function: some ElementwisePrimitive, _ operands: [Tensor<S>], at place: Int
  ) throws -> Bool {
    let target = operands[place]
    let result = Tensor<S>(
      try PlanRecorder().record { try function.apply(operands.map(\.body)) }
    ).redistributed(to: target.sharding)
    var others = operands.map(\.body)
    others.remove(at: place)
    var shared = target.body
    try Update(function, at: place).applyInPlace(to: &shared, others)
    var own = concatenate([target.reshaped([1] + target.shape)])[0].body
    try Update(function, at: place).applyInPlace(to: &own, others)
    return same(Tensor(shared), result)
      && same(Tensor(own).redistributed(to: target.sharding), result)
  }

  private static func same<R: TensorScalar>(_ a: Tensor<R>, _ b: Tensor<R>) -> Bool {
    guard a.shape == b.shape, a.sharding == b.sharding, a.localShape == b.localShape else {
      return false
    }
    return a.withUnsafeBuffer { a in
      b.withUnsafeBuffer { b in
        UnsafeRawBufferPointer(a).elementsEqual(UnsafeRawBufferPointer(b))
      }
    }
  }

  /// All functions that a type has, on operands of several layouts.
  private static func check<S: NumericTensorScalar>(_ type: S.Type) throws -> [String] {
    var failures: [String] = []
    let size = 6 * 11
    // Saturated, so that no number of a type without sign is negative.
    let a = Tensor<Int32>.randint([6, 11], in: -9..<10, key: Key(1)).converted(to: S.self)
    let b = Tensor<Int32>.randint([6, 11], in: -3..<4, key: Key(2)).converted(to: S.self)
    let cut = a.redistributed(to: .sharded(axis: 0))
    let one = b[1, 1] as Tensor<S>
    let layouts: [(String, Tensor<S>, Tensor<S>)] = [
      ("in order", a, b), ("transposed", a.transposed(), b.transposed()),
      ("rows within", a[2..<5], b[1..<4]), ("columns within", a[..., 3..<7], b[..., 0..<4]),
      ("one operand twice", a, a), ("repeated", a, b[0]), ("sharded", cut, b),
      ("sharded alike", cut, cut * 2), ("empty", a[0..<0], b[0..<0]),
      ("a number", a[0, 0] as Tensor<S>, one), ("one element", a, one),
      ("one element first", one, a), ("one of an axis", a[2], b[0, 3..<4]),
      ("one repeated", a, one.expanded(to: [6, 11])), ("one with a cut one", cut, one),
      ("one repeated with a cut one", cut, cut[0, 0..<1].expanded(to: [6, 11])),
      ("one of more axes", a[0], b[0..<1, 0..<1]), ("one with nothing", a[0..<0], one),
    ]
    func note(_ holds: Bool, _ what: String) { if !holds { failures.append("\(S.self) \(what)") } }
    let scalar = S(exactly: 3)!.scalarValue
    for (layout, x, y) in layouts {
      for function in UnaryFunction.allCases where function.isDefined(for: S.scalarType) {
        note(try agree(Unary(function), [x], as: S.self), "\(function) \(layout)")
      }
      for function in BinaryFunction.allCases where function.isDefined(for: S.scalarType) {
        note(try agree(Binary(function), [x, y], as: S.self), "\(function) \(layout)")
        for isFirst in [false, true] {
          let primitive = ScalarBinary(function, scalar, scalarIsFirst: isFirst)
          note(try agree(primitive, [x], as: S.self), "\(function) with 3 \(layout)")
          note(
            try agreeInPlace(primitive, [x], at: 0), "\(function) with 3 in place, \(layout)")
        }
        if x.shape == y.shape {
          note(try agreeInPlace(Binary(function), [x, y], at: 0), "\(function)= \(layout)")
          note(try agreeInPlace(Binary(function), [x, y], at: 1), "\(function) over \(layout)")
        }
      }
      for function in TernaryFunction.allCases where function.isDefined(for: S.scalarType) {
        note(try agree(Ternary(function), [x, y, x], as: S.self), "\(function) \(layout)")
      }
      for comparison in Comparison.allCases {
        note(try agree(Compare(comparison), [x, y], as: Bool.self), "\(comparison) \(layout)")
        note(
          try agree(ScalarCompare(comparison, scalar), [x], as: Bool.self),
          "\(comparison) with 3 \(layout)")
      }
      for classification in Classification.allCases {
        note(
          try agree(Classify(classification), [x], as: Bool.self), "\(classification) \(layout)")
      }
      note(try agree(Convert(to: .float64), [x], as: Double.self), "to Double \(layout)")
      note(try agree(Convert(to: .uint8), [x], as: UInt8.self), "to UInt8 \(layout)")
      note(try agree(Convert(to: .bool), [x], as: Bool.self), "to Bool \(layout)")
      let chosen = select(x .> y, x, y)
      let planned = PlanRecorder().record { select(x .> y, x, y) }
      note(same(chosen, planned), "select \(layout)")
    }
    note(a.elementCount == size, "operands")
    return failures
  }

  @Test(arguments: [1, 3]) func theSameAsPlanned(ranks: Int) throws {
    let failures = try onLoopbackRanks(ranks, deferringFrom: .max) { _ in
      let types: [any NumericTensorScalar.Type] =
        [Float.self, Double.self] + IntegerTypeTests.types.map { $0 }
      return try types.flatMap { try Self.check($0) }
    }
    for rank in failures { #expect(rank == []) }
  }

  /// The way without a plan is taken where it can be, and the comparison sees a difference.
  @Test func controls() throws {
    try onOneRank { runtime in
      let x = Tensor<Float>.ones([4])
      let exponential = try runtime.applyDirectly(.init(.unary(.exp)), to: [x.body])
      #expect(exponential?.shape == [4])
      let undefined = try runtime.applyDirectly(.init(.unary(.not)), to: [x.body])
      #expect(undefined?.shape == nil)
      let repeated = try runtime.applyDirectly(
        .init(.binary(.add)), to: [Tensor<Float>.ones([2, 4]).body, x.body])
      #expect(repeated?.shape == nil)
      let single = try runtime.applyDirectly(
        .init(.binary(.add)), to: [x[0..<1].body, x.body])
      #expect(single?.shape == [4])
      let target = (x + 1).body
      let block = try target.block
      let isWritten = try runtime.overwriteDirectly(
        block, with: .init(.binary(.add)), of: [.body(x.body)], at: 0
      ) {}
      #expect(isWritten && Tensor<Float>(target).scalars == [3, 3, 3, 3])
      // Elements that lie beside their places are read before any is written.
      let part = block.slice([0..<3])
      let isShifted = try runtime.overwriteDirectly(
        part, with: .init(.binary(.add)), of: [.block(block.slice([1..<4]))], at: 0
      ) {}
      #expect(!isShifted)
      #expect(!Self.same(x, x + 1))
      #expect(!Self.same(x, Tensor<Float>.ones([2, 2])))
    }
  }
}
