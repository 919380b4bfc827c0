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
    (1, 1, 1), (1, 7, 1), (1, 8, 9), (9, 8, 1), (300, 20, 1), (1, 20, 300), (5, 1, 4), (3, 4, 5),
    (8, 8, 8), (32, 17, 31), (33, 32, 4), (65, 260, 65), (129, 90, 129),
  ]) func whatLiesInTheResultDoesNotCount(m: Int, k: Int, n: Int) {
    for workers in 1...2 {
      onOneRank(workers: workers) { _ in
        Self.check(Float.self, m, k, n)
        Self.check(Double.self, m, k, n)
      }
    }
  }

  private static func checkBatches<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ type: S.Type, _ m: Int, _ k: Int, _ n: Int
  ) -> [S] {
    let (a, b) = (matrix(6 * m, k, 7, as: S.self), matrix(5 * k, n, 5, as: S.self))
    let (x, y) = (a.reshaped(6, 1, m, k), b.reshaped(5, k, n))
    let (p, q) = (a.scalars, b.scalars)
    let expected = (0..<30 * m * n).map { place in
      let (batch, rest) = place.quotientAndRemainder(dividingBy: m * n)
      let (left, right) = (batch / 5 * m * k + rest / n * k, batch % 5 * k * n + rest % n)
      return (0..<k).reduce(S(0)) { $0 + p[left + $1] * q[right + $1 * n] }
    }
    let turned = x.transposed(2, 3).evaluated().transposed(2, 3)
    let products: [(String, Tensor<S>)] = [
      ("as they lie", matmul(x, y)),
      ("by columns", matmul(turned, y.transposed(1, 2).evaluated().transposed(1, 2))),
      ("every other one", matmul(x.repeated(2, axis: 0)[.stride(by: 2)], y)),
    ]
    for (name, product) in products {
      #expect(product.scalars == expected, "\(S.self) \(m) × \(k) × \(n), \(name)")
    }
    let key = Key(2)
    return matmul(Tensor<S>.randn([300, m, k], key: key), Tensor<S>.randn([k, n], key: key)).scalars
  }

  /// Products of small matrices are taken by a kernel, those of longer sums by the library.
  @Test(arguments: [
    (1, 1, 1), (2, 3, 1), (1, 3, 2), (4, 4, 4), (7, 9, 5), (32, 32, 31), (6, 50, 3),
  ])
  func batchesHaveTheSameBitsForAnyWorkers(m: Int, k: Int, n: Int) {
    let singles = (1...3).map { workers in
      onOneRank(workers: workers) { _ in Self.checkBatches(Float.self, m, k, n) }
    }
    let doubles = (1...3).map { workers in
      onOneRank(workers: workers) { _ in Self.checkBatches(Double.self, m, k, n) }
    }
    #expect(singles.allSatisfy { $0 == singles[0] } && doubles.allSatisfy { $0 == doubles[0] })
  }

  /// The sum of products of parts that are short enough to be taken at once.
  private static func inPieces<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ a: Tensor<S>, _ b: Tensor<S>
  ) -> Tensor<S> {
    var sum = Tensor<S>.zeros([a.shape[0], b.shape[1]])
    for first in stride(from: 0, to: a.shape[1], by: 500) {
      let range = first..<Swift.min(first + 500, a.shape[1])
      sum += matmul(a[.all, range], b[range])
    }
    return sum
  }

  private static func checkLong<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ type: S.Type, _ m: Int, _ k: Int, _ n: Int
  ) -> [S] {
    let (a, b) = (matrix(m, k, 7, as: S.self), matrix(k, n, 5, as: S.self))
    let expected = inPieces(a, b).scalars
    let products: [(String, Tensor<S>)] = [
      ("as it lies", matmul(a, b)),
      ("by columns", matmul(byColumns(a), byColumns(b))),
      ("a part", matmul(a.tiled(2, 1)[m...], b)),
    ]
    for (name, product) in products {
      #expect(product.scalars == expected, "\(S.self) \(m) × \(k) × \(n), \(name)")
    }
    let key = Key(1)
    return matmul(Tensor<S>.randn([m, k], key: key), Tensor<S>.randn([k, n], key: key)).scalars
  }

  /// Of small products of long rows the sums are shared out, in parts that follow from the shape.
  @Test(arguments: [
    (16, 40_000, 16), (50, 9001, 50), (64, 4096, 64), (100, 3000, 120), (1, 9001, 50),
    (50, 9001, 1), (1, 3001, 1024), (257, 256, 1), (1, 33_000, 2),
  ])
  func longSumsHaveTheSameBitsForAnyWorkers(m: Int, k: Int, n: Int) {
    let singles = (1...3).map { workers in
      onOneRank(workers: workers) { _ in Self.checkLong(Float.self, m, k, n) }
    }
    let doubles = (1...3).map { workers in
      onOneRank(workers: workers) { _ in Self.checkLong(Double.self, m, k, n) }
    }
    #expect(singles.allSatisfy { $0 == singles[0] } && doubles.allSatisfy { $0 == doubles[0] })
  }

  private static func checkSymmetric<S: FloatingPointTensorScalar & BinaryFloatingPoint>(
    _ type: S.Type, _ extent: Int, _ depth: Int
  ) {
    let whole = matrix(extent, depth, 7, as: S.self)
    let random = Tensor<S>.randn([extent, depth], key: Key(3))
    for (name, x) in [
      ("rows", whole), ("columns", byColumns(whole)), ("random", random),
      ("random columns", byColumns(random)),
    ] {
      let product = matmul(x, x.transposed())
      let other = matmul(x, (x + 0).evaluated().transposed())
      let what = "\(S.self) \(extent) × \(depth), \(name)"
      #expect((product .== product.transposed()).all().item(), "\(what)")
      let bound = name.hasPrefix("random") ? S(depth) * S(depth) * 4 * S.ulpOfOne : 0
      #expect(((product - other).abs() .<= bound).all().item(), "\(what)")
    }
  }

  /// A matrix times itself transposed is symmetric to the bit.
  @Test(arguments: [(7, 30), (50, 9001), (65, 300), (129, 90), (300, 40), (1025, 8), (2100, 3)])
  func productsWithThemselvesAreSymmetric(extent: Int, depth: Int) {
    onOneRank(workers: 2) { _ in
      Self.checkSymmetric(Float.self, extent, depth)
      Self.checkSymmetric(Double.self, extent, depth)
    }
  }
}
