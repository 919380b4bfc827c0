import Execution
import Tessera
import TestSupport
import Testing

/// What primitives say that their pullbacks read is what these read, for every choice of operands
/// whose gradients are wanted.
@Suite struct KeptValueTests {
  private typealias Runs = [PullbackRun: KeptValues]

  /// Values that are kept and that no run with the same values reads.
  private static func unread(_ runs: Runs) -> [String] {
    runs.filter { $0.key.kept != $0.value }.map { run, read in
      "\(run.operation) keeps \(run.kept) for the cotangents \(run.isNeeded) and reads \(read)"
    }
  }

  @Test func pullbacksReadAllThatIsKept() throws {
    var runs: Runs = [:]
    let numbers = Self.numbers
    for ranks in [1, 3] {
      let found = try onLoopbackRanks(ranks, deferringFrom: 0) { runtime in
        var runs: Runs = [:]
        for row in OperationGradientTests.rows + numbers where row.isDifferentiable {
          for isCut in ranks == 1 ? [false] : [false, true] {
            runs.merge(try Self.runs(row, isCut: isCut, on: runtime)) { $0.union($1) }
          }
        }
        return runs
      }
      for found in found { runs.merge(found) { $0.union($1) } }
    }
    let unread = Self.unread(runs)
    #expect(unread.isEmpty, "\(unread.sorted().joined(separator: "\n"))")

    let operations = Set(runs.keys.map(\.operation))
    var expected: Set<String> = [
      "MatrixProduct matmul", "Reduce max", "Reduce product", "OtherFactors product", "Norm norm",
      "Variance variance", "Select select", "Keep kept", "Sort sorted", "PickMasked index",
      "PutRows index assignment", "composed softmax", "composed logSumExp", "composed hypot",
    ]
    for function in UnaryFunction.allCases where function.isDefined(for: .float64) {
      expected.insert("Unary \(function.name)")
    }
    for function in BinaryFunction.allCases where function.isDefined(for: .float64) {
      expected.formUnion(["Binary \(function.name)", "ScalarBinary \(function.name)"])
    }
    let missing = expected.subtracting(operations)
    #expect(missing.isEmpty, "\(missing.sorted()) not among \(operations.sorted())")
  }

  /// Functions of an element and a number: of some of them less is read.
  private static var numbers: [OperationRow<Double>] {
    var rows: [OperationRow<Double>] = []
    for function in BinaryFunction.allCases where function.isDefined(for: .float64) {
      for number in [2.5, 0, -1.5, .nan] as [Double] {
        for isFirst in [false, true] {
          let primitive = ScalarBinary(
            function, ScalarValue(number, as: .float64), scalarIsFirst: isFirst)
          let row = OperationRow<Double>.unary(
            "\(function) with \(number)",
            { TableResult(Tensor<Double>.applying(primitive, $0.body)) }, { $0 })
          rows.append(row)
        }
      }
    }
    return rows
  }

  /// The pullbacks of a row, and the pullbacks of those, with each choice of its operands watched.
  private static func runs(
    _ row: OperationRow<Double>, isCut: Bool, on runtime: Runtime
  ) throws -> Runs {
    let points = OperationGradientTests.points(row, row.shapes(.init(m: 5, n: 7, k: 3)))
    let operands = try points.map { point in
      let placement: OperandPlacement = isCut && !point.shape.isEmpty ? .sharded(0) : .replicated
      return try Tensor<Double>(
        point.values, shape: Shape(point.shape), placed: placement, on: runtime)
    }
    let recorder = PlanRecorder()
    for choice in 1..<(1 << operands.count) {
      let watched = operands.indices.filter { choice & 1 << $0 != 0 }.map { operands[$0] }
      try recorder.record { try goBack(row, operands, to: watched) }
    }
    return recorder.pullbacks
  }

  private static func goBack(
    _ row: OperationRow<Double>, _ operands: [Tensor<Double>], to watched: [Tensor<Double>]
  ) throws {
    let (outer, tape) = (GradientTape(), GradientTape())
    for operand in watched {
      outer.watch(operand)
      tape.watch(operand)
    }
    let slope = try outer.record { () -> Tensor<Double>? in
      let result = try tape.record { try row.run(operands) }
      guard result.body.scalarType == .float64 else { return nil }
      let loss = tape.record { Tensor<Double>(result.body).square().sum() }
      // Where nothing leads to what is watched, that is an error.
      let found = (try? tape.backward(loss.body, at: watched.map(\.body))) ?? []
      return found.compactMap { $0.map { Tensor<Double>($0.body).square().sum() } }
        .reduce(nil) { sum, term in sum.map { $0 + term } ?? term }
    }
    if let slope { _ = try? outer.backward(slope.body, at: watched.map(\.body)) }
  }

  /// A value that is kept in vain is found and named.
  @Test func aValueThatIsNotReadIsNamed() throws {
    let unread = onOneRank { _ in
      let recorder = PlanRecorder()
      recorder.record {
        _ = gradient { (x: Tensor<Double>) in
          Tensor<Double>.applying(Cubed(kept: [.operand(0), .result]), x.body).sum()
        }(Tensor([1, 2]))
      }
      return Self.unread(recorder.pullbacks)
    }
    #expect(unread.count == 1)
    #expect(unread[0].hasPrefix("Cubed cubed keeps [operand 0, result] for"))
    #expect(unread[0].hasSuffix("reads [operand 0]"))
  }

  /// A value that is read without being kept ends the job with a message that names the operation.
  @Test func aValueThatIsNotKeptIsNamed() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gradient { (x: Tensor<Double>) in
        Tensor<Double>.applying(Cubed(kept: .result), x.body).sum()
      }(Tensor([1, 2]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("pullback of cubed: given a look at the value of operand 0"), "\(text)")
  }
}

/// x³, whose pullback reads x, whatever it says.
private struct Cubed: Primitive {
  let kept: KeptValues

  var name: String { "cubed" }

  func hashOptions(into hash: inout StableHash) {}

  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Unary(.square).plan(operands)
  }

  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    let square = try Unary(.square).compute(operands, plan, on: runtime)
    return try Binary(.multiply).compute([square, operands[0]], plan, on: runtime)
  }

  func kept(for isNeeded: [Bool]) -> KeptValues { kept }

  func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    let x = Tensor<Double>(context.value(of: 0).body)
    return [Value((Tensor<Double>(g.body) * 3 * x.square()).body)]
  }
}
