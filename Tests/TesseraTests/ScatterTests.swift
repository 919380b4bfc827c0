import Foundation
import Tessera
import TestSupport
import Testing

/// Values that are combined at places, so many that parts of them have bins of their own, against
/// loops over elements.
@Suite struct ScatterTests {
  private typealias Combine<S> = (
    name: String, apply: @Sendable (Tensor<S>, Tensor<S>, Tensor<Int64>) -> Tensor<S>,
    join: @Sendable (S, S) -> S
  ) where S: TensorScalar

  private static let count = 150_001

  /// Numbers below 2²⁴ in no order, the same everywhere.
  private static func number(_ index: Int) -> Int { index &* 2_654_435_761 & 0xFF_FFFF }

  private func check<S: NumericTensorScalar & Comparable>(
    _ combines: [Combine<S>], extent: Int, ranks: Int, _ value: @escaping @Sendable (Int) -> S,
    isClose: @escaping @Sendable (S, S) -> Bool = { $0 == $1 }
  ) throws {
    let count = Self.count
    let found = try onLoopbackRanks(ranks) { _ in
      var findings = Findings()
      // A third of them counts from the end.
      let places = (0..<count).map { index in
        Int64(Self.number(index) % extent - (index % 3 == 0 ? extent : 0))
      }
      let values = (0..<count).map(value)
      let start = (0..<extent).map { value($0 + 5) }
      for (name, apply, join) in combines {
        var expected = start
        for (place, value) in zip(places, values) {
          let at = Int(place < 0 ? place + Int64(extent) : place)
          expected[at] = join(expected[at], value)
        }
        let result = apply(
          Tensor(start, shape: [extent]), Tensor(values, shape: [count]),
          Tensor<Int64>(places, shape: [count]))
        let ours = try result.gatheredScalars()
        let wrong = ours.indices.filter { !isClose(ours[$0], expected[$0]) }
        findings.check(wrong.isEmpty, "\(S.self) \(name): \(wrong.count) of \(extent) differ")
      }
      return findings.all
    }
    #expect(found.allSatisfy { $0.isEmpty }, "\(found)")
  }

  private func combines<S: NumericTensorScalar & Comparable>(
    sum: @escaping @Sendable (S, S) -> S, product: @escaping @Sendable (S, S) -> S
  ) -> [Combine<S>] {
    [
      ("sum", { $0.scatteringSum($1, at: $2, axis: 0) }, sum),
      ("product", { $0.scatteringProduct($1, at: $2, axis: 0) }, product),
      ("minimum", { $0.scatteringMinimum($1, at: $2, axis: 0) }, { Swift.min($0, $1) }),
      ("maximum", { $0.scatteringMaximum($1, at: $2, axis: 0) }, { Swift.max($0, $1) }),
    ]
  }

  @Test(arguments: [(7, 1), (1000, 1), (140_000, 1), (7, 3)])
  func everyCombinationIsThatOfALoop(extent: Int, ranks: Int) throws {
    try check(combines(sum: { $0 &+ $1 }, product: { $0 &* $1 }), extent: extent, ranks: ranks) {
      Int64(Self.number($0))
    }
    try check(combines(sum: { $0 &+ $1 }, product: { $0 &* $1 }), extent: extent, ranks: ranks) {
      UInt8(truncatingIfNeeded: Self.number($0))
    }
    try check(combines(sum: { $0 &+ $1 }, product: { $0 &* $1 }), extent: extent, ranks: ranks) {
      Int16(truncatingIfNeeded: Self.number($0))
    }
    // Near 1, so that products of ten thousands stay numbers.
    try check(combines(sum: { $0 + $1 }, product: { $0 * $1 }), extent: extent, ranks: ranks) {
      1 + (Double(Self.number($0)) / 0xFF_FFFF - 0.5) / 100
    } isClose: {
      abs($0 / $1 - 1) < 1e-10
    }
    try check(combines(sum: { $0 + $1 }, product: { $0 * $1 }), extent: extent, ranks: ranks) {
      1 + (Float(Self.number($0)) / 0xFF_FFFF - 0.5) / 100
    } isClose: {
      // The loop is in Float.
      abs($0 / $1 - 1) < 1e-2
    }
  }

