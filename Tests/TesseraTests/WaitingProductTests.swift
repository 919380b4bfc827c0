import Execution
import Tessera
import TestSupport
import Testing

/// Products that wait until they are asked for: their bits, what is done on their tiles, and what
/// they hold until then.
@Suite struct WaitingProductTests {
  /// Runs a body on one rank where all that can wait does, and where nothing does.
  @discardableResult
  private func bothWays<R: Equatable>(_ body: (Runtime) throws -> R) rethrows -> R {
    let waiting = try onOneRank(workers: 2, deferringFrom: 0, body)
    let direct = try onOneRank(workers: 2, deferringFrom: .max, body)
    #expect(waiting == direct)
    return waiting
  }

  private static func operands<S: FloatingPointTensorScalar>(
    _ rows: Int, _ depth: Int, _ columns: Int, _: S.Type = S.self
  ) -> (x: Tensor<S>, w: Tensor<S>, bias: Tensor<S>) {
    (
      Tensor.randn([rows, depth], key: Key(1)), Tensor.randn([depth, columns], key: Key(2)),
      Tensor.randn([columns], key: Key(3))
    )
  }

  /// Products of one tile, of several, whose rows are cut too, of long sums that are taken in
  /// parts, of a row, and of nothing.
  private static let sizes = [
    (5, 3, 4), (700, 90, 33), (300, 70, 2100), (9, 5000, 7), (1, 40, 50), (0, 3, 4), (3, 0, 4),
    (130, 1, 17),
  ]

  @Test(arguments: sizes) func biasAndActivationHaveTheSameBits(size: (Int, Int, Int)) {
    func bits<S: FloatingPointTensorScalar>(_: S.Type) {
      bothWays { _ in
        let (x, w, bias) = Self.operands(size.0, size.1, size.2, S.self)
        return (matmul(x, w) + bias).relu().scalars + tanh(matmul(x, w) * 0.1).scalars
      }
    }
    bits(Float.self)
    bits(Double.self)
  }

  @Test func workOnTilesTakesNoMemoryBesideItsResult() {
    onOneRank(workers: 2, deferringFrom: 0) { runtime in
      let (x, w, bias) = Self.operands(700, 90, 64, Float.self)
      _ = matmul(x, w).storageIdentifier
      let before = runtime.arena.statistics
      let y = (matmul(x, w) + bias).relu()
      #expect(y.body.isPending)
      #expect(runtime.arena.statistics.allocations == before.allocations)
      _ = y.storageIdentifier
      #expect(runtime.arena.statistics.allocations == before.allocations + 1)
    }
  }

  /// A product that several read, or that a tensor has, is computed once.
  @Test func sharedProducts() {
    onOneRank(workers: 2, deferringFrom: 0) { runtime in
      let (x, w, bias) = Self.operands(300, 20, 30, Float.self)
      let z = matmul(x, w)
      let expected = matmul(x, w).scalars
      let before = runtime.arena.statistics
      let sum = z + bias
      let difference = z - bias
      #expect(z.body.isPending)
      _ = (sum.storageIdentifier, difference.storageIdentifier)
      #expect(!z.body.isPending || z.scalars == expected)
      #expect(z.scalars == expected)
      // The product and both results.
      #expect(runtime.arena.statistics.allocations == before.allocations + 3)
    }
    bothWays { _ in
      let (x, w, bias) = Self.operands(300, 20, 30, Double.self)
      let z = matmul(x, w)
      return ((z + bias) * z - sigmoid(z)).scalars + z.scalars
    }
  }

  @Test func severalProductsInOneProgram() {
    bothWays { _ in
      let (x, w, bias) = Self.operands(400, 30, 20, Float.self)
      let v = Tensor<Float>.randn([30, 20], key: Key(5))
      let gate = sigmoid(matmul(x, v))
      return (gate * tanh(matmul(x, w) + bias) + matmul(x, w + v)).scalars
    }
  }

