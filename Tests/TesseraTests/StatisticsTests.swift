import Foundation
import Tessera
import TestSupport
import Testing

/// What the table of operations does not show of moments, covariances and distances: large means,
/// scales beyond squares, what does not vary, NaN.
@Suite struct StatisticsTests {
  private static let noise: [Double] = (0..<120).map { Double(($0 * 37 + 11) % 101) - 50 }

  @Test(arguments: [1, 3]) func largeMeansCostNoDigits(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      for axis in [0, 1] {
        let x = Tensor<Double>(Self.noise, shape: [3, 40], sharding: .sharded(axis: axis))
        for shift in [1e9, -3e12] {
          let moved = x + shift
          // The sums x + shift are exact.
          findings.check(x.covariance().allClose(moved.covariance(), relativeTolerance: 1e-13))
          findings.check(x.correlation().allClose(moved.correlation(), relativeTolerance: 1e-13))
          findings.check(
            x.skewness(axes: 1).allClose(moved.skewness(axes: 1), relativeTolerance: 1e-12))
          findings.check(x.kurtosis().allClose(moved.kurtosis(), relativeTolerance: 1e-12))
        }
      }
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  @Test(arguments: [1, 2, 3]) func momentsOfAnyScale(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      for axis in [0, 1] {
        let x = Tensor<Double>(Self.noise, shape: [3, 40], sharding: .sharded(axis: axis))
        // Sums of the largest ones are no numbers, fourth powers of none are; the smallest ones are
        // whole multiples of the least number.
        for scale in [0x1p-1070, 1e-200, 1e-85, 1e85, 1e200, 2e306] {
          for (name, given, expected) in [
            ("skewness", (x * scale).skewness(), x.skewness()),
            ("kurtosis", (x * scale).kurtosis(axes: 1), x.kurtosis(axes: 1)),
            ("skewness", (x * scale).skewness(axes: 0), x.skewness(axes: 0)),
          ] {
            findings.check(
              given.allClose(expected, relativeTolerance: 1e-13),
              "\(name), \(scale), axis \(axis): \(given)")
          }
        }
        // An ordinary row has the same bits beside others.
        let factors = Tensor<Double>([[1], [1e-120], [1e120]])
        let (own, mixed) = (x.kurtosis(axes: 1)[0], (x * factors).kurtosis(axes: 1)[0])
        findings.check(own.item().bitPattern == mixed.item().bitPattern, "\(axis)")
        let small = x.converted(to: Float.self)
        for scale: Float in [0x1p-140, 1e-12, 1e12, 1e36] {
          findings.check(
            (small * scale).kurtosis().allClose(small.kurtosis(), relativeTolerance: 1e-5),
            "Float, \(scale)")
        }
      }
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  @Test(arguments: [1, 3]) func momentsOfNothingAndOfNoNumbers(ranks: Int) throws {
    let results = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      func check(_ name: String, _ x: Tensor<Double>) {
        findings.check(x.skewness().item().isNaN, "skewness of \(name)")
        findings.check(x.kurtosis().item().isNaN, "kurtosis of \(name)")
      }
      for (name, value) in [("NaN", Double.nan), ("∞", .infinity), ("-∞", -.infinity)] {
        check(name, Tensor([1, 2, value, 4, 7], shape: [5], sharding: .sharded(axis: 0)))
      }
      check("nothing", Tensor.zeros([0], sharding: .sharded(axis: 0)))
      for count in [1, 2, 7, 1001, 40_000] {
        for value in [0, 0.1, 0.3, 1e308, 0x1p-1074] as [Double] {
          check("\(count) × \(value)", .full([count], value, sharding: .sharded(axis: 0)))
        }
      }
      findings.check(
        Tensor<Double>.zeros([0, 3]).kurtosis(axes: 0).scalars.allSatisfy(\.isNaN), "columns")
      findings.check(Tensor<Double>.zeros([0, 3]).kurtosis(axes: 1).shape == [0], "rows")
      // One row does not spoil another.
      let mixed = Tensor<Double>([[1, .nan, 2], [2, 2, 2], [0, 0, 3]])
      let skewness = mixed.skewness(axes: 1).scalars
      findings.check(
        skewness[..<2].allSatisfy(\.isNaN) && abs(skewness[2] - 0.5.squareRoot()) < 1e-15)
      return findings.all
    }
    #expect(results.allSatisfy { $0.isEmpty }, "\(results)")
  }

  /// One pass over what waits, which stores nothing.
  @Test func momentsReadTheirOperandOnce() throws {
    for isThird in [true, false] {
      let report = try dryRun(ranks: 1) {
        let x = Tensor<Double>.rand([50_000], key: Key(1)) * 3 + 1
        _ = (isThird ? x.skewness() : x.kurtosis()).item(assuming: 0)
      }
      // The random numbers are written and read.
      let work = report.reports[0].work
      #expect((400_000..<401_000).contains(work.bytesRead), "\(work)")
      #expect((400_000..<401_000).contains(work.bytesWritten), "\(work)")
    }
  }

  @Test func scalesBeyondSquares() {
    onOneRank { _ in
      let x = Tensor<Double>(Self.noise, shape: [2, 60])
      for scale in [1e-200, 1e200] {
        #expect((x * scale).correlation().allClose(x.correlation(), relativeTolerance: 1e-14))
        let far = distances(x * scale, x[..<1] * scale) / scale
        #expect(far.allClose(distances(x, x[..<1]), relativeTolerance: 1e-14))
      }
    }
  }

  @Test func whatDoesNotVary() {
    onOneRank { _ in
      let x = Tensor<Float>([[0.1, 0.1, 0.1], [1, 2, 4]])
      #expect(x.covariance()[0].scalars == [0, 0])
      let correlation = x.correlation().scalars
      #expect(correlation[..<3].allSatisfy { $0.isNaN } && abs(correlation[3] - 1) < 1e-6)
      #expect(x.skewness(axes: 1)[0].item().isNaN && x.kurtosis(axes: 1)[0].item().isNaN)
      // One observation, or none.
      #expect(x[..., 0..<1].covariance().scalars.allSatisfy { $0.isNaN })
      #expect(x[..., 0..<1].covariance(ddof: 0).scalars == [0, 0, 0, 0])
      #expect(x[..., 0..<0].covariance(ddof: -1).scalars == [0, 0, 0, 0])
      #expect(x[..., 0..<0].correlation().scalars.allSatisfy { $0.isNaN })
      #expect(Tensor<Float>.zeros([0, 3]).covariance().shape == [0, 0])
    }
  }

  /// By their definitions, with NumPy.
  @Test func knownMoments() {
    onOneRank { _ in
      let x = Tensor<Double>([2, 8, 0, 4, 1, 9, 9, 0])
      #expect(abs(x.skewness().item() - 0.2650554122698573) < 1e-14)
      #expect(abs(x.kurtosis().item() - -1.6660010752838512) < 1e-14)
    }
  }

  @Test func equalRowsAreAtNoDistance() {
    onOneRank { _ in
      let x = Tensor<Float>.randn([20, 7], key: Key(3)) * 1e6 + 1e7
      let found = distances(x, x)
      #expect(found.diagonal().scalars.allSatisfy { $0 == 0 })
      #expect(found == found.transposed())
      // The slope there is 0, and another one is a direction.
      let slope = gradient { (p: Tensor<Double>) in distances(p, p).sum() }
      #expect(slope(Tensor([[1, 2], [1, 2]])).scalars == [0, 0, 0, 0])
      let far = gradient { (p: Tensor<Double>) in distances(p, Tensor([[3, 4]])).sum() }
      #expect(far(Tensor([[0, 0]])).scalars == [-0.6, -0.8])
      // Further axes broadcast.
      #expect(
        distances(Tensor<Float>.zeros([2, 1, 3, 4]), .zeros([5, 2, 4])).shape == [2, 5, 3, 2])
    }
  }

