import Machine
import Testing

struct SizeClassTests {
  private static let interesting: [Int] =
    Array(0...5000)
    + (13...60).flatMap { exponent in
      (0..<8).flatMap { eighth in
        let size = (1 << exponent) + eighth << (exponent - 3)
        return [size - 1, size, size + 1]
      }
    } + [SizeClass.largest]

  @Test func holdsTheRequestWithLittleWaste() {
    for byteCount in Self.interesting {
      let size = SizeClass(holding: byteCount)
      #expect(size.byteCount >= byteCount)
      #expect(size.byteCount - byteCount <= max(SizeClass.alignment, byteCount / 8))
      #expect(size.byteCount.isMultiple(of: SizeClass.alignment))
      #expect((0..<SizeClass.count).contains(size.index))
      #expect(SizeClass(holding: size.byteCount) == size)
      #expect(SizeClass.byteCount(ofIndex: size.index) == size.byteCount)
    }
  }

  @Test func powersOfTwoAreExact() {
    for exponent in 6...61 { #expect(SizeClass(holding: 1 << exponent).byteCount == 1 << exponent) }
  }

  @Test func classesAscendWithoutGaps() {
    var index = 0
    for byteCount in 1...100_000 {
      let next = SizeClass(holding: byteCount).index
      #expect(next == index || next == index + 1)
      index = next
    }
  }

  @Test func fittingIsTheLargestClassInside() {
    for byteCount in Self.interesting where byteCount >= SizeClass.alignment {
      let size = SizeClass(fitting: byteCount)
      #expect(size.byteCount <= byteCount)
      #expect(SizeClass.byteCount(ofIndex: size.index + 1) > byteCount)
    }
  }
}
