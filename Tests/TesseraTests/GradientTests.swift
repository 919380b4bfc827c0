import Execution
import Tessera
import TestSupport
import Testing

/// Every pullback against a central difference in a random direction, in Double, for any placement.
@Suite struct GradientTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var shape: Shape = [4, 3]
    /// Keeps arguments where the function is smooth.
    var point: @Sendable (Tensor<Double>) -> Tensor<Double> = { $0 }
    let function: @Sendable (Tensor<Double>) -> Tensor<Double>

    var testDescription: String { name }
  }

  /// Elements in (0.2, 0.9).
  private static let inside: @Sendable (Tensor<Double>) -> Tensor<Double> = {
    sigmoid($0) * 0.7 + 0.2
  }

  private static func unary(
    _ name: String, _ function: @escaping @Sendable (Tensor<Double>) -> Tensor<Double>
  ) -> Case {
    Case(name: name, point: inside) { function($0) }
  }

  private static let other = Tensor<Double>([0.5, -1.5, 2.5])

  static let cases: [Case] = [
    unary("negate") { -$0 }, unary("abs") { abs($0) }, unary("square") { square($0) },
    unary("reciprocal") { reciprocal($0) }, unary("exp") { exp($0) },
    unary("expm1") { expm1($0) }, unary("log") { log($0) }, unary("log1p") { log1p($0) },
    unary("log2") { log2($0) }, unary("log10") { log10($0) }, unary("sqrt") { sqrt($0) },
    unary("rsqrt") { rsqrt($0) }, unary("cubeRoot") { cubeRoot($0) }, unary("sin") { sin($0) },
    unary("cos") { cos($0) },
    unary("tan") { tan($0) }, unary("asin") { asin($0) }, unary("acos") { acos($0) },
    unary("atan") { atan($0) }, unary("sinh") { sinh($0) }, unary("cosh") { cosh($0) },
    unary("tanh") { tanh($0) }, unary("asinh") { asinh($0) }, unary("acosh") { acosh($0 + 1) },
    unary("atanh") { atanh($0) }, unary("sigmoid") { sigmoid($0) }, unary("erf") { erf($0) },
    unary("relu") { relu($0 - 0.5) }, unary("gelu") { gelu($0) },
    unary("softplus") { softplus($0) },
    unary("sign, floor, ceil, round, trunc") {
      sign($0) + floor($0) + ceil($0) + round($0 + 0.31) + trunc($0)
    },
    unary("scalar operands") { (2 - $0) / (3 + $0) * 5 / 2 - 1 / $0 },
    unary("scalar powers") { $0 ** 3 + 2 ** $0 },
    unary("scalar minimum, maximum") { minimum($0, 0.5) + maximum($0, 0.4) },
    unary("scalar remainder") { $0 % 0.3 },
    Case(name: "x + row") { ($0 + $0[0]).square() },
    Case(name: "x - row") { ($0 - $0[1] * 2).square() },
    Case(name: "x * row") { $0 * $0[0] },
    Case(name: "x / y", point: inside) { $0 / ($0[0] + 1) },
    Case(name: "x ** y", point: inside) { $0 ** ($0[0] + 1) },
    Case(name: "x % y", point: inside) { ($0 * 3) % ($0[0] + 1) },
    Case(name: "minimum") { minimum($0, $0[0] * 0.5) },
    Case(name: "maximum") { maximum($0, $0[1] * 0.5) },
    Case(name: "atan2", point: inside) { atan2($0, $0[0] * 2) },
    Case(name: "hypot", point: inside) { hypot($0, $0[0] * 2) },
    Case(name: "select") { select($0 .> 0, $0.square(), -$0) },
    Case(name: "converted") { $0.converted(to: Double.self).square() },
    Case(name: "sum(axes:)") { $0.sum(axes: 0).square() },
    Case(name: "sum keeping axes") { $0 * $0.sum(axes: 1, keepingAxes: true) },
    Case(name: "product", point: inside) { $0.product(axes: 0).square() },
    Case(name: "min, max") { $0.min(axes: 0) * $0.max(axes: 1).sum() },
    Case(name: "mean, variance") { $0.variance(axes: 0) + $0.mean(axes: 0).square() },
    Case(name: "norm") { $0.norm() },
    Case(name: "logSumExp") { $0.logSumExp(axes: 1) },
    Case(name: "cumulativeSum") { $0.cumulativeSum(axis: 0).square() },
    Case(name: "cumulativeProduct") { $0.cumulativeProduct(axis: 0).square() },
    Case(name: "cumulativeMaximum") { $0.cumulativeMaximum(axis: 1) * $0 },
    Case(name: "linearRecurrence") {
      linearRecurrence(coefficients: $0, inputs: $0.square(), initial: $0[0], axis: 0)
    },
    Case(name: "matmul") { matmul($0, $0.transposed()) },
    Case(name: "matmul batched", shape: [2, 3, 2]) { matmul($0, $0[0].transposed()).square() },
    Case(name: "matmul vector") { matmul($0, $0[0]).square() },
    Case(name: "matmul row") { matmul($0[..., 0].square(), $0).square() },
    Case(name: "matmul rows", shape: [2, 3, 2]) {
      matmul($0[0, 1], $0[..., ..<2]).square() + matmul($0[..., ..<2], $0[0, 2]).square()
    },
    Case(name: "dot") { dot($0[0], $0[1]).square() * dot($0[1], $0[1]) },
    Case(name: "outer") { outer($0[0], $0[1]).square() },
    Case(name: "reshaped") { $0.reshaped(-1).square()[2...] },
    Case(name: "permuted") { $0.transposed() * $0.transposed()[0] },
    Case(name: "expanded") { $0.expandingAxis(at: 0).expanded(to: [2, 4, 3]).square() },
    Case(name: "flipped") { $0.flipped(axes: [0, 1]) * $0 },
    Case(name: "index") { $0[1].square() },
    Case(name: "single element") { $0[1, 2].square() },
    Case(name: "slice with step") { $0[.stride(by: 2), 1...].square() },
    Case(name: "slice backwards") { $0[.stride(by: -2)] * $0[..<2] },
    Case(name: "concatenate") { concatenate([$0, $0.square()], axis: 0) * 2 },
    Case(name: "stack") { stack([$0, $0.square()], axis: 1).square() },
    Case(name: "split") { $0.split(2)[1] * $0.split(2)[0] },
    Case(name: "x[indices]") { $0[Tensor<Int32>([2, 0, 2, 3])].square() },
    Case(name: "x[..., indices]") { $0[..., Tensor<Int32>([[2, 0], [1, 1]])].square() },
    Case(name: "x[index]") { $0[Tensor<Int32>(2)].square() },
    Case(name: "x[rows, columns]") { $0[Tensor<Int>([2, 0]), Tensor<Int>([0, -1])].square() },
    Case(name: "x[mask]") { $0[$0 .> 0].square() },
    Case(name: "x[mask of rows]") { $0[Tensor<Bool>([true, false, true, true])].square() },
    Case(name: "write to a mask") {
      var y = $0 * 1
      y[Tensor<Int>.arange(12).reshaped(4, 3) % 4 .== 1] = $0[0].square()
      return y.square()
    },
    Case(name: "write to rows") {
      var y = $0 * 1
      y[Tensor<Int>([2, 0])] = $0[1..<3].square()
      return y.square()
    },
    Case(name: "gathered") {
      $0.gathered(at: [[0, 2, 2], [1, 1, 3]] as Tensor<Int>, axis: 0).square()
    },
    Case(name: "scattering") {
      $0.scattering($0[..<2].square(), at: [[0, 2, 2], [1, 1, 3]] as Tensor<Int>, axis: 0).square()
    },
    Case(name: "scatteringProduct") {
      $0.scatteringProduct(
        $0[..<2].square(), at: [[0, 2, 2], [0, 1, 3]] as Tensor<Int>, axis: 0)
    },
    Case(name: "scatteringMinimum") {
      $0.scatteringMinimum(
        $0[..<2].square(), at: [[0, 2, 2], [0, 1, 3]] as Tensor<Int>, axis: 0)
    },
    Case(name: "scatteringMaximum") {
      $0.scatteringMaximum(
        $0[..<2].square(), at: [[0, 2, 2], [0, 1, 3]] as Tensor<Int>, axis: 0)
    },
    Case(name: "scatteringSum") {
      $0.scatteringSum($0[..<2].square(), at: [[0, 2, 2], [0, 1, 3]] as Tensor<Int>, axis: 0)
        .square()
    },
    Case(name: "diagonal") { $0.diagonal() * $0.diagonal(offset: -1) },
    Case(name: "triangular") { $0.triangular(.lower).square() },
    Case(name: "tiled") { $0.tiled(2, 2).square() },
    Case(name: "repeated") { $0.repeated(2, axis: 0).square() },
    Case(name: "rolled") { $0.rolled(by: 1, axis: 0) * $0 },
    Case(name: "padded") { $0.padded([(1, 1), (0, 2)], with: 3).square() },
    Case(name: "diff") { $0.diff(axis: 0).square() },
    Case(name: "clamped") { $0.clamped(to: -0.5...0.5).square() },
    Case(name: "clamped(min:max:)") { $0.clamped(min: $0[0] * 0.5, max: $0.square()).square() },
    Case(name: "fma") { fma($0, $0[0], $0.square()).square() },
    Case(name: "lerp") { lerp($0, $0.square(), weight: $0[0]).square() },
    Case(name: "lerp with a number") { lerp($0, $0.square(), weight: 0.75).square() },
    Case(name: "addingProduct") { $0.addingProduct($0, $0[0], times: 2).square() },
    Case(name: "softmax") { $0.softmax() * $0 },
    Case(name: "logSoftmax") { $0.logSoftmax(axis: 0) * $0 },
    Case(name: "redistributed") { $0.redistributed(to: .sharded(axis: 1)).square() },
    Case(name: "write to a slice") {
      var y = $0 * 1
      y[1..<3] = $0[0..<2].square()
      y[0] += $0[3]
      return y.square()
    },
  ]

  @Test(arguments: cases) func agreesWithDifferences(_ testCase: Case) throws {
    for ranks in [1, 2, 3, 5] {
      for placement in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
        let errors = try onLoopbackRanks(ranks, deferringFrom: ranks % 2 == 1 ? 0 : .max) { _ in
          let point = testCase.point(
            Tensor<Double>.randn(testCase.shape, key: Key(11), sharding: placement))
          return checkGradient(of: { testCase.function($0).sum() }, at: point)
        }
        for error in errors {
          #expect(error < 1e-6, "\(testCase.name) on \(ranks) ranks, \(placement)")
        }
      }
    }
  }

  /// The check must notice a wrong pullback.
  @Test func aWrongPullbackFails() {
    let error = checkGradient(
      of: { x in Tensor<Double>.applying(WrongSquare(), x.body).sum() },
      at: Tensor<Double>([1, 2, 3]))
    #expect(error > 1e-3)
  }

  @Test func zerosAmongFactorsAndBases() {
    let product = gradient { (x: Tensor<Double>) in x.product() }
    #expect(product(Tensor<Double>([2, 3, 4])).scalars == [12, 8, 6])
    #expect(product(Tensor<Double>([2, 0, 4])).scalars == [0, 8, 0])
    #expect(product(Tensor<Double>([0, 0, 4])).scalars == [0, 0, 0])
    let exponent = gradient { (y: Tensor<Double>) in (Tensor<Double>([0, 2]) ** y).sum() }
    #expect(exponent(Tensor<Double>([3, 0])).allClose(Tensor<Double>([0, 0.6931471805599453])))
  }

  @Test func normsOfNothingAreFlat() {
    let norm = gradient { (x: Tensor<Double>) in x.norm() }
    #expect(norm(Tensor<Double>([0, 0])).scalars == [0, 0])
    #expect(norm(Tensor<Double>([3, 4])).allClose([0.6, 0.8]))
    let spread = gradient { (x: Tensor<Double>) in x.standardDeviation() }
    #expect(spread(Tensor<Double>([5])).scalars == [0])
  }

  @Test func secondDerivative() {
    let cube = { (x: Tensor<Double>) in (x ** 3).sum() }
    let first = gradient(of: cube)
    let second = gradient { first($0).sum() }
    #expect(second(Tensor<Double>([1, 2])).scalars == [6, 12])
  }

  @Test func stoppedGradientsAreConstants() {
    let slope = gradient { (x: Tensor<Double>) in (stopGradient(x) * x).sum() }
    #expect(slope(Tensor<Double>([3, 4])).scalars == [3, 4])
  }

  /// A target may be asked for twice, and another may lie on the way to it.
  @Test func targetsDoNotDisturbEachOther() {
    let x = Tensor<Double>([1, 2])
    let tape = GradientTape()
    tape.watch(x)
    // The same tape twice remembers every operation once.
    let (y, loss) = tape.record {
      tape.record {
        let y = x * 3
        return (y, (y * y).sum())
      }
    }
    let gradients = tape.gradients(of: loss, at: [y, x, x])
    #expect(gradients.map(\.scalars) == [[6, 12], [18, 36], [18, 36]])
    let parameter = Parameter(x)
    let second = GradientTape()
    let square = second.record { parameter.value.square().sum() }
    let twice = second.gradients(of: square, at: [parameter, parameter])
    #expect(twice.map(\.scalars) == [[2, 4], [2, 4]])
  }

  @Test func releasedRecordingsAreRefused() throws {
    let x = Tensor<Double>([1, 2])
    let tape = GradientTape()
    tape.watch(x)
    let y = tape.record { x * 2 }
    let loss = tape.record { y.sum() }
    #expect(tape.gradients(of: loss, at: [x])[0].scalars == [2, 2])
    let later = tape.record { (y * y).sum() }
    for value in [loss, later] {
      #expect {
        try tape.backward(value.body, at: [x.body])
      } throws: {
        "\($0)".contains("gradients: given a value whose recording was released")
      }
    }
    // Watched anew it is where a tape begins.
    tape.watch(y)
    let again = tape.record { (y * y).sum() }
    #expect(tape.gradients(of: again, at: [y])[0].scalars == [4, 8])
    let persistent = GradientTape(persistent: true)
    persistent.watch(x)
    let kept = persistent.record { x.square().sum() }
    for _ in 0..<2 { #expect(persistent.gradients(of: kept, at: [x])[0].scalars == [2, 4]) }
  }

  /// The reduction of a gradient is planned, so that a limit on communication sees it.
  @Test func reductionsOfGradientsArePlanned() throws {
    let results = try onLoopbackRanks(3) { runtime in
      let weight = Parameter(Tensor<Double>.ones([2]))
      let x = Tensor<Double>.ones([6, 2], sharding: .sharded(axis: 0))
      let tape = GradientTape()
      let loss = tape.record { (x * weight.value).sum() }
      let before = runtime.communicator.traffic.bytesReceived
      let recorder = PlanRecorder()
      _ = recorder.record { tape.gradients(of: loss, at: [weight]) }
      let planned = recorder.plans.reduce(0) {
        $0 + $1.bytesReceived(by: runtime.communicator.rank)
      }
      return (planned, runtime.communicator.traffic.bytesReceived - before)
    }
    for (planned, received) in results { #expect(planned == received && received > 0) }
  }

  /// Rows are fixed where an axis is whole, and the cotangent comes cut along that axis.
  @Test func cotangentsMayLieOtherwiseThanOperands() throws {
    for ranks in 1...4 {
      let results = try onLoopbackRanks(ranks) { _ in
        let p = Parameter(Tensor<Double>.ones([5, 2]))
        let data = Tensor<Double>.arange(10).reshaped(5, 2)
          .redistributed(to: .sharded(axis: 0))
        let tape = GradientTape()
        let loss = tape.record {
          var z = p.value
          z[Tensor<Int64>([0])] = 0
          return ((z - data) ** 2).mean()
        }
        return tape.gradients(of: loss, at: [p])[0].scalars
      }
      let expected: [Double] = [0, 0, -0.2, -0.4, -0.6, -0.8, -1, -1.2, -1.4, -1.6]
      for found in results {
        for (found, expected) in zip(found, expected) { #expect(abs(found - expected) < 1e-12) }
      }
    }
  }

  @Test func termsAreCheckedToo() throws {
    let errors = try onLoopbackRanks(3) { runtime in
      let point = try Tensor<Double>(
        [1, 2, 3, 4], shape: [2, 2], placed: .partial, on: runtime)
      return [
        checkGradient(of: { ($0 ** 3).sum() }, at: point),
        checkGradient(of: { Tensor<Double>.applying(WrongSquare(), $0.body).sum() }, at: point),
      ]
    }
    for error in errors { #expect(error[0] < 1e-6 && error[1] > 1e-3) }
  }

  @Test func gradientsOfAReplicatedParameterAreReducedOnce() throws {
    let results = try onLoopbackRanks(4) { runtime in
      let weight = Parameter(Tensor<Double>.ones([3, 2]))
      let x = Tensor<Double>.arange(30).reshaped(10, 3)
        .redistributed(to: .sharded(axis: 0))
      let tape = GradientTape()
      // The weight is used twice: contributions are added before they are reduced.
      let loss = tape.record { matmul(x, weight.value).sum() + (x * weight.value[0..., 0]).sum() }
      let before = runtime.communicator.traffic.reducedBytes
      let gradient = tape.gradients(of: loss, at: [weight])[0]
      let reduced = runtime.communicator.traffic.reducedBytes - before
      return (gradient.localPart, reduced)
    }
    let sums = [135.0, 145, 155]
    for (gradient, reduced) in results {
      #expect(gradient == [2 * sums[0], sums[0], 2 * sums[1], sums[1], 2 * sums[2], sums[2]])
      #expect(reduced == 6 * 8)
    }
  }
}

/// x² with the derivative of something else.
struct WrongSquare: Primitive {
  var name: String { "wrong square" }

  func hashOptions(into hash: inout StableHash) {}

  func plan(_ operands: [TensorDescription]) throws(TensorError) -> Plan {
    try Unary(.square).plan(operands)
  }

  func compute(
    _ operands: [StridedBlock], _ plan: Plan, on runtime: Runtime
  ) throws(TensorError) -> StridedBlock {
    try Unary(.square).compute(operands, plan, on: runtime)
  }

  func kept(for isNeeded: [Bool]) -> KeptValues { [] }

  func pullback(_ g: Value, _ context: PullbackContext) -> [Value?] {
    [Value(Tensor<Double>(g.body).square().body)]
  }
}
