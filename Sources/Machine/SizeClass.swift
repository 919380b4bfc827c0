/// A size in which the arena hands out blocks, so that a freed block serves the next request like
/// it.
///
/// Multiples of 64 bytes up to 1 KiB, then eight sizes in each doubling: a block is at most an
/// eighth larger than asked for (63 bytes for the smallest), and powers of two are exact.
package struct SizeClass: Hashable, Sendable {
  /// The alignment of every block: a cache line, and the widest vector register.
  package static let alignment = 64
  /// How many classes there are.
  package static let count = 16 + (Int.bitWidth - 1 - 10) * 8
  /// The largest request that has a class.
  package static let largest = 1 << (Int.bitWidth - 3)

  /// The class's position among all, ascending by size.
  package let index: Int
  /// The size of its blocks in bytes.
  package let byteCount: Int

  /// The smallest class that holds `byteCount` bytes, which is 0 to `largest`.
  package init(holding byteCount: Int) {
    precondition(byteCount >= 0 && byteCount <= Self.largest)
    if byteCount <= 1024 {
      index = max(0, byteCount - 1) / Self.alignment
      self.byteCount = (index + 1) * Self.alignment
      return
    }
    // 2^exponent < byteCount <= 2^(exponent + 1), cut into eight steps.
    let exponent = Int.bitWidth - 1 - (byteCount - 1).leadingZeroBitCount
    let step = 1 << (exponent - 3)
    let steps = (byteCount - (1 << exponent) + step - 1) / step
    index = 16 + (exponent - 10) * 8 + steps - 1
    self.byteCount = (1 << exponent) + steps * step
  }

  /// The largest class whose blocks fit into `byteCount` bytes, which is at least `alignment`.
  package init(fitting byteCount: Int) {
    let above = SizeClass(holding: byteCount)
    self =
      above.byteCount == byteCount
      ? above : SizeClass(holding: Self.byteCount(ofIndex: above.index - 1))
  }

  /// The size of the blocks of the class at `index`.
  package static func byteCount(ofIndex index: Int) -> Int {
    guard index >= 16 else { return (index + 1) * alignment }
    let (doubling, step) = (index - 16).quotientAndRemainder(dividingBy: 8)
    return (1 << (10 + doubling)) + (step + 1) << (7 + doubling)
  }
}
