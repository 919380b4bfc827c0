import Execution
import Foundation
import Tessera
import TestSupport
import Testing

/// Norms of numbers whose squares are too large or too small for their type, beside ordinary ones.
@Suite struct NormTests {
  /// Rows of values of one magnitude each.
  private static let scales: [Double] = [
    1, 0, 1e-30, 3e-39, 1e-44, 1e18, 3e19, 1e38, 1e-20, 1e5,
  ]

  private static func values(_ length: Int) -> [Float] {
    scales.flatMap { scale in (0..<length).map { Float(scale * (1 - Double($0 % 7) / 8)) } }
  }

  @Test(arguments: [1, 2, 3, 4]) func normsNeitherOverflowNorVanish(ranks: Int) throws {
    let length = 5003
    let values = Self.values(length)
    let exact = Self.scales.indices.map { row in
      values[row * length..<(row + 1) * length].reduce(0.0) { $0 + Double($1) * Double($1) }
        .squareRoot()
    }
    let found = try onLoopbackRanks(ranks) { runtime in
      var findings = Findings()
      for placement in [OperandPlacement.replicated, .sharded(0), .sharded(1), .partial] {
        let x = try Tensor(
          values, shape: [Self.scales.count, length], placed: placement, on: runtime)
        for x in [x, x * 1] {
          let rows = try x.norm(axes: 1).gatheredScalars()
          let columns = try x.transposed().norm(axes: 0, keepingAxes: true).gatheredScalars()
          for (row, norm) in exact.enumerated() {
            let bound = 1e-5 * norm + Double(Float.leastNonzeroMagnitude)
            // Beyond the largest number only infinity is left.
            let isClose = { (got: Float) in
              norm > Double(Float.greatestFiniteMagnitude)
                ? got == .infinity : abs(Double(got) - norm) <= bound
            }
            findings.check(isClose(rows[row]), "\(placement) \(row): \(rows[row]), \(norm)")
            findings.check(isClose(columns[row]), "\(placement) \(row): \(columns[row])")
          }
          // An ordinary norm has the bits of the root of its squares.
          let plain = try x.square().sum(axes: 1).sqrt().gatheredScalars()
          for row in [0, 9] { findings.check(rows[row] == plain[row], "\(row)") }
        }
      }
      let part = Tensor<Double>([3e200, 4e200, 0], shape: [3])
        .redistributed(to: .sharded(axis: 0))
      for scale in [1, 1e100, 1e-200, 1e-300, 0] {
        let norm = (part * scale).norm().item()
        findings.check(abs(norm - 5e200 * scale) <= 1e-15 * 5e200 * scale, "\(scale): \(norm)")
      }
      let small = (part * 1e-300 * 1e-200).norm().item()
      findings.check(abs(small / 5e-300 - 1) < 1e-14, "\(small)")
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  @Test(arguments: [1, 3]) func specialValues(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      for sharding in [Placement.replicated, .sharded(axis: 0)] {
        func norm(_ values: [Float]) -> Float {
          Tensor(values, shape: [values.count]).redistributed(to: sharding).norm().item()
        }
        findings.check(norm([]) == 0 && norm([0, 0, -0.0]) == 0)
        findings.check(norm([1, .infinity, 2]) == .infinity && norm([-.infinity]) == .infinity)
        findings.check(norm([1, .nan, 1e30]).isNaN && norm([.infinity, .nan]).isNaN)
        findings.check(norm([.leastNonzeroMagnitude]) == .leastNonzeroMagnitude)
        findings.check(norm([.greatestFiniteMagnitude]) == .greatestFiniteMagnitude)
        findings.check(norm([3e-30, 4e-30]) == 5e-30)
      }
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  /// Slopes are x / norm, however large or small both are, and 0 where there is nothing but zeros.
  @Test(arguments: [1, 2]) func slopes(ranks: Int) throws {
    let found = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      for sharding in [Placement.replicated, .sharded(axis: 0)] {
        for scale: Double in [1, 1e-200, 1e200, 1e-155 * 1e-155] {
          let x = (Tensor<Double>([3, 0, -4]) * scale).redistributed(to: sharding)
          let slope = gradient(of: { (x: Tensor<Double>) in x.norm() })(x)
          findings.check(
            slope.allClose([0.6, 0, -0.8], relativeTolerance: 1e-9), "\(scale): \(slope)")
        }
        let nothing = Tensor<Double>.zeros([3], sharding: sharding)
        let slope = gradient(of: { (x: Tensor<Double>) in x.norm() })
        findings.check(slope(nothing).allClose([0, 0, 0]))
        // (|x|² - x xᵀ) / |x|³ of [3, 4], its first row.
        let x = Tensor<Double>([3, 4]).redistributed(to: sharding)
        let second = gradient(of: { (x: Tensor<Double>) in
          gradient(of: { (x: Tensor<Double>) in x.norm() })(x)[0]
        })
        findings.check(second(x).allClose([0.128, -0.096]), "\(second(x))")
        let variance = gradient(of: { (x: Tensor<Double>) in
          gradient(of: { (x: Tensor<Double>) in x.variance(ddof: 1) })(x)[0]
        })
        findings.check(variance(x).allClose([1, -1]), "\(variance(x))")
      }
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }
}
