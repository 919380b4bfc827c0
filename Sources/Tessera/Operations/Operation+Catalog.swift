import Execution

// Elementwise
extension Operation {
  /// A function of each element.
  public static func unary(_ function: UnaryFunction) -> Operation {
    .init(Unary(function), operands: 1)
  }

  /// A function of two elements each, with broadcasting.
  public static func binary(_ function: BinaryFunction) -> Operation {
    .init(Binary(function), operands: 2)
  }

  /// A function of three elements each, with broadcasting.
  public static func ternary(_ function: TernaryFunction) -> Operation {
    .init(Ternary(function), operands: 3)
  }

  /// A comparison of two elements each, with broadcasting; gives Booleans.
  public static func compare(_ comparison: Comparison) -> Operation {
    .init(Compare(comparison), operands: 2)
  }

  /// A function of each element and a number, which is of the operand's type and comes second
  /// unless said otherwise.
  public static func binary(
    _ function: BinaryFunction, _ number: Double, numberIsFirst: Bool = false
  ) -> Operation {
    .init(function.name, operands: 1) { (operands) throws(TensorError) in
      ScalarBinary(
        function, ScalarValue(number, as: operands[0].scalarType), scalarIsFirst: numberIsFirst)
    }
  }

  /// A comparison of each element with a number, which is of the operand's type; gives Booleans.
  public static func compare(_ comparison: Comparison, _ number: Double) -> Operation {
    .init(comparison.name, operands: 1) { (operands) throws(TensorError) in
      ScalarCompare(comparison, ScalarValue(number, as: operands[0].scalarType))
    }
  }

  /// What kind of number each element is; gives Booleans.
  public static func classify(_ classification: Classification) -> Operation {
    .init(Classify(classification), operands: 1, types: .floatingPoint)
  }

  /// Elements of one tensor where a mask holds, and of another where it does not: the mask, then
  /// both.
  public static var select: Operation { .init(Select(), operands: 3, types: .mask) }

  /// The same numbers in another scalar type.
  public static func convert(to type: ScalarType) -> Operation {
    .init(Convert(to: type), operands: 1)
  }
}

// Products and reductions
extension Operation {
  /// The matrix product of the last two axes of two operands; other axes broadcast.
  public static var matmul: Operation { .init(MatrixProduct(), operands: 2) }

  /// A reduction over some axes; negative ones count from the end.
  public static func reduce(
    _ reduction: Reduction, axes: [Int], keepingAxes: Bool = false
  ) -> Operation {
    .init("\(reduction)", operands: 1) { (operands) throws(TensorError) in
      Reduce(
        reduction, axes: try Axes(axes).resolved(in: operands[0].shape, for: "\(reduction)"),
        keepingAxes: keepingAxes)
    }
  }

  /// The position of the least or the largest element over some axes, counted in row-major order of
  /// these; Int64.
  public static func argReduce(
    _ reduction: Reduction, axes: [Int], keepingAxes: Bool = false
  ) -> Operation {
    let name = reduction == .min ? "argmin" : "argmax"
    return .init(name, operands: 1, types: .numbers) { (operands) throws(TensorError) in
      guard reduction == .min || reduction == .max else {
        throw TensorError("argReduce", given: "\(reduction)", expected: "min or max")
      }
      return ArgReduce(
        reduction, axes: try Axes(axes).resolved(in: operands[0].shape, for: name),
        keepingAxes: keepingAxes)
    }
  }

  /// The variance over some axes, with `ddof` less than their number of elements below the sum of
  /// squares.
  public static func variance(
    axes: [Int], keepingAxes: Bool = false, ddof: Int = 0
  ) -> Operation {
    .init("variance", operands: 1, types: .floatingPoint) { (operands) throws(TensorError) in
      Variance(
        axes: try Axes(axes).resolved(in: operands[0].shape, for: "variance"),
        keepingAxes: keepingAxes, ddof: ddof)
    }
  }

  /// The Euclidean norm over some axes.
  public static func norm(axes: [Int], keepingAxes: Bool = false) -> Operation {
    .init("norm", operands: 1, types: .floatingPoint) { (operands) throws(TensorError) in
      Norm(
        axes: try Axes(axes).resolved(in: operands[0].shape, for: "norm"),
        keepingAxes: keepingAxes)
    }
  }

  /// The sums of all elements up to each along an axis.
  public static func cumulativeSum(axis: Int) -> Operation {
    along(axis, "cumulativeSum") { Cumulative(.sum, axis: $0) }
  }

  /// The products of all elements up to each along an axis.
  public static func cumulativeProduct(axis: Int) -> Operation {
    along(axis, "cumulativeProduct", types: .numbers) { Cumulative(.product, axis: $0) }
  }

  /// The smallest of all elements up to each along an axis.
  public static func cumulativeMinimum(axis: Int) -> Operation {
    along(axis, "cumulativeMinimum", types: .numbers) { Cumulative(.min, axis: $0) }
  }