  @Test func rowsOfManyPlacesAreThoseOfALoop() {
    onOneRank { _ in
      let (rows, width, extent) = (60_000, 5, 9)
      let x = Tensor<Double>.ones([extent, width])
      let places = (0..<rows).map { Self.number($0) % extent }
      let at = Tensor<Int64>(places.map { Int64($0) }, shape: [rows])
      let factors = Tensor<Double>(
        (0..<rows * width).map { Double(Self.number($0) % 1000) }, shape: [rows, width])
      let slope = gradient(of: { (x: Tensor<Double>) in (x.taking(at) * factors).sum() })(x)
      var expected = [Double](repeating: 0, count: extent * width)
      for row in 0..<rows {
        for column in 0..<width {
          expected[places[row] * width + column] += Double(
            Self.number(row * width + column) % 1000)
        }
      }
      #expect(slope.scalars == expected)
    }
  }

  @Test func specialValuesAreThoseOfReductions() {
    onOneRank { _ in
      let at = Tensor<Int64>([0, 0, 1, 1, 2])
      let values = Tensor<Float>([1, .nan, -.infinity, 2, -0.0])
      let x = Tensor<Float>([3, 3, -0.0, -0.0])
      let smallest = x.scatteringMinimum(values, at: at, axis: 0).scalars
      #expect(smallest[0].isNaN && smallest[1] == -.infinity && smallest[3].sign == .minus)
      let largest = x.scatteringMaximum(values, at: at, axis: 0).scalars
      #expect(largest[0].isNaN && largest[1] == 3)
      let sums = x.scatteringSum(values, at: at, axis: 0).scalars
      #expect(sums[0].isNaN && sums[1] == -.infinity && sums[2].sign == .minus)
      // The same of many, in bins.
      let many = Tensor<Double>.full([200_000], -0.0)
      let zeros = Tensor<Double>([-0.0, -0.0])
        .scatteringSum(many, at: Tensor<Int64>.zeros([200_000]), axis: 0).scalars
      #expect(zeros.allSatisfy { $0 == 0 && $0.sign == .minus })
    }
  }

  @Test func oneValueServesAllPlaces() {
    onOneRank { _ in
      let at = Tensor<Int64>.arange(100_000) % 10
      let counts = Tensor<Int64>.zeros([10]).scatteringSum(Tensor(1), at: at, axis: 0)
      #expect(counts.scalars == [Int64](repeating: 10_000, count: 10))
      let marks = Tensor<Int64>.zeros([12]).scattering(Tensor(7), at: at, axis: 0)
      #expect(marks.scalars == [Int64](repeating: 7, count: 10) + [0, 0])
    }
  }

  @Test func extremesShareTheirCotangent() {
    onOneRank { _ in
      let at = Tensor<Int64>([0, 0, 1, 2, 2])
      let weights = Tensor<Double>([3, 10, 100, 1000])
      // The tensor, then the values.
      let slopes = gradient(of: { (all: Tensor<Double>) in
        (all[..<4].scatteringMaximum(all[4...], at: at, axis: 0) * weights).sum()
      })([4, 7, 0, 9, 4, 4, 5, 1, 2])
      #expect(slopes.scalars == [1, 10, 0, 1000, 1, 1, 0, 0, 100])
    }
  }

  /// Of none, one, two and three zeros at a place, to the second order.
  @Test func productsHaveSlopesAtZeros() {
    onOneRank { _ in
      let at = Tensor<Int64>([0, 0, 1, 1, 2, 2, 3, 3])
      let point = Tensor<Double>([7, 4, 6, 0, 2, 5, 0, 3, 0, 0, 0, 0])
      let slope = gradient(of: { (all: Tensor<Double>) in
        all[..<4].scatteringProduct(all[4...], at: at, axis: 0).sum()
      })
      #expect(slope(point).scalars == [10, 0, 0, 0, 35, 14, 12, 0, 0, 0, 0, 0])
      // Of x·a·b the slopes by a and b are x·b and x·a.
      let second = gradient(of: { (all: Tensor<Double>) in slope(all)[4...].sum() })
      #expect(second(point).scalars == [7, 3, 0, 0, 7, 7, 4, 4, 6, 6, 0, 0])
    }
  }
}
