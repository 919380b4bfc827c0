import CKernels
import Testing

/// Joins parts as the leaves of a binary tree, in plain Swift.
private func joinedPairwise<Part>(_ parts: [Part], _ join: (Part, Part) -> Part) -> Part {
  var parts = parts
  while parts.count > 1 {
    parts = stride(from: 0, to: parts.count, by: 2).map {
      $0 + 1 < parts.count ? join(parts[$0], parts[$0 + 1]) : parts[$0]
    }
  }
  return parts[0]
}

extension KernelTests {
  @Suite struct Sums {
    private func hardValues<T: RealElement>(_ count: Int, seed: UInt64) -> [T] {
      var generator = SplitMix(state: seed)
      // Of many magnitudes and both signs, so that sums cancel.
      return (0..<count).map { _ in
        T((generator.below(2) == 0 ? 1.0 : -1.0) * Double.pow2(generator.unit() * 40 - 20))
      }
    }

    private func checkColumns<T: RealElement>(_: T.Type) {
      for (rows, columns, padding) in [
        (0, 3, 0), (1, 1, 0), (7, 33, 2), (64, 16, 0), (65, 100, 5), (640, 3, 1), (1000, 1, 0),
        (1000, 2, 0), (5000, 2, 3), (1217, 4, 0), (131, 260, 0),
      ] {
        let stride = columns + padding
        let input: [T] = hardValues(rows * stride, seed: UInt64(rows))
        let blocks = Swift.stride(from: 0, to: rows, by: 64).map { $0..<min($0 + 64, rows) }
        let expected = (0..<columns).map { column in
          rows == 0
            ? 0
            : joinedPairwise(
              blocks.map { $0.reduce(T(0)) { $0 + input[$1 * stride + column] } }, +)
        }
        onEachInstructionSet { set in
          let (sums, scratch) = (
            Run<T>(count: columns, shift: 1),
            Run<UInt64>(count: (tk_sum_columns_scratch(T.type, rows, columns) + 7) / 8)
          )
          tk_sum_columns(
            T.type, sums.pointer, scratch.pointer, Run(input, shift: 3).pointer, Int64(stride),
            rows, columns)
          expectSame(sums, expected, "sums of \(rows) × \(columns) \(T.self) on \(set)")
          #expect(scratch.guardsAreIntact)
        }
      }
    }

    @Test func columnsAreSummedInBlocksAndTrees() {
      checkColumns(Float.self)
      checkColumns(Double.self)
    }

    // Moments

    /// The mean, and Σ (x - mean)ᵏ for k from 2 on, in a wider type.
    private func exactMoments<T: RealElement>(
      _ values: [T], order: Int
    ) -> (mean: T.Reference, powers: [T.Reference], magnitudes: [T.Reference]) {
      let n = T.Reference(values.count)
      // Distances from a value are exact enough, whatever they are added to.
      let first = T.Reference(values[0])
      let offset = values.reduce(T.Reference(0)) { $0 + (T.Reference($1) - first) } / n
      var powers = [T.Reference](repeating: 0, count: order - 1)
      var magnitudes = powers
      for value in values {
        let distance = T.Reference(value) - first - offset
        var power = distance
        for number in powers.indices {
          power *= distance
          powers[number] += power
          magnitudes[number] += abs(power)
        }
      }
      return (first + offset, powers, magnitudes)
    }

    private func expectMoments<T: RealElement>(
      _ moments: [T], of values: [T], _ what: @autoclosure () -> String
    ) {
      let (mean, powers, magnitudes) = exactMoments(values, order: moments.count - 1)
      let spread = (powers[0] / T.Reference(values.count)).squareRoot()
      let epsilon = T.Reference(T.ulpOfOne)
      let error = abs(T.Reference(moments[0]) + T.Reference(moments[1]) - mean)
      #expect(error <= 200 * epsilon * spread, "mean of \(what())")
      for (number, power) in powers.enumerated() {
        #expect(
          abs(T.Reference(moments[2 + number]) - power) <= 400 * epsilon * magnitudes[number],
          "power \(2 + number) of \(what()): \(moments[2 + number]), \(power)")
      }
    }

    /// Values that lie more often below their mean than above.
    private func spreadValues<T: RealElement>(_ count: Int, around mean: T) -> [T] {
      var generator = SplitMix(state: UInt64(count))
      return (0..<count).map { _ in
        let unit = generator.unit()
        return mean + T(unit * unit - 0.25) * (abs(mean) * 1e-4 + 1)
      }
    }

