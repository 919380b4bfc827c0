import Tessera
import TestSupport
import Testing

/// `x[a..<-b]` and `x[a...-b]`, whose ends count from the end of an axis.
@Suite struct NegativeBoundsTests {
  /// NumPy's `range(count)[start:end]`.
  private static func positions(_ start: Int?, _ end: Int?, of count: Int) -> [Int] {
    func clamped(_ bound: Int) -> Int {
      Swift.min(Swift.max(bound < 0 ? bound + count : bound, 0), count)
    }
    let first = start.map(clamped) ?? 0
    return Array(first..<Swift.max(first, end.map(clamped) ?? count))
  }

  private static func closedEnd(_ distance: Int) -> Int? { distance == 1 ? nil : 1 - distance }

  @Test func theyAreSlices() {
    onOneRank { _ in
      for count in 0...4 {
        let x = Tensor<Int>.arange(count)
        for b in -5...5 {
          #expect(x[..<-b].scalars == Self.positions(nil, -b, of: count), "..<-\(b) of \(count)")
          #expect(x[...-b].scalars == Self.positions(nil, Self.closedEnd(b), of: count))
          for a in -5...5 {
            #expect(x[a ..<- b].scalars == Self.positions(a, -b, of: count), "\(a), \(b)")
            #expect(
              x[a ...- b].scalars == Self.positions(a, Self.closedEnd(b), of: count), "\(a), \(b)")
            #expect(x[a ..<- b] == x[.slice(a, -b)])
          }
        }
      }
    }
  }

  @Test func theExtremesAreNothingOrAll() {
    onOneRank { _ in
      let x = Tensor<Int>.arange(3)
      #expect(x[0 ..<- .max].scalars == [])
      #expect(x[0 ..<- .min].scalars == [])
      #expect(x[0 ...- .max].scalars == [])
      #expect(x[0 ...- .min].scalars == [0, 1, 2])
      #expect(x[.min ..<- 1].scalars == [0, 1])
      #expect(x[.max ...- 1].scalars == [])
    }
  }

  /// One token in all places of an index, reading and writing, on any sharding.
  @Test(arguments: [1, 2, 3]) func theyStandInEveryPlace(ranks: Int) throws {
    _ = try onLoopbackRanks(ranks) { _ in
      for placement in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
        var x = Tensor<Float>.arange(20, sharding: .replicated).reshaped(4, 5)
          .redistributed(to: placement)
        let inner: [Float] = [6, 7, 8, 11, 12, 13]
        // swift-format-ignore
        let read = x[1..<-1, 1..<-1]
        try check(read.scalars == inner, "\(read.scalars)")
        try check(x[..., 1 ..<- 1].shape == [4, 3] && x[1 ...- 2, ...].shape == [2, 5], "\(x)")
        try check(x[-3 ..<- 1, .stride(by: 2)].shape == [2, 3], "\(x)")
        x[1 ..<- 1, 1 ..<- 1] += 100
        try check(x[1 ..<- 1, 1 ..<- 1].scalars == inner.map { $0 + 100 }, "\(x)")
        x[1 ..<- 1, 1 ..<- 1] = 0
        x[..<-3] = x[3...]
        try check(Float(x.sum()) == Float(15 + 16 + 17 + 18 + 19) * 2 + 5 + 9 + 10 + 14, "\(x)")
      }
      return true
    }
  }

  private func check(_ holds: Bool, _ text: @autoclosure () -> String) throws {
    if !holds { throw TensorError("check", given: text(), expected: "something else") }
  }
}
