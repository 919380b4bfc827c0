/// How many values become one. Raw values equal those of `tk_reduction` in `CKernels`.
///
/// On `Bool`, `max` is "any" and `min` is "all". Minimum and maximum propagate NaN.
public enum Reduction: UInt8, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  case sum = 0
  case product = 1
  case min = 2
  case max = 3

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