  @Test func otherTypesAndOrders() {
    bothWays { _ in
      let (x, w, _) = Self.operands(150, 30, 140, Float.self)
      let z = matmul(x, w)
      let mask = (matmul(x, w) .> 0.5).scalars.map { $0 ? Float(1) : 0 }
      let wide = matmul(x, w).converted(to: Double.self).scalars.map { Float($0) }
      let other = Tensor<Float>.randn([140, 150], key: Key(8))
      return mask + wide + (z + other.transposed()).scalars
        + (z + other.transposed()).sum(axes: 0).scalars
    }
  }

  @Test func reductionsOfProducts() {
    bothWays { _ in
      let (x, w, bias) = Self.operands(333, 40, 50, Float.self)
      let z = matmul(x, w) + bias
      return matmul(x, w).sum(axes: 0).scalars + z.max(axes: 1).scalars + z.scalars
        + (z * z).mean(axes: 0).scalars
    }
  }

  /// What is overwritten before a product is asked for, it has read before.
  @Test func factorsThatAreOverwritten() {
    bothWays { _ in
      var (x, w, bias) = Self.operands(200, 30, 40, Float.self)
      let z = matmul(x, w)
      let y = (matmul(x, w) + bias).relu()
      x[0..<100] = Tensor<Float>.zeros([100, 30])
      w *= 2
      bias += 1
      return z.scalars + y.scalars + matmul(x, w).scalars
    }
  }

  /// A product goes where it is assigned, over one of its own factors too.
  @Test func productsThatAreAssigned() {
    bothWays { _ in
      var (x, _, _) = Self.operands(120, 120, 120, Float.self)
      let other = Tensor<Float>.randn([120, 120], key: Key(4))
      x[0..<120] = matmul(x, other)
      x += matmul(other, x)
      x[10..<20, 0..<60] = matmul(x[0..<10], other)[0..<10, 60..<120]
      return x.scalars
    }
  }

  @Test func gradientsOnTiles() {
    bothWays { _ in
      let (x, w, bias) = Self.operands(250, 30, 40, Double.self)
      let weights = [Parameter(w), Parameter(Tensor<Double>.randn([40, 3], key: Key(7)))]
      let shift = Parameter(bias)
      let tape = GradientTape()
      let loss = tape.record {
        let hidden = (matmul(x, weights[0].value) + shift.value).relu()
        return matmul(hidden, weights[1].value).square().mean()
      }
      let gradients = tape.gradients(of: loss, at: weights + [shift])
      return loss.scalars + gradients.flatMap { $0.scalars }
    }
  }

  @Test(arguments: 1...3) func onSeveralRanks(ranks: Int) throws {
    let expected = onOneRank(deferringFrom: .max) { _ in Self.activations(.replicated) }
    for sharding in [Placement.replicated, .sharded(axis: 0), .sharded(axis: 1)] {
      let results = try onLoopbackRanks(ranks, deferringFrom: 0) { _ in Self.activations(sharding) }
      for result in results {
        #expect(zip(result, expected).allSatisfy { abs($0 - $1) < 1e-9 }, "\(sharding)")
      }
    }
  }

  /// Of what one rank holds a product waits, of what the other holds it does not.
  @Test func onOneRankOfTwo() throws {
    let results = try onLoopbackRanks(2) { _ in
      let x = Tensor<Float>.randn([257, 64], key: Key(1), sharding: .sharded(axis: 0))
      let w = Tensor<Float>.randn([64, 255], key: Key(2), sharding: .sharded(axis: 1))
      let z = matmul(x, w)
      return (z.body.isPending, z.sum().item(), (z + 1).max().item())
    }
    #expect(!results[0].0 && results[1].0)
    #expect(results[0].1 == results[1].1 && results[0].2 == results[1].2)
  }

  private static func activations(_ sharding: Placement) -> [Double] {
    let x = Tensor<Double>.randn([60, 30], key: Key(1), sharding: sharding)
    let w = Tensor<Double>.randn([30, 20], key: Key(2), sharding: sharding)
    let bias = Tensor<Double>.randn([20], key: Key(3))
    return (matmul(x, w) + bias).relu().scalars
  }
}
