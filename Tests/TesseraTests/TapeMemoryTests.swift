import Execution
import Tessera
import TestSupport
import Testing

/// The memory that a tape holds, to the byte: that of the values that its pullbacks read, and no
/// other's. What is written after it was recorded changes nothing of that.
@Suite struct TapeMemoryTests {
  /// A function of what is watched, of a constant and of a mask.
  private typealias Function =
    @Sendable (Tensor<Float>, Tensor<Float>, Tensor<Bool>) -> Tensor<Float>

  private static let count = 1 << 12
  private static let byteCount = count * 4

  /// How many results a tape keeps, by the function that it records.
  private static let cases: [(name: String, results: Int, function: Function)] = [
    ("tanh", 20, { x, _, _ in (0..<20).reduce(x) { y, _ in tanh(y * 0.9) } }),
    ("sums and products with numbers", 0, { x, _, _ in ((x + 1) * 2 - 3) / 4 - x }),
    ("a product with a constant", 0, { x, other, _ in (x + 1) * other }),
    ("a quotient by a constant", 0, { x, other, _ in (x * 2) / other }),
    ("a product of results", 2, { x, _, _ in exp(x * 0.5) * sigmoid(x + 1) }),
    ("a logarithm", 1, { x, _, _ in log(x * 0.1 + 10) }),
    ("relu of a sum", 1, { x, other, _ in relu(x * 3 + other) }),
    ("a choice", 0, { x, _, mask in select(mask, x * 2, x + 1) }),
    ("movement", 0, { x, _, _ in (x * 2).reshaped(64, 64).transposed().flipped(axes: 0) + 1 }),
    ("a repeated row", 0, { x, _, _ in (x - 1).reshaped(64, 64) + x[0..<64] * 2 }),
    ("rounding", 0, { x, _, _ in round(x * 3) + x }),
    ("a power", 1, { x, _, _ in (x * 0.1 + 5) ** 3 }),
    ("the larger one", 3, { x, other, _ in maximum(x * 2, other + 1) }),
  ]

  @Test(arguments: [0, Int.max]) func aTapeHoldsWhatItsPullbacksRead(deferringFrom least: Int) {
    for (name, results, function) in Self.cases {
      onOneRank(deferringFrom: least) { _ in
        let x = Tensor<Float>.randn([Self.count], key: Key(1))
        let other = Tensor<Float>.rand([Self.count], key: Key(2)) + 1
        let mask = Tensor<Float>.rand([Self.count], key: Key(3)) .> 0.5
        for tensor in [x, other] { _ = tensor.evaluated() }
        _ = mask.evaluated()
        let before = Memory.statistics.inUse
        let tape = GradientTape()
        tape.watch(x)
        let loss = tape.record { function(x, other, mask).evaluated().sum() }
        #expect(loss.item().isFinite)
        let held = Memory.statistics.inUse - before - 4
        #expect(held == results * Self.byteCount, "\(name)")
        _ = tape.gradients(of: loss, at: [x])
        #expect(Memory.statistics.inUse - before == 4, "\(name), afterwards")
        withExtendedLifetime((x, other, mask)) {}
      }
    }
  }

  /// Of a product the tape keeps the factor whose partner's gradient is wanted.
  @Test func aProductKeepsTheOtherFactor() {
    onOneRank(deferringFrom: 0) { _ in
      let weight = Parameter(Tensor<Float>.randn([64, 64], key: Key(1)))
      for isParameter in [false, true] {
        let before = Memory.statistics.inUse
        let tape = GradientTape()
        let data = Tensor<Float>.randn([64, 64], key: Key(2))
        tape.watch(data)
        let loss = tape.record { () -> Tensor<Float> in
          let factor = data * 0.5
          let constant = (data.withoutGradient() + 1).evaluated()
          return matmul(isParameter ? constant : factor, weight.value).sum()
        }
        // The data lives, and the constant factor where the weight's gradient is wanted.
        let held = Memory.statistics.inUse - before - Self.byteCount - 4
        #expect(held == Self.byteCount, "\(isParameter)")
        _ = tape.gradients(of: loss, at: [weight])
        withExtendedLifetime(data) {}
      }
    }
  }

