import Tessera

/// Every public operation, given an operand or an argument that it cannot take: its error calls it
/// as the user did.
enum OperandScenarios {
  private typealias Call = @Sendable () -> Void

  private static var x: Tensor<Float> { .ones([2, 3], sharding: .sharded(axis: 0)) }
  private static var y: Tensor<Float> { .ones([4]) }
  private static var holds: Tensor<Bool> { .full([2, 3], true) }
  private static var places: Tensor<Int64> { .zeros([1, 1]) }
  private static var empty: Tensor<Float> { .zeros([0, 3]) }

  /// By the name in the error; where one has several calls, they are numbered behind a point.
  private static let calls: [(name: String, call: Call)] =
    elementwise + reductions + shapes + rows + others

  private static let elementwise: [(name: String, call: Call)] = [
    ("add", { _ = x + y }), ("subtract", { _ = x - y }), ("multiply", { _ = x * y }),
    ("divide", { _ = x / y }), ("remainder", { _ = x % y }), ("power", { _ = x ** y }),
    ("minimum", { _ = minimum(x, y) }), ("maximum", { _ = maximum(x, y) }),
    ("atan2", { _ = atan2(x, y) }), ("hypot", { _ = hypot(x, y) }),
    ("equal", { _ = x .== y }), ("notEqual", { _ = x .!= y }), ("less", { _ = x .< y }),
    ("lessEqual", { _ = x .<= y }), ("greater", { _ = x .> y }),
    ("greaterEqual", { _ = x .>= y }),
    ("and", { _ = holds .& .full([4], true) }), ("or", { _ = holds .| .full([4], true) }),
    ("xor", { _ = holds .^ .full([4], true) }), ("select", { _ = select(holds, x, y) }),
    ("map2", { _ = map2(x, y) { $0 + $1 } }),
    ("copySign", { _ = copySign(x, y) }), ("nextAfter", { _ = nextAfter(x, towards: y) }),
    ("logAddExp", { _ = logAddExp(x, y) }), ("floorDivided", { _ = x.floorDivided(by: y) }),
    ("isClose", { _ = x.isClose(y) }),
  ]

  private static let reductions: [(name: String, call: Call)] = [
    ("sum", { _ = x.sum(axes: 2) }), ("product", { _ = x.product(axes: 2) }),
    ("min", { _ = x.min(axes: 2) }), ("max", { _ = x.max(axes: 2) }),
    ("min.empty", { _ = empty.min() }), ("max.empty", { _ = empty.max() }),
    ("argmin", { _ = x.argmin(axis: 2) }), ("argmax", { _ = x.argmax(axis: 2) }),
    ("argmin.empty", { _ = empty.argmin() }), ("argmax.empty", { _ = empty.argmax() }),
    ("all", { _ = holds.all(axes: 2) }), ("any", { _ = holds.any(axes: 2) }),
    ("softmax", { _ = x.softmax(axis: 2) }), ("logSoftmax", { _ = x.logSoftmax(axis: 2) }),
    ("cumulativeSum", { _ = x.cumulativeSum(axis: 2) }),
    ("covariance", { _ = y.covariance() }), ("correlation", { _ = y.correlation() }),
    ("skewness", { _ = x.skewness(axes: 2) }), ("kurtosis", { _ = x.kurtosis(axes: 2) }),
    ("distances", { _ = distances(x, y) }), ("binCounts", { _ = places.binCounts(bins: -1) }),
    ("binCounts.weights", { _ = places.binCounts(weights: y) }),
    ("histogram.range", { _ = (x / 0).histogram(bins: 3) }),
    ("grouped", { _ = x.grouped(by: places, into: 3) }),
    ("grouped.count", { _ = y.grouped(by: Tensor<Int64>.zeros([4]), into: -1) }),
    ("count", { _ = x.ignoringNaN.count(axes: 2) }),
    ("sum.NaN", { _ = x.ignoringNaN.sum(axes: 2) }),
    ("product.NaN", { _ = x.ignoringNaN.product(axes: 2) }),
    ("mean.NaN", { _ = x.ignoringNaN.mean(axes: 2) }),
    ("variance.NaN", { _ = x.ignoringNaN.variance(axes: 2) }),
    ("standardDeviation.NaN", { _ = x.ignoringNaN.standardDeviation(axes: 2) }),
    ("min.NaN", { _ = x.ignoringNaN.min(axes: 2) }),
    ("max.NaN", { _ = empty.ignoringNaN.max() }),
    ("mean.integers", { _ = places.mean(axes: 2) }),
    ("cumulativeProduct", { _ = x.cumulativeProduct(axis: 2) }),
    ("cumulativeMinimum", { _ = x.cumulativeMinimum(axis: 2) }),
    ("cumulativeMaximum", { _ = x.cumulativeMaximum(axis: 2) }),
    ("linearRecurrence", { _ = linearRecurrence(coefficients: x, inputs: x, axis: 2) }),
  ]

