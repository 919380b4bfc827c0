import Tessera
import TestSupport
import Testing

/// Bounds, steps, counts and offsets at the ends of what types hold.
@Suite struct ExtremesTests {
  @Test func rangesOfExtremeBounds() {
    #expect(Tensor<Float>.arange(from: 1e30, to: 0).shape == [0])
    #expect(Tensor<Float>.arange(from: 1, to: 0, by: -0.5).scalars == [1, 0.5])
    #expect(
      Tensor<Int32>.arange(from: .min, to: .max, by: 1 << 30).scalars
        == [.min, -1 << 30, 0, 1 << 30])
    #expect(
      Tensor<Int64>.arange(from: .min, to: .max, by: 1 << 62).scalars
        == [.min, -1 << 62, 0, 1 << 62])
    #expect(Tensor<Int64>.arange(from: .max, to: .min, by: .min).scalars == [.max, -1])
    #expect(Tensor<Int64>.arange(from: 0, to: .min, by: .min).scalars == [0])
    #expect(Tensor<Int64>.arange(from: 0, to: .max, by: .max).scalars == [0])
    #expect(Tensor<Int64>.arange(from: .max, to: .min).shape == [0])
    #expect(Tensor<UInt8>.arange(from: 250, to: 255, by: 2).scalars == [250, 252, 254])
    #expect(Tensor<UInt8>.arange(256).max().item() == 255)
  }

  /// Numbers that Float does not have are rounded.
  @Test func rangesBeyondTheDigitsOfAType() {
    let count = 1 << 24 + 8
    let end = Tensor<Float>.arange(count)[.slice(-3, nil)]
    #expect(end.scalars == [count - 3, count - 2, count - 1].map { Float($0) })
  }

  @Test func spacesAsWideAsAType() {
    let most = Float.greatestFiniteMagnitude
    #expect(Tensor<Float>.linspace(from: -most, to: most, count: 3).scalars == [-most, 0, most])
    #expect(Tensor<Float>.linspace(from: 2, to: 4, count: 3).scalars == [2, 3, 4])
    #expect(Tensor<Float>.linspace(from: 2, to: 4, count: 1).scalars == [2])
  }

  @Test func binsNarrowerThanNumbers() {
    let least = Double.leastNonzeroMagnitude
    let x = Tensor<Double>([0, least, 1, -1, .nan, .infinity])
    #expect(x.histogram(bins: 3, in: 0...least).sum().item() == 2)
    #expect(x.histogram(bins: 1, in: 0...least).scalars == [2])
    #expect(x.histogram(bins: 2, in: -1...1).scalars == [1, 3])
  }

  @Test func axesByTheDozen() {
    let count = 18
    let x = Tensor<Int32>.arange(1 << count).reshaped(Shape(repeatElement(2, count: count)))
    // With the axes reversed, element i is the one whose number has the bits of i in reverse order.
    let reversed = (0..<1 << count).map { number in
      (0..<count).reduce(Int32(0)) { $0 | (number >> $1 & 1 == 0 ? 0 : 1 << (count - 1 - $1)) }
    }
    #expect((x.transposed() + 0).scalars == reversed)
    var y = Tensor<Int32>.zeros(x.shape).transposed()
    y[...] = x.transposed()
    #expect(y.transposed() == x)
  }

  @Test func diagonalsFarAway() {
    let x = Tensor<Float>.ones([3, 4])
    for offset in [Int.min, .min + 1, -3, 4, .max] {
      #expect(x.diagonal(offset: offset).shape == [0])
    }
    #expect(x.triangular(.lower, offset: .min).sum().item() == 0)
    #expect(x.triangular(.lower, offset: .max).sum().item() == 12)
  }
}
