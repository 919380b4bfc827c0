import Execution
import Foundation
import Shapes
import Tessera
import TestSupport
import Testing

#if arch(x86_64)
  private typealias WiderThanDouble = Float80
#else
  private typealias WiderThanDouble = Double
#endif

private typealias Real = BinaryFloatingPoint & FloatingPointTensorScalar
private typealias Wide = BinaryFloatingPoint & Sendable

/// Values that are hard to add up: what goes wrong with sums in one running number shows with them.
enum HardData: CaseIterable, Sendable {
  case largeMean, veryLargeMean, constant, alternating, ascendingHarmonic, descendingHarmonic
  case decreasing, oneParity, oneHuge

  func value(_ i: Int, of count: Int) -> Double {
    // Between -1 and 1, without a pattern.
    let noise = Double((i &* 7919 &+ 12_345) % 20_011) / 10_005.5 - 1
    switch self {
    case .largeMean: return 1e5 + noise
    case .veryLargeMean: return 1e8 + 32 * noise
    case .constant: return 0.1
    case .alternating: return (i % 2 == 0 ? 1 : -1) * (1 + noise * 1e-3)
    case .ascendingHarmonic: return 1 / Double(count - i)
    case .descendingHarmonic: return 1 / Double(i + 1)
    case .decreasing: return Double(count - i)
    case .oneParity: return i % 2 == 0 ? 1 + noise * 0.1 : 0
    case .oneHuge: return i == count / 3 ? 1e7 : 1e-3 * (1.5 + noise)
    }
  }
}

/// Elements of a shape in groups, one for each element of a result.
private struct Groups {
  let number: [Int]
  let count: Int
  let size: Int

  init(_ shape: Shape, over axes: [Int]) {
    let kept = shape.indices.filter { !axes.contains($0) }
    count = shape.elementCount(of: kept)
    size = shape.elementCount(of: axes)
    var numbers: [Int] = []
    numbers.reserveCapacity(shape.elementCount)
    for i in 0..<shape.elementCount {
      var rest = i
      var place = 0
      var distance = 1
      for axis in shape.indices.reversed() {
        let index = rest % shape[axis]
        rest /= shape[axis]
        if kept.contains(axis) {
          place += index * distance
          distance *= shape[axis]
        }
      }
      numbers.append(place)
    }
    number = numbers
  }

  func sums<W: Wide>(_ values: [W]) -> [W] {
    var sums = [W](repeating: 0, count: count)
    for (group, value) in zip(number, values) { sums[group] += value }
    return sums
  }
}

/// What statistics are, in a wider type, and how far from that docs/numerics.md lets them be.
private struct Expected<S: Real, W: Wide>: Sendable {
  let sums: [W]
  let sumBounds: [W]
  let means: [W]
  let meanBounds: [W]
  let variances: [W]
  let varianceBounds: [W]
  let skewnesses: [W]
  let skewnessBounds: [W]
  let kurtoses: [W]
  let kurtosisBounds: [W]
  let norms: [W]
  let normBounds: [W]

  init(_ values: [S], _ groups: Groups, ranks: Int) {
    let n = W(groups.size)
    let epsilon = W(S.ulpOfOne)
    let factor = W(100) + W(Foundation.log2(Double(groups.size))) + W(ranks)
    let wide = values.map { W($0) }
    sums = groups.sums(wide)
    let magnitudes = groups.sums(wide.map { abs($0) })
    sumBounds = magnitudes.map { factor * epsilon * $0 }
    means = sums.map { $0 / n }
    meanBounds = magnitudes.map { (factor + 1) * epsilon * $0 / n }
    // Of distances from some value of a group first, which are exact enough.
    var first = [W](repeating: 0, count: groups.count)
    for (group, value) in zip(groups.number, wide).reversed() { first[group] = value }
    let offsets = groups.sums(zip(groups.number, wide).map { $1 - first[$0] }).map { $0 / n }
    let distances = zip(groups.number, wide).map { (group, value) in
      value - first[group] - offsets[group]
    }
    let squares = groups.sums(distances.map { $0 * $0 })
    variances = squares.map { $0 / n }
    let centers = means
    varianceBounds = variances.enumerated().map { (group, variance) in
      let rounding = 4 * epsilon * abs(centers[group])
      return 4 * factor * epsilon * (variance + rounding * rounding)
    }
    let deviations = variances.map { $0.squareRoot() }
    let cubes = zip(groups.number, distances).map { (group, distance) in
      let z = distance / deviations[group]
      return z * z * z
    }
    skewnesses = groups.sums(cubes).map { $0 / n }
    skewnessBounds = groups.sums(cubes.map { abs($0) }).map { 12 * factor * epsilon * $0 / n }
    let fourths = zip(cubes, zip(groups.number, distances)).map { (cube, place) in
      cube * place.1 / deviations[place.0]
    }
    let peaks = groups.sums(fourths).map { $0 / n }
    kurtoses = peaks.map { $0 - 3 }
    kurtosisBounds = peaks.map { 16 * factor * epsilon * $0 }
    norms = groups.sums(wide.map { $0 * $0 }).map { $0.squareRoot() }
    normBounds = norms.map { factor * epsilon * $0 }
  }

