/// How many values become one. Raw values equal those of `tk_reduction` in `CKernels`.
///
/// On `Bool`, `max` is "any" and `min` is "all". Minimum and maximum propagate NaN.
public enum Reduction: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  case sum = 0
  case product = 1
  case min = 2
  case max = 3

  /// The type in which values are joined before the result is rounded to a type, once: buffers of
  /// partial results are of it.
  @inline(__always)
  package func accumulator(for type: ScalarType) -> ScalarType {
    switch self {
    case .sum, .product: type.accumulatorType
    case .min, .max: type.computeType
    }
  }

  /// Its name, such as `sum`.
  public var description: String {
    switch self {
    case .sum: "sum"
    case .product: "product"
    case .min: "min"
    case .max: "max"
    }
  }
}
