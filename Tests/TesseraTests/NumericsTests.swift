import Foundation
import Tessera
import TestSupport
import Testing

/// The fine points of docs/numerics.md, at the tensor.
@Suite struct NumericsTests {
  private func expectSame(
    _ result: Tensor<Float>, _ expected: [Float], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let matches = zip(result.scalars, expected).map {
      $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
    }
    #expect(
      result.elementCount == expected.count && matches.allSatisfy { $0 },
      "\(result.scalars), expected \(expected)", sourceLocation: sourceLocation)
  }

  @Test func integerDivisionTruncatesAndIsTotal() {
    let a = Tensor<Int32>([7, -7, 7, -7, 5, .min, .min])
    let b: Tensor<Int32> = [2, 2, -2, -2, 0, -1, 0]
    #expect((a / b).scalars == [3, -3, -3, 3, 0, .min, 0])
    #expect((a % b).scalars == [1, -1, 1, -1, 0, 0, 0])
    #expect((a / 0).scalars == [0, 0, 0, 0, 0, 0, 0])
    #expect((Int64.min / Tensor<Int64>([-1, 0, 2])).scalars == [.min, 0, .min / 2])
    #expect((Tensor<UInt8>([7, 200]) % 0).scalars == [0, 0])
  }

  @Test func integersWrap() {
    #expect((Tensor<Int32>([.max, .min]) + 1).scalars == [.min, .min + 1])
    #expect((Tensor<Int64>([.min, .max]) * 2).scalars == [0, -2])
    #expect((Tensor<UInt8>([0, 255]) - 1).scalars == [255, 254])
    #expect((-Tensor<Int32>([.min, 5])).scalars == [.min, -5])
    #expect(Tensor<Int32>([.min, -5]).abs().scalars == [.min, 5])
    #expect((Tensor<Int32>([2, 3, 0]) ** Tensor<Int32>([31, -1, 0])).scalars == [.min, 0, 1])
    #expect(
      (Tensor<Int64>([1, -1, -1, 0]) ** Tensor<Int64>([-9, -9, -8, -1])).scalars == [1, -1, 1, 0])
  }

  @Test func integersAreSummedInInt64() {
    let bytes: Tensor<Int64> = Tensor<UInt8>.full([1000], 255).sum()
    #expect(bytes.item() == 255_000)
    #expect(Tensor<Int32>([.max, .max]).sum().item() == 2 * Int64(Int32.max))
    #expect(Tensor<Int32>([.max, 4]).product().item() == 4 * Int64(Int32.max))
    #expect(Tensor<Bool>([true, false, true]).sum().item() == 2)
    #expect(Tensor<Int64>([.max, 1]).sum().item() == .min)
    #expect(Tensor<UInt8>([200, 100]).cumulativeSum(axis: 0).scalars == [200, 300])
  }

  @Test func conversionsTruncateAndSaturate() {
    let x = Tensor<Float>([.nan, .infinity, -.infinity, 1e30, -1e30, 300.7, -0.9, 2.9, -2.9])
    #expect(x.converted(to: UInt8.self).scalars == [0, 255, 0, 255, 0, 255, 0, 2, 0])
    #expect(
      x.converted(to: Int32.self).scalars == [0, .max, .min, .max, .min, 300, 0, 2, -2])
    #expect(
      x.converted(to: Int64.self).scalars == [0, .max, .min, .max, .min, 300, 0, 2, -2])
    #expect(
      Tensor<Float>([.nan, 0, -0.0, Float.leastNonzeroMagnitude]).converted(to: Bool.self).scalars
        == [true, false, false, true])
    #expect(Tensor<Int64>([.max, -1, 7]).converted(to: Int32.self).scalars == [.max, -1, 7])
    #expect(
      Tensor<Int64>([1 << 24 | 1, .max]).converted(to: Float.self).scalars == [0x1p24, 0x1p63])
    #expect(
      Tensor<Double>([1e300, -1e-300]).converted(to: Float.self).scalars == [.infinity, -0.0])
  }

  @Test func halvesRoundToEven() {
    expectSame(
      Tensor<Float>([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999997, 8_388_607.5]).round(),
      [-2, -2, -0.0, 0, 2, 2, 0, 8_388_608])
  }

  @Test func reductionsOfNothing() {
    let nothing = Tensor<Float>.zeros([0])
    #expect(
      nothing.sum().item() == 0 && nothing.product().item() == 1 && nothing.norm().item() == 0)
    #expect(nothing.mean().item().isNaN && nothing.variance().item().isNaN)
    #expect(Tensor<Int32>.zeros([0]).sum().item() == 0)
    #expect(Tensor<Int32>.zeros([0]).product().item() == 1)
    let masks = nothing .== nothing
    #expect(masks.all().item() && !masks.any().item())
    let rows = Tensor<Float>.zeros([0, 3])
    #expect(rows.sum(axes: 0).scalars == [0, 0, 0])
    // Nothing is asked of an empty row where there is no row: that is no error, and no element.
    #expect(rows.max(axes: 1).shape == [0] && rows.argmin(axis: 1).shape == [0])
    #expect(rows.cumulativeSum(axis: 0).shape == [0, 3])
  }

  @Test func nothingHasNoExtreme() {
    let nothing = Tensor<Double>.zeros([0, 2]).body
    for reduction in [Reduction.min, .max] {
      #expect(throws: TensorError.self) {
        try Reduce(reduction, axes: [0], keepingAxes: false).apply([nothing])
      }
      #expect(throws: TensorError.self) {
        try ArgReduce(reduction, axes: [0, 1], keepingAxes: false).apply([nothing])
      }
    }
  }

  @Test func aNaNPropagates() {
    // In a row long enough for vectors, and behind them.
    for place in [0, 100, 4999] {
      var values = (0..<5000).map { Float($0) }
      values[place] = .nan
      let x = Tensor(values, shape: [5000])
      for result in [x.min(), x.max(), x.sum(), x.product(), x.mean(), x.variance(), x.norm()] {
        #expect(result.item().isNaN)
      }
      #expect(x.logSumExp().item().isNaN)
      #expect(x.argmax().item() == Int64(place) && x.argmin().item() == Int64(place))
    }
    let (a, b) = (Tensor<Float>([.nan, 1, .nan]), Tensor<Float>([1, .nan, .nan]))
    for result in [
      minimum(a, b), maximum(a, b), a + b, hypot(a, b), (a * b).relu(), (a * b).sign(),
    ] {
      expectSame(result, [.nan, .nan, .nan])
    }
    #expect((a .== a).scalars == [false, true, false] && (a .!= a).scalars == [true, false, true])
    #expect(!(a .< b).any().item() && !(a .>= b).any().item())
    // What C says too: whatever the NaN might be, these have one value.
    #expect((Tensor<Float>([.nan]) ** 0).item() == 1 && (1 ** Tensor<Float>([.nan])).item() == 1)
  }

  @Test func theFirstExtremeCounts() {
    #expect(Tensor<Int32>([3, 7, 1, 7, 1]).argmax().item() == 1)
    #expect(Tensor<Int32>([3, 7, 1, 7, 1]).argmin().item() == 2)
    #expect(Tensor<Float>([1, .nan, .infinity, .nan]).argmax().item() == 1)
    #expect(Tensor<Float>([0, -0.0]).argmin().item() == 0)
    let rows: Tensor<Float> = [[1, 1, 1], [0, 2, 2]]
    #expect(rows.argmax(axis: 1).scalars == [0, 1] && rows.argmax(axis: 0).scalars == [0, 1, 1])
  }

  @Test func variancesDivideByTheCountLessDdof() {
    let x: Tensor<Double> = [1, 2, 3, 4]
    #expect(x.variance().item() == 1.25 && x.variance(ddof: 1).item() == 5.0 / 3)
    #expect(x.standardDeviation().item() == 1.25.squareRoot())
    #expect(Tensor<Double>([3]).variance(ddof: 1).item().isNaN)
  }

  @Test func specialValuesOfPowersAndSigns() {
    let x = Tensor<Float>([-8, -0.0, 0, 2, -.infinity])
    expectSame(x ** 3, [-512, -0.0, 0, 8, -.infinity])
    expectSame(x ** -1, [-0.125, -.infinity, .infinity, 0.5, -0.0])
    expectSame(x ** 0.5, [.nan, 0, 0, Float(2).squareRoot(), .infinity])
    expectSame(x ** 2, [64, 0, 0, 4, .infinity])
    expectSame(x.sign(), [-1, 0, 0, 1, -1])
    expectSame(x % 3, [-2, -0.0, 0, 2, .nan])
    expectSame(x.relu(), [0, 0, 0, 2, 0])
  }

  /// Every function, on values of every magnitude: whatever the sharding and the numbers of ranks
  /// and workers, the same bits as alone.
  @Test(arguments: [1, 2, 3, 5]) func elementwiseBitsDoNotDependOnSharding(ranks: Int) throws {
    let different = try onLoopbackRanks(ranks, workers: 2) { _ in
      let values = (0..<1003).map { Float(bitPattern: UInt32($0) &* 4_281_337) }
      let whole = Tensor(values, shape: [1003])
      let part = whole.redistributed(to: .sharded(axis: 0))
      func differs(_ apply: (Tensor<Float>) -> Tensor<Float>) throws -> Bool {
        let results = zip(try apply(part).gatheredScalars(), try apply(whole).localScalars())
        return !results.allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
      }
      var different: [String] = []
      for function in UnaryFunction.allCases where function.isDefined(for: .float32) {
        if try differs({ .applying(Unary(function), $0.body) }) { different.append("\(function)") }
      }
      for function in BinaryFunction.allCases where function.isDefined(for: .float32) {
        if try differs({ .applying(Binary(function), $0.body, ($0 * 0.37).body) }) {
          different.append("\(function)")
        }
      }
      for function in TernaryFunction.allCases where function.isDefined(for: .float32) {
        let apply = { (x: Tensor<Float>) in
          Tensor<Float>.applying(Ternary(function), x.body, (x * 0.37).body, x.square().body)
        }
        if try differs(apply) { different.append("\(function)") }
      }
      // What does depend on the sharding is told.
      let isTold = try differs { $0 + Float($0.localShape[0]) }
      return (different, isTold)
    }
    #expect(different.allSatisfy { $0.0.isEmpty && $0.1 == (ranks > 1) }, "\(different)")
  }

  /// Sums of sharded tensors lie within 2 n ε Σ|x| of the exact sum, here of cancelling values.
  @Test(arguments: [1, 2, 3, 5, 8]) func floatSumsAreWithinTheirBound(ranks: Int) throws {
    let sums = try onLoopbackRanks(ranks) { _ in
      let x = Tensor<Float>.randn([100_003], key: Key(4), sharding: .sharded(axis: 0))
      return (try x.gatheredScalars(), x.sum().item(), x.mean().item())
    }
    for (values, sum, mean) in sums {
      let exact = values.reduce(0.0) { $0 + Double($1) }
      let magnitude = values.reduce(0.0) { $0 + Double(abs($1)) }
      let bound = 2 * 100_003 * Double(Float.ulpOfOne) * magnitude
      #expect(abs(Double(sum) - exact) <= bound && sum.bitPattern == sums[0].1.bitPattern)
      #expect(abs(Double(mean) * 100_003 - exact) <= bound)
      // The bound is that of any order; ours is far within it.
      #expect(abs(Double(sum) - exact) <= bound / 1000)
    }
  }
}