  /// The largest errors, in bounds.
  func errors(
    sum: [S], mean: [S], variance: [S], norm: [S], skewness: [S]? = nil, kurtosis: [S]? = nil
  ) -> [(name: String, error: Double)] {
    func worst(_ name: String, _ got: [S], _ exact: [W], _ bounds: [W]) -> (String, Double) {
      var worst = 0.0
      for (value, (exact, bound)) in zip(got, zip(exact, bounds)) {
        // What does not vary has neither skewness nor kurtosis.
        if exact.isNaN, value.isNaN { continue }
        let error = Double(abs(W(value) - exact) / max(bound, W(S.leastNormalMagnitude)))
        worst = error.isNaN ? .infinity : max(worst, error)
      }
      return (name, got.count == exact.count ? worst : .infinity)
    }
    return [
      worst("sum", sum, sums, sumBounds), worst("mean", mean, means, meanBounds),
      worst("variance", variance, variances, varianceBounds),
      worst("norm", norm, norms, normBounds),
      worst("skewness", skewness ?? skewnesses.map { S($0) }, skewnesses, skewnessBounds),
      worst("kurtosis", kurtosis ?? kurtoses.map { S($0) }, kurtoses, kurtosisBounds),
    ]
  }
}

/// Sums, means, moments, norms and running sums of data that are hard to add up, over all axes
/// and placements, lie within the bounds that docs/numerics.md states.
@Suite struct SumAccuracyTests {
  /// Local parts on both sides of 32 768 elements, rows and columns, long and short.
  private static let cases: [(shape: Shape, axes: [[Int]])] = [
    ([200_001], [[0]]), ([70_001, 2], [[0], [1], [0, 1]]),
    ([3, 20_011, 2], [[1], [0, 1], [1, 2]]),
    ([500, 301], [[0], [1]]), ([5, 7, 11], [[0], [1], [0, 2]]), ([129, 1100], [[0]]),
  ]

  private func check<S: Real, W: Wide>(
    _: S.Type, _: W.Type, ranks: Int, placements: [OperandPlacement]
  ) throws {
    for data in HardData.allCases {
      for (shape, allAxes) in Self.cases {
        let count = shape.elementCount
        let values = (0..<count).map { S(data.value($0, of: count)) }
        let expected = allAxes.map {
          Expected<S, W>(values, Groups(shape, over: $0), ranks: ranks)
        }
        let bits = try onLoopbackRanks(ranks) { runtime in
          var findings = Findings()
          var bits: [[UInt64]] = []
          for placement in placements {
            if case .sharded(let axis) = placement, axis >= shape.count { continue }
            if case .unevenly(let axis) = placement, axis >= shape.count { continue }
            let x = try Tensor(values, shape: shape, placed: placement, on: runtime)
            for (axes, expected) in zip(allAxes, expected) {
              let axes = Axes(axes)
              var direct: [[S]] = []
              // As it lies, and as what is still to be computed.
              for x in [x, x * 1] {
                let results = [
                  try x.sum(axes: axes).gatheredScalars(),
                  try (x * 1).mean(axes: axes).gatheredScalars(),
                  try (x * 1).variance(axes: axes, keepingAxes: true).gatheredScalars(),
                  try x.norm(axes: axes).gatheredScalars(),
                  try x.skewness(axes: axes).gatheredScalars(),
                  try x.kurtosis(axes: axes, keepingAxes: true).gatheredScalars(),
                ]
                for (name, error) in expected.errors(
                  sum: results[0], mean: results[1], variance: results[2], norm: results[3],
                  skewness: results[4], kurtosis: results[5])
                {
                  findings.check(
                    error <= 1,
                    "\(S.self) \(name) of \(data) \(shape) over \(axes), \(placement): \(error)")
                }
                if direct.isEmpty { direct = results }
                // NaN, too.
                let isSame = zip(direct, results).allSatisfy {
                  $0.map { Double($0).bitPattern } == $1.map { Double($0).bitPattern }
                }
                findings.check(isSame, "\(data) \(shape) waiting")
              }
              bits.append(direct.flatMap { $0.map { Double($0).bitPattern } })
            }
          }
          return (findings.all, bits)
        }
        #expect(bits.allSatisfy { $0.0.isEmpty }, "\(bits.flatMap(\.0).prefix(4))")
        #expect(bits.allSatisfy { $0.1 == bits[0].1 }, "ranks differ: \(data) \(shape)")
      }
    }
  }

