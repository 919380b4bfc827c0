import Tessera
import TestSupport
import Testing

/// Products of matrices with one row or column, and of others.
@Suite struct MatrixProductTests {
  /// Small integers, so that sums are exact in any order.
  private static func matrix<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ rows: Int, _ columns: Int, _ step: Int, as type: S.Type
  ) -> Tensor<S> {
    let scalars = (0..<rows * columns).map { S(($0 * step + 3) % 13) - 6 }
    return Tensor(scalars, shape: [rows, columns])
  }

  /// The same elements, of which those of a column are neighbours.
  private static func byColumns<S: TensorScalar>(_ x: Tensor<S>) -> Tensor<S> {
    Tensor(x.transposed().scalars, shape: [x.shape[1], x.shape[0]]).transposed()
  }

  private static func check<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ type: S.Type, _ m: Int, _ k: Int, _ n: Int
  ) {
    let (a, b) = (matrix(m, k, 7, as: S.self), matrix(k, n, 5, as: S.self))
    let (x, y) = (a.scalars, b.scalars)
    let expected = (0..<m * n).map { place in
      (0..<k).reduce(S(0)) { $0 + x[place / n * k + $1] * y[$1 * n + place % n] }
    }
    let products: [(String, () -> Tensor<S>)] = [
      ("as it lies", { matmul(a, b) }),
      ("by columns", { matmul(byColumns(a), b) }),
      ("both by columns", { matmul(byColumns(a), byColumns(b)) }),
      ("every other column", { matmul(a.repeated(2, axis: 1)[.all, .stride(by: 2)], b) }),
    ]
    for (name, product) in products {
      // The product's memory is that of these.
      do { _ = Tensor<S>.full([m, n], .nan).storageIdentifier }
      #expect(product().scalars == expected, "\(S.self) \(m) × \(k) × \(n), \(name)")
    }
  }

  @Test(arguments: [
    (1, 1, 1), (1, 7, 1), (300, 20, 1), (1, 20, 300), (5, 1, 4), (65, 260, 65), (129, 90, 129),
  ]) func whatLiesInTheResultDoesNotCount(m: Int, k: Int, n: Int) {
    for workers in 1...2 {
      onOneRank(workers: workers) { _ in
        Self.check(Float.self, m, k, n)
        Self.check(Double.self, m, k, n)
      }
    }
  }
}