  /// A chain's first and second slopes, with values that are kept in passes of others and without.
  @Test func slopesOfAChain() {
    let slopes = [0, Int.max].map { least in
      onOneRank(deferringFrom: least) { _ in
        let x = Tensor<Double>.randn([2000], key: Key(4))
        func chain(_ x: Tensor<Double>) -> Tensor<Double> {
          (0..<14).reduce(x) { y, _ in tanh(y * 1.1) + y * 0.01 }.sum()
        }
        let slope = { (x: Tensor<Double>) in gradient(of: chain)(x).square().sum() }
        #expect(checkGradient(of: chain, at: x) < 1e-5)
        #expect(checkGradient(of: slope, at: x) < 1e-5)
        return gradient(of: slope)(x).scalars
      }
    }
    #expect(slopes[0] == slopes[1])
  }

  /// A result that a tape does not keep is written in place; what is there then is not what was
  /// recorded.
  @Test(arguments: [0, Int.max]) func whatIsWrittenLaterIsAnotherValue(
    deferringFrom least: Int
  ) {
    onOneRank(deferringFrom: least) { _ in
      let x = Tensor<Double>([1, 2])
      let tape = GradientTape(persistent: true)
      tape.watch(x)
      var y = tape.record { x * 2 }
      let storage = y.storageIdentifier
      y += 1
      #expect(y.storageIdentifier == storage)
      let later = tape.record { (y * y).sum() }
      #expect {
        try tape.backward(later.body, at: [x.body])
      } throws: {
        "\($0)".contains("this tape has not recorded")
      }
      var (factor, term) = (Tensor<Double>([3, 4]), Tensor<Double>([5, 6]))
      let loss = tape.record { (x * factor + term).square().sum() }
      factor += 100
      term[0] = 50
      // 2 (x f + t) f
      #expect(tape.gradients(of: loss, at: [x])[0].scalars == [48, 112])
    }
  }

  /// Values of parameters that pullbacks read stay what they were, and updates stay in place where
  /// none does.
  @Test func parametersAreUpdatedBehindATape() throws {
    try onOneRank(deferringFrom: 0) { _ in
      let (read, added) = (Parameter(Tensor<Double>([1, 2])), Parameter(Tensor<Double>([1, 2])))
      let tape = GradientTape(persistent: true)
      let x = Tensor<Double>([3, 4])
      tape.watch(x)
      let loss = tape.record { (x * read.value + added.value).sum() }
      try read.assign(Tensor<Double>([10, 20]))
      try added.assign(Tensor<Double>([10, 20]))
      #expect(read.moves == 1 && added.moves == 0)
      #expect(loss.item() == 14)
      #expect(tape.gradients(of: loss, at: [x])[0].scalars == [1, 2])
    }
  }

  @Test func aWriteInPlaceLeavesATensorWatched() {
    var x = Tensor<Double>([1, 2])
    let tape = GradientTape()
    tape.watch(x)
    for step in 0..<3 {
      let loss = tape.record { x.square().sum() }
      let slope: [Double] = [2 * Double(step + 1), 2 * Double(step + 2)]
      #expect(tape.gradients(of: loss, at: [x])[0].scalars == slope)
      x += 1
    }
  }

  /// What the cotangent of a tensor takes is not kept before the tensor is watched.
  @Test func watchingAfterUseIsNamed() {
    let (x, y) = (Tensor<Double>([1, 2]), Tensor<Double>([3, 4]))
    let tape = GradientTape()
    tape.watch(x)
    let product = tape.record { x * y }
    tape.watch(y)
    let loss = tape.record { (product + y).sum() }
    #expect {
      try tape.backward(loss.body, at: [x.body, y.body])
    } throws: {
      "\($0)".contains("gradients: given a tensor that was watched after multiply had used it")
    }
  }
}
