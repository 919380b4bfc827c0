import ArgumentParser
import Tessera

/// Cases that have something in common.
enum Suite: String, CaseIterable, ExpressibleByArgument {
  case elementwise, reduction, shape, matmul, random, overhead, training, jobs, collectives
  case scaling

  func cases(_ scale: Scale) -> [Case] {
    switch self {
    case .elementwise: Self.elementwise(scale)
    case .reduction: Self.reduction(scale)
    case .shape: Self.shape(scale)
    case .matmul: Self.matmul(scale)
    case .random: Self.random(scale)
    case .overhead: Self.overhead()
    case .training: Self.training(scale)
    case .jobs: Self.jobs(scale)
    case .collectives: Self.collectives(scale)
    case .scaling: Self.scaling(scale)
    }
  }
}

/// How large operands are.
struct Scale {
  /// Rows and columns of matrices.
  var side: Int
  /// Rows and columns of the operands of matrix products.
  var products: [Int]
  /// How many numbers come into a perceptron, and go out of each of its layers.
  var layers: [Int]
  /// The rows of a batch.
  var batch: Int
  var isQuick = false

  /// 256 MiB of Float, more than any cache holds.
  static let full = Scale(
    side: 8192, products: [1024, 2048, 3072], layers: [784, 1024, 1024, 10], batch: 512)

  /// Divisible by nothing, so that shards and tails are uneven.
  static let quick = Scale(
    side: 251, products: [97], layers: [53, 31, 29, 7], batch: 23,
    isQuick: true)

  /// Elements of a matrix.
  var elements: Int { side * side }

  /// The size of a job.
  func size(_ full: Int, quick: Int) -> Int { isQuick ? quick : full }
}

/// One operation whose time is taken.
struct Case {
  /// Suite and operation, as cases.md lists it.
  var name: String
  /// Elements of the result or, where that is smaller, of the operand; rows of a matrix product.
  var size: Int
  /// The least that the machine has to do for it.
  var bound: Bound
  /// Whether it is a loop of small steps, each of which another library may fuse with the next.
  var hasSmallSteps: Bool
  /// Fewer ranks have nothing to do.
  var leastRanks = 1
  /// Makes the operands. Collective.
  var prepare: () throws(TensorError) -> Trial

  init(
    _ name: String, size: Int, _ bound: Bound, hasSmallSteps: Bool = false,
    prepare: @escaping () throws(TensorError) -> Trial
  ) {
    self.name = name
    self.size = size
    self.bound = bound
    self.hasSmallSteps = hasSmallSteps
    self.prepare = prepare
  }
}
