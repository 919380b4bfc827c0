import Shapes
import Testing

@Suite struct ScalarTraitsTests {
  @Test func rowsAgreeWithThemselves() {
    let codes = ScalarType.allCases.map(\.traits.fileCode)
    #expect(Set(codes).count == codes.count)
    for type in ScalarType.allCases {
      let traits = type.traits
      // NumPy's codes end with the number of bytes, and begin with the kind.
      #expect(traits.fileCode.dropFirst() == "\(type.byteCount)", "\(type)")
      let letter: [ScalarTraits.Kind: Character] = [
        .floatingPoint: "f", .signedInteger: "i", .unsignedInteger: "u", .boolean: "b",
      ]
      #expect(traits.fileCode.first == letter[traits.kind], "\(type)")
      #expect((traits.limits != nil) == type.isFloatingPoint, "\(type)")
      // Sums hold each number of the type, and are of the same kind or of integers.
      #expect(type.sumType.byteCount >= type.byteCount && type.sumType.sumType == type.sumType)
      #expect(type.sumType.isFloatingPoint == type.isFloatingPoint)
      // What elements are computed and collected in has all of their numbers, and is its own.
      for wide in [type.computeType, type.accumulatorType] {
        #expect(wide.byteCount >= type.byteCount && wide.traits.kind == traits.kind)
        #expect(wide.computeType == wide && wide.accumulatorType == wide, "\(type)")
      }
      #expect(type.accumulatorType.byteCount >= type.computeType.byteCount)
      for reduction in Reduction.allCases {
        let isOrder = reduction == .min || reduction == .max
        #expect(
          reduction.accumulator(for: type) == (isOrder ? type.computeType : type.accumulatorType))
      }
      #expect(type.isInteger == (traits.kind != .boolean && !type.isFloatingPoint))
    }
  }

  @Test func limitsAreThoseOfTheTypes() throws {
    let single = try #require(ScalarType.float32.traits.limits)
    #expect(single.greatestFinite == 0x1.fffffep127)
    #expect(single.leastNormal == 0x1p-126 && single.leastNonzero == 0x1p-149)
    let double = try #require(ScalarType.float64.traits.limits)
    #expect(double.greatestFinite == 0x1.fffffffffffffp1023)
    #expect(double.leastNormal == 0x1p-1022 && double.leastNonzero == 0x1p-1074)
  }
}