  /// The largest of all elements up to each along an axis.
  public static func cumulativeMaximum(axis: Int) -> Operation {
    along(axis, "cumulativeMaximum", types: .numbers) { Cumulative(.max, axis: $0) }
  }

  /// h[t] = a[t] · h[t − 1] + b[t] along an axis of what both operands broadcast to: the
  /// coefficients a, then the inputs b.
  public static func linearRecurrence(axis: Int) -> Operation {
    .init("linearRecurrence", operands: 2, types: .numbers) { (operands) throws(TensorError) in
      LinearRecurrence(axis: try LinearRecurrence.axis(axis, of: operands.map(\.shape)))
    }
  }
}

// Order
extension Operation {
  /// The elements in order along an axis.
  public static func sort(axis: Int, descending: Bool = false) -> Operation {
    along(axis, "sorted", types: .numbers) {
      Sort(order: SortOrder(name: "sorted", axis: $0, isDescending: descending))
    }
  }

  /// The positions of the elements in order along an axis; Int64.
  public static func argsort(axis: Int, descending: Bool = false) -> Operation {
    along(axis, "argsort", types: .numbers) {
      SortPositions(order: SortOrder(name: "argsort", axis: $0, isDescending: descending))
    }
  }

  /// The positions at which values would be inserted into elements in ascending order along one
  /// axis: these, then the values; Int64.
  public static func searchSorted(side: SearchSide = .left) -> Operation {
    .init(SearchSorted(side: side), operands: 2, types: .numbers)
  }
}

// Movement
extension Operation {
  /// The same elements in another shape; one -1 is inferred.
  public static func reshape(_ shape: Shape) -> Operation { .init(Reshape(shape), operands: 1) }

  /// Axes in the given order, each named once; negative ones count from the end.
  public static func permute(_ axes: [Int]) -> Operation {
    .init("permuted", operands: 1) { (operands) throws(TensorError) in
      try Permute(given: axes, for: operands[0].shape)
    }
  }

  /// Repetition along axes of extent 1 and new leading ones.
  public static func expand(to shape: Shape) -> Operation {
    .init(Expand(to: shape), operands: 1)
  }

  /// Operands one after another along an axis; a negative one counts from the end.
  public static func concatenate(axis: Int) -> Operation {
    .init("concatenate", operands: nil) { (operands) throws(TensorError) in
      Concatenate(axis: try operands[0].shape.resolvedAxis(axis, for: "concatenate"))
    }
  }

  /// The part that an index picks. Steps are positive: elements in reverse order are a flip of what
  /// is picked.
  public static func index(_ indices: IndexExpression...) -> Operation {
    .init("index", operands: 1) { (operands) throws(TensorError) in
      for case .slice(_, _, let step) in indices where step < 0 {
        throw TensorError("index", given: "a slice with step \(step)", expected: "a positive step")
      }
      return Slice(try Selection(indices, of: operands[0].shape, for: "index"))
    }
  }

  /// Elements in reverse order along some axes.
  public static func flip(_ axes: [Int]) -> Operation {
    .init("flipped", operands: 1) { (operands) throws(TensorError) in
      Flip(axes: try Axes(axes).resolved(in: operands[0].shape, for: "flipped"))
    }
  }

  /// A diagonal of the matrices in the last two axes.
  public static func diagonal(offset: Int = 0) -> Operation {
    .init(Diagonal(offset: offset), operands: 1)
  }

  /// Rows of an axis at positions, where the axis is whole on every rank: the tensor, then the
  /// positions. A tensor that is cut along the axis is cut along another one for it.
  public static func take(axis: Int) -> Operation {
    along(axis, "taking", operands: 2, types: .positions) {
      Take(.operand(axis: $0))
    }
  }

  /// Elements picked along an axis by an index for each: the tensor, then the indices.
  public static func gather(axis: Int) -> Operation {
    along(axis, "gathered", operands: 2, types: .positions) { GatherAlong(axis: $0) }
  }

  /// Elements written along an axis at an index for each, or combined with what is there: the
  /// tensor, the indices, the values.
  public static func scatter(axis: Int, combining reduction: Reduction? = nil) -> Operation {
    let name = ScatterAlong(axis: 0, combining: reduction).name
    return along(axis, name, operands: 3, types: .positions) {
      ScatterAlong(axis: $0, combining: reduction)
    }
  }

  /// The same tensor under another placement.
  public static func redistribute(to placement: Placement) -> Operation {
    .init(Redistribute(to: placement), operands: 1)
  }

  /// A primitive along one axis of its first operand; a negative one counts from the end.
  private static func along(
    _ axis: Int, _ name: String, operands count: Int = 1, types: OperandTypes = .alike,
    _ primitive: @escaping @Sendable (Int) -> any Primitive
  ) -> Operation {
    .init(name, operands: count, types: types) { (operands) throws(TensorError) in
      primitive(try operands[0].shape.resolvedAxis(axis, for: name))
    }
  }
}