  @Test(arguments: [1, 2, 3, 4]) func statisticsAreWithinTheirBounds(ranks: Int) throws {
    let placements: [OperandPlacement] =
      ranks == 1 ? [.replicated] : [.sharded(0), .unevenly(0), .sharded(1)]
    try check(Float.self, Double.self, ranks: ranks, placements: placements)
    if ranks % 2 == 1 {
      try check(Double.self, WiderThanDouble.self, ranks: ranks, placements: placements)
    }
  }

  /// The bounds tell a sum that runs through all values in their type.
  @Test func naiveSumsAreOutsideTheirBounds() {
    var caught: [HardData] = []
    for data in HardData.allCases {
      let values = (0..<200_001).map { Float(data.value($0, of: 200_001)) }
      let expected = Expected<Float, Double>(
        values, Groups([200_001], over: [0]), ranks: 1)
      let sum = values.reduce(Float(0), +)
      let mean = sum / 200_001
      let variance = values.reduce(Float(0)) { $0 + ($1 - mean) * ($1 - mean) } / 200_001
      let norm = values.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      let errors = expected.errors(sum: [sum], mean: [mean], variance: [variance], norm: [norm])
      if errors.contains(where: { $0.error > 1 }) { caught.append(data) }
    }
    #expect(caught.contains(.largeMean) && caught.contains(.constant) && caught.count >= 4)
  }

