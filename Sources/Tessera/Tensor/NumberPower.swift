import Foundation

// The power of plain numbers, as of tensors: `0.95 ** Double(epoch)`.

extension Double {
  /// The power; binds tighter than `*` and to the right, and -x ** 2 is (−x)².
  public static func ** (base: Double, exponent: Double) -> Double { pow(base, exponent) }
}

extension Float {
  /// The power; binds tighter than `*` and to the right, and -x ** 2 is (−x)².
  public static func ** (base: Float, exponent: Float) -> Float { powf(base, exponent) }
}

extension FixedWidthInteger {
  /// The power, as of tensors of integers: it wraps where it is too large; for a negative exponent
  /// it is 0, unless the base is 1 or -1; `0 ** 0` is 1.
  public static func ** (base: Self, exponent: Self) -> Self { base.power(exponent) }

  fileprivate func power(_ exponent: Self) -> Self {
    var rest = exponent
    if exponent < 0 {
      // The reciprocals of 1 and -1 are themselves.
      guard self == 1 || self &+ 1 == 0 else { return 0 }
      rest = exponent & 1
    }
    var result: Self = 1
    var factor = self
    while rest > 0 {
      if rest & 1 == 1 { result &*= factor }
      factor &*= factor
      rest >>= 1
    }
    return result
  }
}

// Of literals alone the compiler takes this one, and not a power of tensors.
extension Int {
  /// The power, as of all integers: it wraps where it is too large; for a negative exponent it is
  /// 0, unless the base is 1 or -1.
  public static func ** (base: Int, exponent: Int) -> Int { base.power(exponent) }
}
