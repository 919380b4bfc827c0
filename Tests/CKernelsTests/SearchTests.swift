import CKernels
import Testing

extension KernelTests {
  @Suite struct Search {
    private let lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, 100, 1000]
    private let counts = [0, 1, 2, 15, 16, 17, 33, 100]

    /// Compares places with counts of smaller elements; what is not equal to itself comes last.
    private func check<T: Element>(_ type: T.Type, _ isLess: (T, T) -> Bool) {
      func comesBefore(_ a: T, _ b: T) -> Bool {
        let (isNumber, isOtherNumber) = (a == a, b == b)
        return isNumber && isOtherNumber ? isLess(a, b) : isNumber && !isOtherNumber
      }
      for (number, length) in lengths.enumerated() {
        let shift = number % 3
        // A sort of this language's own: stable, so that zeros of both signs are mixed.
        let elements = T.values(length, seed: UInt64(length + 3)).sorted(by: comesBefore)
        let sorted = Run(elements, shift: shift)
        for count in counts {
          let wanted = T.values(count, seed: UInt64(count + 90))
          let values = Run(wanted, shift: shift)
          for right in [false, true] {
            let out = Run<Int64>(count: count, shift: shift)
            tk_search(
              T.type, right, out.pointer.assumingMemoryBound(to: Int64.self), sorted.pointer,
              length, values.pointer, count)
            let expected = wanted.map { value in
              Int64(
                elements.count { right ? !comesBefore(value, $0) : comesBefore($0, value) })
            }
            expectSame(out, expected, "\(T.self), \(count) in \(length), right: \(right)")
          }
          expectSame(values, wanted, "values of \(T.self)")
        }
        expectSame(sorted, elements, "elements of \(T.self)")
      }
    }

    private func check<T: IntegerElement>(integers type: T.Type) { check(type, <) }

    @Test func floats() {
      check(Float.self, <)
      check(Double.self, <)
    }

    @Test func integers() {
      for type in integerTypes { check(integers: type) }
    }

    @Test func booleans() { check(Bool.self) { !$0 && $1 } }

    /// All elements alike, in runs of any length around those that are searched together.
    @Test func equalElementsHaveTwoPlaces() {
      for length in 0...70 {
        let sorted = Run([Int32](repeating: 5, count: length))
        let values = Run<Int32>((0..<40).map { 4 + $0 % 3 })
        for right in [false, true] {
          let out = Run<Int64>(count: 40)
          tk_search(
            TK_INT32, right, out.pointer.assumingMemoryBound(to: Int64.self), sorted.pointer,
            length, values.pointer, 40)
          let places = [0, right ? Int64(length) : 0, Int64(length)]
          expectSame(out, (0..<40).map { places[$0 % 3] }, "\(length) alike, right: \(right)")
        }
      }
    }

    /// Some place, and nothing is read or written elsewhere.
    @Test func whatIsNotInOrderHasPlacesToo() {
      for length in [1, 2, 3, 100, 1000] {
        let elements = Run(Double.values(length, seed: UInt64(length)))
        let values = Run(Double.values(50, seed: 5))
        for right in [false, true] {
          let out = Run<Int64>(count: 50)
          tk_search(
            TK_FLOAT64, right, out.pointer.assumingMemoryBound(to: Int64.self), elements.pointer,
            length, values.pointer, 50)
          #expect(out.guardsAreIntact && out.values.allSatisfy { (0...Int64(length)).contains($0) })
        }
      }
    }
  }
}