  @Test(arguments: [1, 2, 3, 4]) func leadingAxesAreAsAccurateAsOthers(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      let x =
        Tensor<Float>.randn([1_000_000, 2], key: Key(3), sharding: .sharded(axis: 0)) + 100_000
      let y = x * 32 + 1e8
      func wide(_ x: Tensor<Float>) -> Tensor<Double> { x.converted(to: Double.self) }
      var findings = Findings()
      func checkClose(_ name: String, _ a: Tensor<Float>, _ b: Tensor<Double>) {
        let distance = ((wide(a) - b).abs() / b).max().item()
        findings.check(distance < 1e-3, "\(name): \(distance)")
      }
      for (name, x) in [("near", x), ("far", y)] {
        checkClose("variance, \(name)", x.variance(axes: 0), wide(x).variance(axes: 0))
        checkClose("mean, \(name)", x.mean(axes: 0), wide(x).mean(axes: 0))
      }
      checkClose("variance of all", y.variance(), wide(y).variance())
      checkClose(
        "deviation", y.standardDeviation(axes: 0), wide(y).standardDeviation(axes: 0))
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  @Test(arguments: [1, 2, 3, 4]) func variancesOfTooFewAreNotANumber(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      for sharding in [Placement.replicated, .sharded(axis: 0)] {
        let x = Tensor<Float>([1, 2, 3]).redistributed(to: sharding)
        for ddof in [3, 5, Int.max] {
          findings.check(x.variance(ddof: ddof).item().isNaN, "\(ddof)")
          findings.check(x.standardDeviation(ddof: ddof).item().isNaN, "\(ddof)")
          let slope = gradient(of: { (x: Tensor<Float>) in x.variance(ddof: ddof) })(x)
          findings.check(
            try slope.gatheredScalars().allSatisfy { $0.isNaN }, "slope, \(ddof)")
          let rows = Tensor<Double>.rand([3, 4], key: Key(1), sharding: sharding)
          for axis in [0, 1] {
            let all = rows.variance(axes: Axes(axis), ddof: max(ddof, 4))
              .isNaN().all().item()
            findings.check(all, "axis \(axis), \(ddof)")
          }
        }
        // Squares that overflow, next to rows whose squares do not.
        let far = Tensor<Double>([[1e200, 1], [3.3e200, 2], [-7e199, 6]]).redistributed(
          to: sharding)
        findings.check(try far.variance(axes: 0).gatheredScalars() == [.infinity, 14.0 / 3])
        findings.check(far.variance().item() == .infinity)
        let infinite = Tensor<Double>([[.infinity, 1], [3, 2], [5, 6]]).redistributed(to: sharding)
        let found = try infinite.variance(axes: 0).gatheredScalars()
        findings.check(found[0].isNaN && found[1] == 14.0 / 3)
        findings.check((x * 1e30).standardDeviation().item() == .infinity)
        findings.check(x.variance(ddof: 2).item() == 2)
        findings.check(x.variance(ddof: -1).item() == 0.5)
        let nothing = Tensor<Float>.zeros([0, 3], sharding: sharding)
        findings.check(try nothing.variance(axes: 0).gatheredScalars().allSatisfy { $0.isNaN })
        findings.check(try nothing.variance(axes: 1).gatheredScalars().isEmpty)
        findings.check(nothing.variance().item().isNaN)
        // Equal values have no variance, however their sum is rounded.
        for value: Float in [0.1, 100_000_008, -3e37] {
          let equal = Tensor<Float>.full([1001, 3], value, sharding: sharding)
          findings.check(
            try equal.variance(axes: 0).gatheredScalars().allSatisfy {
              $0 >= 0 && $0.squareRoot() <= 1e-6 * abs(value)
            }, "\(value)")
        }
      }
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  @Test func theSumOfNegativeZerosIsZero() {
    for count in [1, 3, 20, 100] {
      let x = Tensor<Float>([Float](repeating: -0.0, count: count), shape: [count])
      #expect(x.sum().item() == 0 && x.cumulativeSum(axis: 0)[-1].item() == 0)
    }
  }

  // Running sums

  @Test(arguments: [1, 2, 3, 4]) func runningSumsDoNotStagnate(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      let tenths = Tensor<Float>.full([3_000_000], 0.1, sharding: .sharded(axis: 0))
      return tenths.cumulativeSum(axis: 0)[-1].item()
    }
    #expect(found.allSatisfy { abs($0 - 3e5) <= 0.07 }, "\(found)")
    if ranks == 1 || ranks == 3 {
      let last = try onLoopbackRanks(ranks) { _ in
        Tensor<Float>.ones([20_000_000], sharding: .sharded(axis: 0)).cumulativeSum(axis: 0)[-1]
          .item()
      }
      #expect(last.allSatisfy { $0 == 2e7 })
    }
  }

  private func checkRunning<S: Real, W: Wide>(
    _: S.Type, _ share: W, ranks: Int
  ) throws {
    for data in HardData.allCases {
      for (shape, axis) in [([100_003], 0), ([20_011, 2], 0), ([3, 15_013], 1)] as [(Shape, Int)] {
        let values = (0..<shape.elementCount).map { S(data.value($0, of: shape.elementCount)) }
        let found = try onLoopbackRanks(ranks, workers: 2) { runtime in
          let x = try Tensor(values, shape: shape, placed: .sharded(axis), on: runtime)
          let running = try x.cumulativeSum(axis: axis).gatheredScalars()
          let lines = Groups(shape, over: [axis])
          var sums = [W](repeating: 0, count: lines.count)
          // What rounding takes away from the oracle too: its sums are long.
          var (own, rests, magnitudes) = (sums, sums, sums)
          var worst = 0.0
          for (i, line) in lines.number.enumerated() {
            let next = own[line] + W(values[i])
            let added = next - own[line]
            rests[line] += (own[line] - (next - added)) + (W(values[i]) - added)
            own[line] = next
            sums[line] = next + rests[line]
            magnitudes[line] += abs(W(values[i]))
            let scale = abs(sums[line]) + share * magnitudes[line]
            worst = max(worst, Double(abs(W(running[i]) - sums[line]) / (W(S.ulpOfOne) * scale)))
          }
          return worst
        }
        #expect(found.allSatisfy { $0 <= 1 }, "\(S.self) \(data) \(shape): \(found)")
      }
    }
  }

  @Test(arguments: [1, 2, 4]) func runningSumsAreWithinTheirBounds(ranks: Int) throws {
    try checkRunning(Float.self, 1e-6 as Double, ranks: ranks)
    try checkRunning(Double.self, 8 as WiderThanDouble, ranks: ranks)
  }

  // Gradients

  /// The slopes of variances of values far from 0, against those of the distances in Double.
  @Test(arguments: [1, 3]) func slopesOfVariancesDoNotCancel(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      let x = Tensor<Float>.randn([3000], key: Key(7), sharding: .sharded(axis: 0)) * 32 + 1e8
      let slope = gradient(of: { (x: Tensor<Float>) in x.variance() })(x)
      let wide = x.converted(to: Double.self)
      let exact = (wide - wide.mean()) * (2.0 / 3000)
      return (slope.converted(to: Double.self) - exact).abs().max().item()
        < 1e-4 * exact.abs().max().item()
    }
    #expect(found.allSatisfy { $0 })
  }
}
