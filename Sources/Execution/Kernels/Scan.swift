import CKernels
import Shapes

/// What comes of all elements of a line up to each.
public struct Scan: Hashable, Sendable {
  /// What comes of two; raw values equal those of `tk_scan` in `CKernels`.
  public enum Kind: UInt32, Hashable, Sendable {
    case sum = 0
    case product = 1
    case min = 2
    case max = 3
    /// h[i] = a[i] · h[i − 1] + b[i], of the operands b and a.
    case recurrence = 4
  }

  public let kind: Kind
  /// Whether lines are gone through from their end.
  public let isReversed: Bool
  /// Whether each place has what comes of the elements before it, without its own.
  public let isExclusive: Bool

  public init(_ kind: Kind, isReversed: Bool = false, isExclusive: Bool = false) {
    self.kind = kind
    self.isReversed = isReversed
    self.isExclusive = isExclusive
  }

  var kernel: tk_scan { tk_scan(rawValue: kind.rawValue) }

  /// The type in which a result is found before it is rounded to its own, once.
  package func accumulator(for type: ScalarType) -> ScalarType {
    switch kind {
    case .sum, .product, .recurrence: type.accumulatorType
    case .min, .max: type.computeType
    }
  }

  /// Numbers of 64 bits that a state takes, of elements of a type: a sum of Double with what
  /// rounding took away, a product with its exponent, a recurrence with the factor that what came
  /// before is to be multiplied by.
  package func words(for type: ScalarType) -> Int {
    switch kind {
    case .sum: type == .float64 ? 2 : 1
    case .product: type.isFloatingPoint ? 2 : 1
    case .min, .max: 1
    case .recurrence: 2
    }
  }
}