    private func checkMoments<T: RealElement>(_: T.Type, order: Int) {
      let longest = (1 << 14) / MemoryLayout<T>.stride
      for count in [1, 2, 3, 15, 16, 17, 64, 65, 127, 1000, longest] {
        for mean: T in [0, 1e5, -1e8] {
          let values = spreadValues(count, around: mean)
          var bits: [[T]] = []
          onEachInstructionSet { set in
            let out = Run<T>(count: order + 1, shift: 1)
            tk_moments(T.type, order, out.pointer, Run(values, shift: 1).pointer, count)
            expectMoments(out.values, of: values, "\(count) \(T.self) around \(mean) on \(set)")
            #expect(out.guardsAreIntact)
            bits.append(out.values)
          }
          #expect(bits.allSatisfy { $0 == bits[0] })
        }
      }
      let out = Run<T>(count: order + 1)
      tk_moments(T.type, order, out.pointer, out.pointer, 0)
      #expect(out.values.allSatisfy { $0 == 0 })
      tk_moments(T.type, order, out.pointer, Run<T>([1, .infinity, 2]).pointer, 3)
      #expect(out.values[2].isNaN)
      // A sum that overflows has a mean all the same.
      let large = T.greatestFiniteMagnitude
      tk_moments(T.type, order, out.pointer, Run<T>([large, large, large]).pointer, 3)
      #expect(out.values == [large] + [T](repeating: 0, count: order))
    }

    @Test(arguments: [2, 4]) func momentsDoNotCancel(order: Int) {
      checkMoments(Float.self, order: order)
      checkMoments(Double.self, order: order)
    }

    /// Squares are the same whether higher powers are added up beside them or not.
    @Test func squaresDoNotDependOnTheOrder() {
      for count in [1, 15, 16, 1000] {
        let values: [Double] = spreadValues(count, around: 3)
        let (few, all) = (Run<Double>(count: 3), Run<Double>(count: 5))
        onEachInstructionSet { _ in
          tk_moments(TK_FLOAT64, 2, few.pointer, Run(values).pointer, count)
          tk_moments(TK_FLOAT64, 4, all.pointer, Run(values).pointer, count)
          #expect(few.values == Array(all.values[..<3]))
        }
      }
    }

    private func checkColumnMoments<T: RealElement>(_: T.Type, order: Int) {
      for (rows, columns, padding) in [
        (1, 1, 0), (7, 33, 2), (64, 2, 0), (63, 100, 5), (9, 260, 0),
      ] {
        let stride = columns + padding
        let values: [T] = spreadValues(rows * stride, around: 1e7)
        onEachInstructionSet { set in
          let out = Run<T>(count: (order + 1) * stride, shift: 1)
          tk_moments_of_columns(
            T.type, order, out.pointer, stride, Run(values, shift: 3).pointer, Int64(stride),
            rows, columns)
          #expect(out.guardsAreIntact)
          for column in 0..<columns {
            let own = (0..<rows).map { values[$0 * stride + column] }
            expectMoments(
              (0...order).map { out.values[$0 * stride + column] }, of: own,
              "\(rows) × \(columns) \(T.self) on \(set)")
          }
        }
      }
    }

    @Test(arguments: [2, 4]) func momentsOfColumns(order: Int) {
      checkColumnMoments(Float.self, order: order)
      checkColumnMoments(Double.self, order: order)
    }

    private func checkJoins<T: RealElement>(_: T.Type, order: Int) {
      for (left, right) in [(100, 100), (1, 1000), (1000, 1), (0, 7), (7, 0)] {
        let columns = 5
        let parts = (0..<columns).map { column in
          (
            spreadValues(left, around: T(1e6)),
            spreadValues(right, around: T(1e6) + T(column))
          )
        }
        func moments(_ values: [T]) -> [T] {
          let out = Run<T>(count: order + 1)
          tk_moments(T.type, order, out.pointer, Run(values).pointer, values.count)
          return out.values
        }
        func planes(_ parts: [[T]], plane: Int) -> [T] {
          let own = parts.map(moments)
          return (0..<(order + 1) * plane).map {
            $0 % plane < columns ? own[$0 % plane][$0 / plane] : 99
          }
        }
        onEachInstructionSet { set in
          let into = Run(planes(parts.map(\.0), plane: columns + 1))
          let from = Run(planes(parts.map(\.1), plane: columns + 2))
          tk_join_moments(
            T.type, order, into.pointer, columns + 1, Double(left), from.pointer, columns + 2,
            Double(right), columns)
          for column in 0..<columns {
            expectMoments(
              (0...order).map { into.values[$0 * (columns + 1) + column] },
              of: parts[column].0 + parts[column].1, "\(left) and \(right) \(T.self) on \(set)")
          }
          #expect((0...order).allSatisfy { into.values[$0 * (columns + 1) + columns] == 99 })
        }
      }
    }

    @Test(arguments: [2, 4]) func joinedMomentsAreThoseOfBoth(order: Int) {
      checkJoins(Float.self, order: order)
      checkJoins(Double.self, order: order)
    }
  }
}

extension Double {
  fileprivate static func pow2(_ exponent: Double) -> Double {
    let whole = exponent.rounded(.down)
    return scalbn(1 + (exponent - whole), Int(whole))
  }

  private static func scalbn(_ x: Double, _ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: x)
  }
}
