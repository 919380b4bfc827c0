import Execution
import Tessera
import TestSupport
import Testing

/// Elementwise programs over rows that lie apart from each other, or that broadcasting repeats: the
/// same bits as loops over single elements.
@Suite struct RowChainTests {
  private typealias Number = FloatingPointTensorScalar & BinaryFloatingPoint

  private struct Operands<S: Number> {
    let rows, columns: Int
    let whole: Tensor<S>
    let column: Tensor<S>
    let row: Tensor<S>
    let factor: S = 0.7

    init(_ rows: Int, _ columns: Int, gap: Int) {
      (self.rows, self.columns) = (rows, columns)
      whole = .randn([rows, columns + gap], key: Key(1))
      column = .randn([rows, 1], key: Key(2))
      row = .randn([columns], key: Key(3))
    }

    /// The first columns but one.
    var ranges: PartialRangeFrom<Int> { (whole.shape[1] - columns)... }

    func expected(_ function: (_ element: S, _ column: S, _ row: S) -> S) -> [S] {
      let (whole, column, row) = (whole.scalars, self.column.scalars, self.row.scalars)
      let width = self.whole.shape[1]
      return (0..<rows * columns).map {
        let (i, j) = $0.quotientAndRemainder(dividingBy: columns)
        return function(whole[i * width + width - columns + j], column[i], row[j])
      }
    }
  }

  private func check<S: Number>(_: S.Type, _ rows: Int, _ columns: Int, gap: Int) {
    let given = Operands<S>(rows, columns, gap: gap)
    let (view, u, v) = (given.whole[..., given.ranges], given.column, given.row)
    let name = "\(rows) rows of \(columns) \(S.self), \(gap) apart"
    #expect((view + v).scalars == given.expected { $0 + $2 }, "\(name): +")
    #expect((v - view).scalars == given.expected { $2 - $0 }, "\(name): -")
    #expect((view * u).scalars == given.expected { a, c, _ in a * c }, "\(name): *")
    #expect(view.square().scalars == given.expected { a, _, _ in a * a }, "\(name): square")
    #expect((u * v).scalars == given.expected { $1 * $2 }, "\(name): outer product")
    let factor = given.factor
    #expect(
      ((view - u * v) * factor).scalars == given.expected { ($0 - $1 * $2) * factor },
      "\(name): three")
    #expect(
      maximum(view.abs().sqrt(), v / u).scalars
        == given.expected { Swift.max(abs($0).squareRoot(), $2 / $1) }, "\(name): max")

    var target = given.whole
    target[..., given.ranges] -= u * v
    #expect(
      target[..., given.ranges].scalars == given.expected { $0 - $1 * $2 }, "\(name): in place")
    #expect(
      target[..., 0..<gap].scalars == given.whole[..., 0..<gap].scalars, "\(name): beside it")
  }

  /// One function at a time, and several in one program.
  @Test(arguments: [Int.max, 0])
  func rowsOfAllLengths(deferredFrom least: Int) {
    onOneRank(workers: 2, deferringFrom: least) { _ in
      for columns in [1, 7, 8, 15, 16, 33, 64, 100, 300] {
        for gap in [0, 3] {
          check(Float.self, 40, columns, gap: gap)
          check(Double.self, 9, columns, gap: gap)
        }
      }
      check(Double.self, 3000, 50, gap: 7)
      // Past the caches, in whole lines and not.
      check(Float.self, 140_000, 16, gap: 0)
      check(Double.self, 70_000, 17, gap: 1)
    }
  }

  @Test func moreAxes() {
    let x = Tensor<Double>.randn([3, 10, 4, 24], key: Key(5))
    let row = Tensor<Double>.randn([20], key: Key(6))
    let view = x[.ellipsis, 2..<22].permuted([1, 2, 0, 3])
    let (wanted, terms) = (view.scalars, row.scalars)
    let sum = view * 2 + row
    #expect(
      sum.scalars == wanted.enumerated().map { $1 * 2 + terms[$0 % 20] }, "three axes of rows")
    let flipped = x.flipped(axes: 1)[.ellipsis, 2..<22] + row
    #expect(
      flipped.scalars
        == x.flipped(axes: 1)[.ellipsis, 2..<22].scalars.enumerated().map { $1 + terms[$0 % 20] },
      "rows that lie backwards")
  }
}