  private static let shapes: [(name: String, call: Call)] = [
    ("reshaped", { _ = x.reshaped(4) }), ("transposed", { _ = x.transposed(0, 2) }),
    ("permuted", { _ = x.permuted(0, -3) }), ("expandingAxis", { _ = x.expandingAxis(at: 4) }),
    ("squeezed", { _ = x.squeezed(axes: 0) }), ("expanded", { _ = x.expanded(to: [4]) }),
    ("flipped", { _ = x.flipped(axes: 2) }), ("tiled", { _ = x.tiled(-1, 1) }),
    ("repeated", { _ = x.repeated(2, axis: 2) }), ("rolled", { _ = x.rolled(by: 1, axis: 2) }),
    ("padded", { _ = x.padded([(1, 1), (1, 1), (1, 1)], with: 0) }),
    ("padded.widths", { _ = x.padded([(1, -1)], by: .edge) }),
    ("padded.nothing", { _ = empty.padded([(1, 1), (0, 0)], by: .wrapping) }),
    ("meshGrid", { _ = meshGrid([x, y]) }),
    ("unstacked", { _ = x.unstacked(axis: 2) }),
    ("diagonal", { _ = y.diagonal() }), ("triangular", { _ = y.triangular(.lower) }),
    ("diff", { _ = x.diff(axis: 2) }), ("concatenate", { _ = concatenate([x, y]) }),
    ("stack", { _ = stack([x, y]) }), ("split", { _ = x.split(5, axis: 2) }),
    ("split.extents", { _ = x.split(extents: [1, 5], axis: 0) }),
    ("redistributed", { _ = x.redistributed(to: .sharded(axis: 2)) }),
    ("index", { _ = x[5] }),
  ]

  private static let rows: [(name: String, call: Call)] = [
    ("taking", { _ = x.taking([5]) }), ("taking.axis", { _ = x.taking([0], axis: 2) }),
    ("gathered", { _ = x.gathered(at: places, axis: 2) }),
    ("gathered.shape", { _ = y.gathered(at: places, axis: 0) }),
    ("scattering", { _ = x.scattering(x, at: places, axis: 2) }),
    ("scattering.shape", { _ = y.scattering(y, at: places, axis: 0) }),
    ("scatteringSum", { _ = x.scatteringSum(x, at: places, axis: 2) }),
    ("scatteringSum.shape", { _ = y.scatteringSum(y, at: places, axis: 0) }),
    ("sorted", { _ = x.sorted(axis: 2) }), ("argsort", { _ = x.argsort(axis: 2) }),
    ("searchSorted", { _ = x.searchSorted(y) }), ("topK", { _ = x.topK(9, axis: 1) }),
    ("nonZero", { _ = Tensor<Float>(1).nonZero() }),
  ]

  private static let others: [(name: String, call: Call)] = [
    ("matmul", { _ = matmul(x, y) }), ("dot", { _ = dot(x, y) }),
    ("histogram", { _ = x.histogram(bins: 0, in: 0...1) }), ("item", { _ = x.item() }),
  ]

  /// One of each, by its name; all of them by `names`.
  static let all =
    [
      Scenario("operand-names", "rank 0 writes the name of each scenario of operands") {
        communicator throws(TensorError) in
        if communicator.rank == 0 { for (name, _) in calls { report(name) } }
      }
    ]
    + calls.map { name, call in
      Scenario("operand-\(name)", "gives \(name) what it cannot take") { _ throws(TensorError) in
        call()
        throw TensorError("operand-\(name)", given: "no error", expected: "one of \(name)")
      }
    }
}
