import Tessera

/// An operation by the name that the command line has for it, with what it is told there.
struct NamedOperation {
  /// What operations may be told.
  struct Options {
    var axes: [Int]?
    var keepingAxes = false
    var shape: Shape?
    var number: Double?
    var type: ScalarType?
    var sharding: Placement?
  }

  /// The names that operations of their own have, in the order of help.
  static let names =
    [
      "matmul", "sum", "product", "min", "max", "argmin", "argmax", "variance", "norm",
      "cumulativeSum", "cumulativeProduct", "cumulativeMinimum", "cumulativeMaximum",
      "linearRecurrence", "sorted", "argsort", "searchSorted", "concatenate", "reshaped",
      "permuted", "transposed", "flipped", "diagonal", "expanded", "redistributed", "converted",
      "select",
      "taking", "gathered", "scattering", "scatteringSum", "scatteringProduct",
      "scatteringMinimum", "scatteringMaximum",
    ]

  let operation: Operation

  /// - Parameter operands: what it is applied to, for those options that depend on it.
  init(
    _ name: String, _ options: Options, of operands: [TensorDescription]
  ) throws(TensorError) {
    operation = try Self.operation(name, options, operands)
  }

  private static func operation(
    _ name: String, _ options: Options, _ operands: [TensorDescription]
  ) throws(TensorError) -> Operation {
    if let function = UnaryFunction.allCases.first(where: { "\($0)" == name }) {
      return .unary(function)
    }
    if let function = BinaryFunction.allCases.first(where: { "\($0)" == name }) {
      return options.number.map { .binary(function, $0) } ?? .binary(function)
    }
    if let function = TernaryFunction.allCases.first(where: { $0.name == name }) {
      return .ternary(function)
    }
    if let comparison = Comparison.allCases.first(where: { "\($0)" == name }) {
      return options.number.map { .compare(comparison, $0) } ?? .compare(comparison)
    }
    let all = Array(0..<(operands.first?.shape.count ?? 0))
    func axis() throws(TensorError) -> Int {
      guard let axes = options.axes, axes.count == 1 else {
        throw missing("--axis with one number")
      }
      return axes[0]
    }
    func missing(_ option: String) -> TensorError {
      TensorError("explain", given: name, expected: option)
    }
    let axes = options.axes ?? all
    switch name {
    case "matmul": return .matmul
    case "sum": return .reduce(.sum, axes: axes, keepingAxes: options.keepingAxes)
    case "product": return .reduce(.product, axes: axes, keepingAxes: options.keepingAxes)
    case "min": return .reduce(.min, axes: axes, keepingAxes: options.keepingAxes)
    case "max": return .reduce(.max, axes: axes, keepingAxes: options.keepingAxes)
    case "argmin": return .argReduce(.min, axes: axes, keepingAxes: options.keepingAxes)
    case "argmax": return .argReduce(.max, axes: axes, keepingAxes: options.keepingAxes)
    case "variance": return .variance(axes: axes, keepingAxes: options.keepingAxes)
    case "norm": return .norm(axes: axes, keepingAxes: options.keepingAxes)
    case "cumulativeSum": return .cumulativeSum(axis: try axis())
    case "cumulativeProduct": return .cumulativeProduct(axis: try axis())
    case "cumulativeMinimum": return .cumulativeMinimum(axis: try axis())
    case "cumulativeMaximum": return .cumulativeMaximum(axis: try axis())
    case "linearRecurrence": return .linearRecurrence(axis: try axis())
    case "sorted": return .sort(axis: try axis())
    case "argsort": return .argsort(axis: try axis())
    case "searchSorted": return .searchSorted()
    case "concatenate": return .concatenate(axis: try axis())
    case "permuted": return .permute(axes)
    case "transposed": return .permute(options.axes ?? all.reversed())
    case "flipped": return .flip(axes)
    case "diagonal": return .diagonal()
    case "select": return .select
    case "taking": return .take(axis: try axis())
    case "gathered": return .gather(axis: try axis())
    case "scattering": return .scatter(axis: try axis())
    case "scatteringSum": return .scatter(axis: try axis(), combining: .sum)
    case "scatteringProduct": return .scatter(axis: try axis(), combining: .product)
    case "scatteringMinimum": return .scatter(axis: try axis(), combining: .min)
    case "scatteringMaximum": return .scatter(axis: try axis(), combining: .max)
    case "reshaped":
      guard let shape = options.shape else { throw missing("--to with a shape") }
      return .reshape(shape)
    case "expanded":
      guard let shape = options.shape else { throw missing("--to with a shape") }
      return .expand(to: shape)
    case "redistributed":
      guard let sharding = options.sharding else { throw missing("--to with a sharding") }
      return .redistribute(to: sharding)
    case "converted":
      guard let type = options.type else { throw missing("--to with a scalar type") }
      return .convert(to: type)
    default:
      throw TensorError(
        "explain", given: "an operation called \(name)",
        expected: "one of those that `tessera explain --help` lists")
    }
  }
}
