import Distribution
import Execution
import MessagePassing
import Shapes
import Tessera
import TestSupport
import Testing

/// Ranks that call the same kind of collective, with as many bytes, for something else: each pair
/// ends with one error on all ranks, which names both calls, and nothing moves.
@Suite struct DisagreementTests {
  struct Disagreement: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the message must contain of the call of rank 0 and of that of the others.
    let contains: [String]
    let first: @Sendable () throws -> Void
    let others: @Sendable () throws -> Void

    init(
      _ name: String, _ contains: String..., first: @escaping @Sendable () throws -> Void,
      others: @escaping @Sendable () throws -> Void
    ) {
      testDescription = name
      self.contains = contains
      self.first = first
      self.others = others
    }

    /// One operation on other operands.
    init(
      _ name: String, _ contains: String..., primitive: any Primitive,
      first: @escaping @Sendable () throws -> [Body],
      others: @escaping @Sendable () throws -> [Body]
    ) {
      testDescription = name
      self.contains = contains
      self.first = { _ = try primitive.apply(first()) }
      self.others = { _ = try primitive.apply(others()) }
    }

    /// Other operations on the same operands.
    init(
      _ name: String, _ contains: String..., first: any Primitive, others: any Primitive,
      on operands: @escaping @Sendable () throws -> [Body]
    ) {
      testDescription = name
      self.contains = contains
      self.first = { _ = try first.apply(operands()) }
      self.others = { _ = try others.apply(operands()) }
    }
  }

  private static func body<S: NumericTensorScalar>(
    _ type: S.Type, _ shape: Shape, _ placement: OperandPlacement
  ) throws -> Body {
    try Tensor<S>(
      [S](repeating: 1, count: shape.elementCount), shape: shape, placed: placement, on: .current
    ).body
  }

  private static func float(_ shape: Shape, _ placement: OperandPlacement) throws -> Body {
    try body(Float.self, shape, placement)
  }

  /// A term on every rank, of another reduction than sums.
  private static func greatest<S: NumericTensorScalar>(
    _ type: S.Type, _ shape: Shape
  ) throws -> Body {
    try Reduce(.max, axes: [0], keepingAxes: false, placement: .partial(.max)).apply([
      body(S.self, [6] + shape, .sharded(0))
    ])
  }

  private static func reduce(
    _ reduction: Reduction, _ axes: [Int], keeping: Bool = false, _ placement: Placement? = nil
  ) -> Reduce {
    Reduce(reduction, axes: axes, keepingAxes: keeping, placement: placement)
  }

  private static func sort(_ axis: Int, descending: Bool = false, count: Int? = nil) -> SortOrder {
    SortOrder(name: "sorted", axis: axis, isDescending: descending, places: count.map { 0..<$0 })
  }

  private static func indices(_ numbers: [Int64], shape: Shape) -> Tensor<Int64> {
    Tensor<Int64>(numbers, shape: shape)
  }

  private static func redistributed(_ body: Body, _ placement: Placement) throws {
    _ = try Redistribute(to: placement).apply([body])
  }

  private static func sharding(_ points: [Int]) -> Sharding {
    let parts = Mesh.world.count
    let points = points + [Int](repeating: points.last!, count: parts + 1 - points.count)
    return Sharding(mesh: .world, .sharded(axis: 1, CutPoints(points)))
  }

  static let all =
    redistributions + reductions + elementwise + movements + indexing + sorting + others

  private static let redistributions: [Disagreement] = [
    .init(
      "axes of shardings", "redistributed(Float [6, 4] sharded(axis: 0)",
      "redistributed(Float [6, 4] sharded(axis: 1)", primitive: Redistribute(to: .replicated),
      first: { [try float([6, 4], .sharded(0))] }, others: { [try float([6, 4], .sharded(1))] }),
    .init(
      "types", "Float [6, 4]", "Int32 [6, 4]", primitive: Redistribute(to: .replicated),
      first: { [try float([6, 4], .sharded(0))] },
      others: { [try body(Int32.self, [6, 4], .sharded(0))] }),
    .init(
      "types of another size", "Float [6, 4]", "Double [6, 2]",
      primitive: Redistribute(to: .replicated), first: { [try float([6, 4], .sharded(0))] },
      others: { [try body(Double.self, [6, 2], .sharded(0))] }),
    .init(
      "shapes", "Float [6, 4]", "Float [4, 6]", primitive: Redistribute(to: .replicated),
      first: { [try float([6, 4], .sharded(0))] }, others: { [try float([4, 6], .sharded(0))] }),
    .init(
      "numbers of axes", "Float [24]", "Float [6, 4]", primitive: Redistribute(to: .replicated),
      first: { [try float([24], .sharded(0))] }, others: { [try float([6, 4], .sharded(0))] }),
    .init(
      "cut points", "Float [6, 4] sharded(axis: 0)", "sharded(axis: 0, cut at [0, 1",
      primitive: Redistribute(to: .sharded(axis: 1)),
      first: { [try float([6, 4], .sharded(0))] },
      others: { [try float([6, 4], .unevenly(0))] }),
    .init(
      "targets' cut points", "[0, 1, 4", "[0, 3, 4",
      first: {
        _ = try Redistribute(to: sharding([0, 1, 4])).apply([float([6, 4], .sharded(0))])
      },
      others: {
        _ = try Redistribute(to: sharding([0, 3, 4])).apply([float([6, 4], .sharded(0))])
      }),
    .init(
      "targets' axes", "all-gather", "all-to-all", first: Redistribute(to: .replicated),
      others: Redistribute(to: .sharded(axis: 1)), on: { [try float([6, 4], .sharded(0))] }),
    .init(
      "types of terms", "Float [4]", "Int32 [4]", primitive: Redistribute(to: .replicated),
      first: { [try greatest(Float.self, [4])] }, others: { [try greatest(Int32.self, [4])] }),
    .init(
      "shapes of terms", "Float [3, 4]", "Float [4, 3]", primitive: Redistribute(to: .replicated),
      first: { [try greatest(Float.self, [3, 4])] },
      others: { [try greatest(Float.self, [4, 3])] }),
    .init(
      "reductions of terms", "partial(sum)", "partial(max)",
      primitive: Redistribute(to: .replicated), first: { [try float([4], .partial)] },
      others: { [try greatest(Float.self, [4])] }),
    .init(
      "targets of terms", "sharded(axis: 0)", "sharded(axis: 1)",
      first: Redistribute(to: .sharded(axis: 0)), others: Redistribute(to: .sharded(axis: 1)),
      on: { [try float([6, 6], .partial)] }),
    .init(
      "roots", "cut at [0, 1", "sharded(axis: 0", primitive: Redistribute(to: .replicated),
      first: { [try Slice(0..<1, along: 0, of: [6, 4]).apply([float([6, 4], .sharded(0))])] },
      others: { [try Slice(5..<6, along: 0, of: [6, 4]).apply([float([6, 4], .sharded(0))])] }),
    .init(
      "all elements and a sum", "redistributed", "sum",
      first: { _ = try Tensor<Float>(float([6], .sharded(0))).gatheredScalars() },
      others: { _ = try reduce(.sum, [0]).apply([float([6], .sharded(0))]) }),
    .init(
      "what is printed", "[2000]", "[3000]",
      first: { _ = try Tensor<Float>(float([2000], .sharded(0))).rendered() },
      others: { _ = try Tensor<Float>(float([3000], .sharded(0))).rendered() }),
  ]

  private static let reductions: [Disagreement] = [
    .init(
      "types of maxima", "max(Float", "max(Int32", primitive: reduce(.max, [0]),
      first: { [try float([6], .sharded(0))] },
      others: { [try body(Int32.self, [6], .sharded(0))] }),
    .init(
      "minimum and maximum", "all-reduce (min)", "all-reduce (max)", first: reduce(.min, [0]),
      others: reduce(.max, [0]), on: { [try float([6], .sharded(0))] }),
    .init(
      "sum and product", "sum(", "product(", first: reduce(.sum, [0]),
      others: reduce(.product, [0]), on: { [try float([6], .sharded(0))] }),
    .init(
      "axes of a sum", "axes [0]", "axes [0, 1]", first: reduce(.sum, [0], keeping: true),
      others: reduce(.sum, [0, 1], keeping: true), on: { [try float([6, 1], .sharded(0))] }),
    .init(
      "kept axes", "→ Float [4]", "→ Float [1, 4]", first: reduce(.sum, [0]),
      others: reduce(.sum, [0], keeping: true), on: { [try float([6, 4], .sharded(0))] }),
    .init(
      "extents that are summed over", "[6, 4]", "[8, 4]", primitive: reduce(.sum, [0]),
      first: { [try float([6, 4], .sharded(0))] }, others: { [try float([8, 4], .sharded(0))] }),
    .init(
      "cuts that are summed over", "sharded(axis: 0)", "cut at", primitive: reduce(.sum, [0]),
      first: { [try float([6, 4], .sharded(0))] },
      others: { [try float([6, 4], .unevenly(0))] }),
    .init(
      "integers that are summed", "Int32 [6, 4]", "Int64 [6, 4]", primitive: reduce(.sum, [0]),
      first: { [try body(Int32.self, [6, 4], .sharded(0))] },
      others: { [try body(Int64.self, [6, 4], .sharded(0))] }),
    .init(
      "placements of sums", "sharded(axis: 0)", "sharded(axis: 1)",
      first: reduce(.sum, [0], .sharded(axis: 0)), others: reduce(.sum, [0], .sharded(axis: 1)),
      on: { [try float([6, 4, 4], .sharded(0))] }),
    .init(
      "places of extremes", "argmin", "argmax",
      first: ArgReduce(.min, axes: [0], keepingAxes: false),
      others: ArgReduce(.max, axes: [0], keepingAxes: false),
      on: { [try float([6, 4], .sharded(0))] }),
    .init(
      "axes of extremes", "axes [0]", "axes [0, 1]",
      first: ArgReduce(.max, axes: [0], keepingAxes: true),
      others: ArgReduce(.max, axes: [0, 1], keepingAxes: true),
      on: { [try float([6, 1], .sharded(0))] }),
    .init(
      "types of extremes", "argmax(Float", "argmax(Int32",
      primitive: ArgReduce(.max, axes: [0], keepingAxes: false),
      first: { [try float([6, 4], .sharded(0))] },
      others: { [try body(Int32.self, [6, 4], .sharded(0))] }),
    .init(
      "orders of moments", "skewness(", "kurtosis(",
      first: StandardizedMoment(.skewness, axes: [0], keepingAxes: false),
      others: StandardizedMoment(.kurtosis, axes: [0], keepingAxes: false),
      on: { [try float([6, 4], .sharded(0))] }),
    .init(
      "extents of running sums", "[6, 2]", "[8, 2]", primitive: Cumulative(.sum, axis: 0),
      first: { [try float([6, 2], .sharded(0))] }, others: { [try float([8, 2], .sharded(0))] }),
    .init(
      "integers of running sums", "Int32", "Int64", primitive: Cumulative(.sum, axis: 0),
      first: { [try body(Int32.self, [6, 2], .sharded(0))] },
      others: { [try body(Int64.self, [6, 2], .sharded(0))] }),
    .init(
      "lengths of products", "Float [3, 6]", "Float [3, 12]", primitive: MatrixProduct(),
      first: { [try float([3, 6], .sharded(1)), try float([6, 3], .sharded(0))] },
      others: { [try float([3, 12], .sharded(1)), try float([12, 3], .sharded(0))] }),
    .init(
      "placements of products", "sharded(axis: 0)", "sharded(axis: 1)",
      first: MatrixProduct(placement: .sharded(axis: 0)),
      others: MatrixProduct(placement: .sharded(axis: 1)),
      on: { [try float([6, 6], .sharded(1)), try float([6, 6], .sharded(0))] }),
    .init(
      "ranges of histograms", "high 1.0", "high 2.0",
      first: Histogram(
        bins: 4, low: ScalarValue(0.0, as: .float32), high: ScalarValue(1.0, as: .float32)),
      others: Histogram(
        bins: 4, low: ScalarValue(0.0, as: .float32), high: ScalarValue(2.0, as: .float32)),
      on: { [try float([6, 2], .sharded(0))] }),
    .init(
      "histograms of other types", "Float [6]", "Int32 [6]",
      primitive: Histogram(
        bins: 4, low: ScalarValue(0.0, as: .float32), high: ScalarValue(1.0, as: .float32)),
      first: { [try float([6], .sharded(0))] },
      others: { [try body(Int32.self, [6], .sharded(0))] }),
  ]

  private static let elementwise: [Disagreement] = [
    .init(
      "sums and differences", "add(", "subtract(", first: Binary(.add), others: Binary(.subtract),
      on: { [try float([6, 6], .sharded(0)), try float([6, 6], .sharded(1))] }),
    .init(
      "types of operands", "add(Float", "add(Int32", primitive: Binary(.add),
      first: { [try float([6, 6], .sharded(0)), try float([6, 6], .sharded(1))] },
      others: {
        [try body(Int32.self, [6, 6], .sharded(0)), try body(Int32.self, [6, 6], .sharded(1))]
      }),
    .init(
      "operands that are exchanged", "add(Float [6, 6] sharded(axis: 0)",
      "add(Float [6, 6] sharded(axis: 1)", primitive: Binary(.add),
      first: { [try float([6, 6], .sharded(0)), try float([6, 6], .sharded(1))] },
      others: { [try float([6, 6], .sharded(1)), try float([6, 6], .sharded(0))] }),
    .init(
      "numbers", "scalar ", "with", first: { try plus(1) }, others: { try plus(2) }),
    .init(
      "sides of numbers", "scalarIsFirst false", "scalarIsFirst true",
      first: {
        let x = try greatest(Float.self, [6])
        _ = try ScalarBinary(.subtract, 2, x, scalarIsFirst: true).apply([x])
      },
      others: {
        let x = try greatest(Float.self, [6])
        _ = try ScalarBinary(.subtract, 2, x, scalarIsFirst: false).apply([x])
      }),
    .init(
      "functions of one element", "exp(", "tanh(", first: Unary(.exp), others: Unary(.tanh),
      on: { [try float([6], .partial)] }),
    .init(
      "functions that classify", "isNaN", "isFinite", first: Classify(.isNaN),
      others: Classify(.isFinite), on: { [try float([6], .partial)] }),
    .init(
      "comparisons", "less", "greater", first: Compare(.less), others: Compare(.greater),
      on: { [try float([6, 6], .sharded(0)), try float([6, 6], .sharded(1))] }),
    .init(
      "numbers that are compared with", "scalar ", "with",
      first: ScalarCompare(.less, ScalarValue(Float(1))),
      others: ScalarCompare(.less, ScalarValue(Float(2))), on: { [try float([6], .partial)] }),
    .init(
      "types to convert to", "→ Int32", "→ UInt32", first: Convert(to: .int32),
      others: Convert(to: .uint32), on: { [try float([6], .partial)] }),
    .init(
      "what is broadcast to", "→ Float [6, 4]", "→ Float [4, 6]", first: Expand(to: [6, 4]),
      others: Expand(to: [4, 6]), on: { [try greatest(Float.self, [1])] }),
  ]

  private static func plus(_ number: Double) throws {
    let x = try greatest(Float.self, [6])
    _ = try ScalarBinary(.add, number, x).apply([x])
  }

  private static let movements: [Disagreement] = [
    .init(
      "shapes to take", "[4, 6]", "[3, 8]", first: Reshape([4, 6]), others: Reshape([3, 8]),
      on: { [try float([6, 4], .sharded(1))] }),
    .init(
      "shapes to leave", "[24, 1]", "[2, 12]", primitive: Reshape([4, 6]),
      first: { [try float([24, 1], .unevenly(0))] },
      others: { [try float([2, 12], .unevenly(1))] }),
    .init(
      "axes to flip", "axes [0]", "axes [0, 1]", first: Flip(axes: [0]),
      others: Flip(axes: [0, 1]), on: { [try float([6, 4], .unevenly(0))] }),
    .init(
      "distances to roll by", "distance 1", "distance 2", first: Roll(by: 1, axis: 0),
      others: Roll(by: 2, axis: 0), on: { [try float([6, 4], .unevenly(0))] }),
    .init(
      "parts of a concatenation", "[2, 4] sharded(axis: 0) over world", "[4, 4]",
      primitive: Concatenate(axis: 0),
      first: { [try float([2, 4], .sharded(0)), try float([4, 4], .sharded(0))] },
      others: { [try float([4, 4], .sharded(0)), try float([2, 4], .sharded(0))] }),
    .init(
      "numbers of parts", "concatenate(Float [3, 4]", "concatenate(Float [2, 4]",
      primitive: Concatenate(axis: 0),
      first: { try (0..<2).map { _ in try float([3, 4], .sharded(0)) } },
      others: { try (0..<3).map { _ in try float([2, 4], .sharded(0)) } }),
    .init(
      "types of parts", "concatenate(Float", "concatenate(Int32", primitive: Concatenate(axis: 0),
      first: { [try float([2, 4], .sharded(0)), try float([4, 4], .sharded(0))] },
      others: {
        [try body(Int32.self, [2, 4], .sharded(0)), try body(Int32.self, [4, 4], .sharded(0))]
      }),
    .init(
      "axes of a concatenation", "→ Float [12, 6]", "→ Float [6, 12]", first: Concatenate(axis: 0),
      others: Concatenate(axis: 1),
      on: { [try float([6, 6], .sharded(0)), try float([6, 6], .sharded(1))] }),
    .init(
      "diagonals", "Float [6", "Float",
      first: {
        try redistributed(Diagonal(offset: 0).apply([float([6, 6], .partial)]), .replicated)
      },
      others: {
        try redistributed(Diagonal(offset: 1).apply([float([6, 6], .partial)]), .replicated)
      }),
  ]

  private static func assigned(
    _ rows: Range<Int>, _ placement: OperandPlacement
  ) throws {
    var x = Tensor<Float>(try float([6, 6], .sharded(0)))
    try x.replace([.range(rows)], with: Tensor<Float>(try float([rows.count, 6], placement)))
  }

  private static let indexing: [Disagreement] = [
    .init(
      "positions", "cut at", "redistributed(Float [4]",
      first: {
        _ = try Tensor<Float>(float([6, 4], .sharded(0))).index([.index(1)]).gatheredScalars()
      },
      others: {
        _ = try Tensor<Float>(float([6, 4], .sharded(0))).index([.index(5)]).gatheredScalars()
      }),
    .init(
      "ranges", "cut at", "redistributed(Float [3",
      first: {
        _ = try Tensor<Float>(float([8], .sharded(0))).index([.range(0..<3)]).gatheredScalars()
      },
      others: {
        _ = try Tensor<Float>(float([8], .sharded(0))).index([.range(5..<8)]).gatheredScalars()
      }),
    .init(
      "rows that are written", "start: 0, step: 1, count: 2", "start: 4, step: 1, count: 2",
      first: { try assigned(0..<2, .sharded(1)) }, others: { try assigned(4..<6, .sharded(1)) }),
    .init(
      "values that are written", "[2, 6] sharded(axis: 1)", "[2, 6] sharded(axis: 0",
      first: { try assigned(0..<2, .sharded(1)) }, others: { try assigned(0..<2, .unevenly(0)) }),
    .init(
      "indices", "positions: [0, 5, 1]", "positions: [0, 1, 5]",
      first: { try taken([0, 5, 1], shape: [3]) }, others: { try taken([0, 1, 5], shape: [3]) }),
    .init(
      "shapes of indices", "→ Float [4, 4]", "→ Float [2, 2, 4]",
      first: { try taken([0, 5, 1, 3], shape: [4]) },
      others: { try taken([0, 5, 1, 3], shape: [2, 2]) }),
    .init(
      "indices to write to", "positions: [0, 5]", "positions: [5, 0]",
      first: { try put([0, 5]) }, others: { try put([5, 0]) }),
    .init(
      "axes of indices", "gathered", "the end", first: { try gathered(0) },
      others: { try gathered(1) }),
    .init(
      "ways of scattering", "scattering(", "scattering",
      first: { try scattered(adding: false) }, others: { try scattered(adding: true) }),
    .init(
      "masks", "[6", "[3, 2",
      first: { try masked([6, 2], [6]) }, others: { try masked([3, 2, 2], [3, 2]) }),
    .init(
      "what a mask picks of", "Float [6, 2]", "Float [6, 3]",
      first: { try masked([6, 2], [6]) }, others: { try masked([6, 3], [6]) }),
    .init(
      "values under a mask", "Float [4] sharded(axis: 0) over", "Float [4] sharded(axis: 0, cut at",
      first: { try overwritten(.sharded(0)) }, others: { try overwritten(.unevenly(0)) }),
  ]

  private static func taken(_ numbers: [Int64], shape: Shape) throws {
    _ = try Tensor<Float>(float([6, 4], .sharded(0))).taken(
      at: indices(numbers, shape: shape), axis: 0)
  }

  private static func put(_ numbers: [Int64]) throws {
    var x = Tensor<Float>(try float([6, 4], .sharded(0)))
    try x.put(Tensor<Float>.ones([2, 4]), at: indices(numbers, shape: [2]), axis: 0)
  }

  private static func gathered(_ axis: Int) throws {
    let positions = Tensor<Int64>.zeros([6, 6], sharding: .sharded(axis: 0))
    _ = try GatherAlong(axis: axis).apply([float([6, 6], .sharded(0)), positions.body])
  }

  private static func scattered(adding: Bool) throws {
    let positions = Tensor<Int64>.zeros([6, 6], sharding: .sharded(axis: 0))
    _ = try ScatterAlong(axis: 0, combining: adding ? .sum : nil).apply([
      float([6, 6], .sharded(0)), positions.body, float([6, 6], .sharded(1)),
    ])
  }

  private static func masked(_ shape: Shape, _ mask: Shape) throws {
    let holds = Tensor<Bool>(
      try ScalarCompare(.greater, ScalarValue(Float(0))).apply([
        float(mask, .sharded(0))
      ]))
    let picked = try Tensor<Float>(float(shape, .unevenly(0))).masked(holds, axis: 0)
    _ = try picked.gatheredScalars()
  }

  private static func overwritten(_ placement: OperandPlacement) throws {
    var x = Tensor<Float>(try float([6, 4], .sharded(0)))
    let mask = Tensor<Bool>(
      try ScalarCompare(.greater, ScalarValue(Float(0))).apply([float([6], .sharded(0))]))
    try x.replace([.mask(mask)], with: Tensor<Float>(try float([4], placement)))
  }

  private static let sorting: [Disagreement] = [
    .init(
      "orders", "isDescending: false", "isDescending: true", first: Sort(order: sort(0)),
      others: Sort(order: sort(0, descending: true)), on: { [try float([6, 4], .sharded(0))] }),
    .init(
      "values and places of the least", "→ Float", "→ Int64", first: Sort(order: sort(0)),
      others: SortPositions(order: sort(0)), on: { [try float([6, 4], .sharded(0))] }),
    .init(
      "how many of the greatest", "→ Float [1, 4]", "→ Float [2, 4]",
      first: Sort(order: sort(0, descending: true, count: 1)),
      others: Sort(order: sort(0, descending: true, count: 2)),
      on: { [try float([6, 4], .sharded(0))] }),
    .init(
      "places in order", "→ Float [6, 1]", "→ Float [6, 2]",
      first: Sort(order: SortOrder(name: "quantile", axis: 1, isDescending: false, places: 1..<2)),
      others: Sort(order: SortOrder(name: "quantile", axis: 1, isDescending: false, places: 1..<3)),
      on: { [try float([6, 4], .sharded(1))] }),
    .init(
      "types that are sorted", "sorted(Float", "sorted(Int32", primitive: Sort(order: sort(0)),
      first: { [try float([6, 4], .sharded(0))] },
      others: { [try body(Int32.self, [6, 4], .sharded(0))] }),
    .init(
      "shapes that are sorted", "Float [6, 4]", "Float [4, 6]", primitive: Sort(order: sort(0)),
      first: { [try float([6, 4], .sharded(0))] }, others: { [try float([4, 6], .sharded(0))] }),
  ]

  private static let others: [Disagreement] = [
    .init(
      "what is agreed on", "is in open", "in close",
      first: { try Job.agreeing(on: "open") {} }, others: { try Job.agreeing(on: "close") {} }),
    .init(
      "an agreement and a sum", "is in open", "sum(Float",
      first: { try Job.agreeing(on: "open") {} },
      others: { _ = try reduce(.sum, [0]).apply([float([6], .sharded(0))]) }),
    .init(
      "a sum and nothing", "sum(Float", "in the end",
      first: { _ = try reduce(.sum, [0]).apply([float([6], .sharded(0))]) }, others: {}),
    .init(
      "functions of the user's", "map(Float", "map(Int32",
      first: {
        _ = try MapElements<Float, Float>(function: .unary { $0 }).apply([float([6], .partial)])
      },
      others: {
        _ = try MapElements<Int32, Float>(function: .unary { Float($0) }).apply([
          body(Int32.self, [6], .partial)
        ])
      }),
  ]

  /// How ranks are joined: as loopback ranks, in shared memory, as nodes.
  @Test(arguments: all, [(2, nil), (3, nil), (2, 2), (3, 2)] as [(Int, Int?)])
  func namesBothCallsOnEveryRank(_ calls: Disagreement, ranks: (count: Int, perNode: Int?)) throws {
    let errors = try onLoopbackRanks(ranks.count, ranksPerNode: ranks.perNode) {
      runtime -> TensorError? in
      do {
        try runtime.communicator.rank == 0 ? calls.first() : calls.others()
        try runtime.communicator.barrier(as: CollectiveLabel("the end"))
      } catch let error as TensorError {
        return error
      }
      return nil
    }
    #expect(Set(errors).count == 1)
    let text = errors[0]?.description ?? "nothing"
    for part in ["rank 0 is in"] + calls.contains { #expect(text.contains(part), "\(text)") }
  }
}