  @Test func meansOfIntegers() {
    onOneRank { _ in
      let large = Tensor<Int64>([.max, .max, .max - 1])
      #expect(large.mean().item() == Double(Int64.max))
      #expect(Tensor<UInt64>([.max, .max]).mean().item() == Double(UInt64.max))
      #expect(Tensor<UInt8>([255, 255, 0]).mean(axis: 0).item() == 170)
      #expect(Tensor<Int8>([-128, 127]).standardDeviation().item() == 127.5)
      #expect(Tensor<Int32>([1, 2, 3, 9]).median().item() == 2.5)
      #expect(Tensor<Int32>([1, 2, 3, 9]).quantile(1, axis: 0).item() == 9)
      #expect(Tensor<Int32>.zeros([0]).mean().item().isNaN)
      #expect(Tensor<Bool>([true, false, false, false]).mean().item() == 0.25)
      #expect(Tensor<Bool>.zeros([0]).mean().item().isNaN)
      #expect(Tensor<Int16>([1, 2]).variance(axis: 0, ddof: 2).item().isNaN)
    }
  }

  @Test func nothingButNaN() {
    onOneRank { _ in
      let nan = Float.nan
      let x = Tensor<Float>([[nan, nan, nan], [1, nan, -.infinity], [3, nan, 7]])
      let numbers = x.ignoringNaN
      #expect(numbers.count(axes: 0).scalars == [2, 0, 2])
      #expect(numbers.sum(axis: 0).scalars == [4, 0, -.infinity])
      #expect(numbers.product(axis: 0).scalars == [3, 1, -.infinity])
      #expect(numbers.mean(axis: 0).scalars[0] == 2 && numbers.mean(axis: 0).scalars[1].isNaN)
      #expect(numbers.min().item() == -.infinity && numbers.max().item() == 7)
      #expect(numbers.min(axis: 0).scalars[1].isNaN && numbers.max(axis: 1).scalars[0].isNaN)
      #expect(numbers.variance(axes: 0).scalars[0] == 1)
      #expect(numbers.variance(axes: 0, ddof: 1).scalars[0] == 2)
      #expect(numbers.variance(axes: 0).scalars[1].isNaN)
      #expect(numbers.standardDeviation(axis: 0, keepingAxes: true).shape == [1, 3])
      #expect(Tensor<Float>.zeros([0]).ignoringNaN.mean().item().isNaN)
      let slope = gradient { (x: Tensor<Float>) in
        x.ignoringNaN.mean() + x.ignoringNaN.variance() + x.ignoringNaN.max()
      }
      #expect(slope(Tensor([nan, 1, 3, nan])).scalars == [0, -0.5, 2.5, 0])
    }
  }
}
