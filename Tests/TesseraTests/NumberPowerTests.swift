import Foundation
import Tessera
import TestSupport
import Testing

/// `**` of plain numbers.
@Suite struct NumberPowerTests {
  @Test func integersAreThoseOfTensors() {
    func compare<S: IntegerTensorScalar>(_ type: S.Type) {
      let numbers = [S.min, S.min &+ 1, 0 &- 3, 0 &- 1, 0, 1, 2, 3, 7, 10, 63, S.max &- 1, S.max]
      for base in numbers {
        let powers = Tensor<S>.full([numbers.count], base) ** Tensor<S>(numbers)
        #expect(numbers.map { base ** $0 } == powers.scalars, "\(base) in \(S.self)")
      }
    }
    onOneRank { _ in
      compare(Int.self)
      compare(Int8.self)
      compare(Int32.self)
      compare(UInt8.self)
      compare(UInt64.self)
    }
  }

  @Test func itIsTheOneOfC() {
    for base in [-2, 0, 0.95, 1, 10, .infinity] {
      for exponent in [-3, -0.5, 0, 0.5, 1, 2, 400] {
        let power = pow(base, exponent)
        #expect((base ** exponent).bitPattern == power.bitPattern)
        #expect(
          (Float(base) ** Float(exponent)).bitPattern
            == powf(Float(base), Float(exponent)).bitPattern)
      }
    }
  }

  /// Types, and what binds first.
  @Test func expressionsOfNumbersAndTensors() {
    onOneRank { _ in
      let epoch = 3
      let rate = 0.1 * 0.5 ** Double(epoch)
      let number = 2 ** 3 ** 2
      let product = 2 * 3 ** 2
      #expect(rate == 0.0125 && number == 512 && product == 18)
      let x = Tensor<Float>([1, 2, 3])
      #expect((x * 2 ** 3).scalars == [8, 16, 24])
      #expect((2 ** x).scalars == [2, 4, 8])
      #expect((x ** 2).scalars == [1, 4, 9])
      #expect((x ** 2 + 2 ** x / 2 ** 1).scalars == [2, 6, 13])
    }
  }
}
