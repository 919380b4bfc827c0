import Foundation
import Tessera
import TestSupport
import Testing

/// Functions of elements that are composed, or need no pullback of their own, at special values.
@Suite struct ElementFunctionTests {
  private static let inf = Double.infinity
  private static let nan = Double.nan

  private func texts(_ x: Tensor<Double>) -> [String] {
    x.scalars.map { $0.isNaN ? "nan" : "\($0)" }
  }

  @Test func logAddExpHasItsLimits() {
    onOneRank { _ in
      let (inf, nan) = (Self.inf, Self.nan)
      let a = Tensor<Double>([-inf, -inf, inf, inf, nan, 1000, 0, -1e308, inf])
      let b = Tensor<Double>([-inf, 3, inf, -inf, 1, 1000, -800, 1e308, nan])
      let log2 = 0.693_147_180_559_945_3
      let found = logAddExp(a, b).scalars
      let expected = [-inf, 3, inf, inf, nan, 1000 + log2, 0, 1e308, nan]
      #expect(zip(found, expected).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }, "\(found)")
      let slope = gradient { (a: Tensor<Double>) in logAddExp(a, b[..<4]).sum() }
      #expect(slope(a[..<4]).scalars == [0, 0, 0.5, 1])
      let first = gradient { (x: Tensor<Double>) in logAddExp(x, Tensor(0)).sum() }
      let second = gradient { (x: Tensor<Double>) in first(x).sum() }
      #expect(second(Tensor([0.0])).scalars == [0.25])
    }
  }

  /// NumPy 2.4: floor_divide of each of these by each.
  @Test func quotientsRoundedDown() {
    onOneRank { _ in
      let values = [7, -7, 0, -0.0, 1, 0.1, 3, -3, Self.inf, -Self.inf, Self.nan, 1e300]
      let a = Tensor<Double>(values).expandingAxis(at: 1)
      let found = texts(a.floorDivided(by: Tensor(values)).flattened())
      for (place, expected) in zip(
        found.indices, Self.floorQuotients.split(whereSeparator: \.isWhitespace))
      {
        let (x, y) = (values[place / values.count], values[place % values.count])
        #expect(found[place] == expected, "\(x) by \(y)")
      }
      #expect(Self.floorQuotients.split(whereSeparator: \.isWhitespace).count == found.count)
      let integers = Tensor<Int32>([7, -7, 7, -7, 6, .min, .min, 5])
      let divisors = Tensor<Int32>([2, 2, -2, -2, -2, -1, 2, 0])
      #expect(
        integers.floorDivided(by: divisors).scalars == [3, -4, -4, 3, -3, .min, -(1 << 30), 0])
      #expect(integers[..<4].floorDivided(by: -2).scalars == [-4, 3, -4, 3])
      #expect(Tensor<UInt8>([7, 255]).floorDivided(by: 2).scalars == [3, 127])
      let slope = gradient { (x: Tensor<Double>) in x.floorDivided(by: Tensor([2.0, 0])).sum() }
      #expect(slope(Tensor([5.0, 1])).scalars == [0, 0])
    }
  }

  @Test func signsAndNeighbours() {
    onOneRank { _ in
      let (inf, nan) = (Self.inf, Self.nan)
      let x = Tensor<Double>([1, -1, 0, -0.0, inf, -inf])
      #expect(x.signBit().scalars == [false, true, false, true, false, true])
      #expect(texts(copySign(x, -0.0)) == ["-1.0", "-1.0", "-0.0", "-0.0", "-inf", "-inf"])
      #expect(copySign(Tensor<Double>([nan]), 1).item().isNaN)
      #expect(copySign(2, x).scalars == [2, -2, 2, -2, 2, -2])
      let tiny = Double.leastNonzeroMagnitude
      #expect(
        nextAfter(Tensor([0.0, -0.0, 1, inf, 5]), towards: -inf).scalars.elementsEqual(
          [-tiny, -tiny, 1.0.nextDown, .greatestFiniteMagnitude, 5.0.nextDown]))
      #expect(
        texts(nextAfter(Tensor([0.0, -0.0]), towards: Tensor([-0.0, 0]))) == ["-0.0", "0.0"])
      #expect(
        nextAfter(Tensor([nan, 1]), towards: Tensor([1, nan])).scalars.allSatisfy { $0.isNaN })
      #expect(nextAfter(Tensor<Float>([1]), towards: 2).item() == Float(1).nextUp)
    }
  }

  @Test func closeness() {
    onOneRank { _ in
      let (inf, nan) = (Self.inf, Self.nan)
      let a = Tensor<Double>([1, 1, inf, inf, nan, 0])
      let b = Tensor<Double>([1 + 1e-6, 1.1, inf, -inf, nan, 1e-9])
      #expect(a.isClose(b).scalars == [true, false, true, false, false, true])
      #expect(a.isClose(b, equalNaN: true)[4].item())
      #expect(a.isClose(b, relativeTolerance: 0.1, absoluteTolerance: 0)[1].item())
      #expect(a.expandingAxis(at: 1).isClose(b).shape == [6, 6])
    }
  }

  @Test func cubeRootsOfCubes() {
    onOneRank { _ in
      let x = Tensor<Float>.arange(200) - 100
      #expect(cubeRoot(x * x * x) == x)
      #expect(texts(cubeRoot(Tensor([-0.0, 0, -Self.inf]))) == ["-0.0", "0.0", "-inf"])
    }
  }

  @Test func masksOfOneValue() throws {
    let results = try onLoopbackRanks(2) { _ in
      let x = Tensor<Bool>.ones([3, 2], sharding: .sharded(axis: 0))
      let y = Tensor<Bool>.zeros(like: x)
      return x.all().item() && !y.any().item() && y.localShape == x.localShape
        && Tensor<Bool>.zeros([2]).scalars == [false, false]
        && Tensor<Bool>.ones(like: Tensor<Float>.zeros([1])).scalars == [true]
    }
    #expect(results == [true, true])
  }

  @Test func marginsOfShortAxes() {
    onOneRank { _ in
      let one = Tensor<Int32>([4])
      for padding in [Tensor<Int32>.Padding.edge, .reflection, .mirroring, .wrapping] {
        #expect(one.padded([(3, 2)], by: padding).scalars == [4, 4, 4, 4, 4, 4])
      }
      let two = Tensor<Int32>([1, 2])
      #expect(two.padded([(3, 4)], by: .reflection).scalars == [2, 1, 2, 1, 2, 1, 2, 1, 2])
      #expect(two.padded([(3, 4)], by: .mirroring).scalars == [2, 2, 1, 1, 2, 2, 1, 1, 2])
      #expect(two.padded([(3, 4)], by: .wrapping).scalars == [2, 1, 2, 1, 2, 1, 2, 1, 2])
      #expect(two.padded([(0, 0)], by: .edge) == two)
      #expect(Tensor<Float>.zeros([0, 2]).padded([(1, 0)], by: .edge).shape == [0, 3])
    }
  }

  private static let floorQuotients = """
    1.0 -1.0 inf -inf 7.0 69.0 2.0 -3.0 0.0 -1.0 nan 0.0
    -1.0 1.0 -inf inf -7.0 -70.0 -3.0 2.0 -1.0 0.0 nan -1.0
    0.0 -0.0 nan nan 0.0 0.0 0.0 -0.0 0.0 -0.0 nan 0.0
    -0.0 0.0 nan nan -0.0 -0.0 -0.0 0.0 -0.0 0.0 nan -0.0
    0.0 -1.0 inf -inf 1.0 9.0 0.0 -1.0 0.0 -1.0 nan 0.0
    0.0 -1.0 inf -inf 0.0 1.0 0.0 -1.0 0.0 -1.0 nan 0.0
    0.0 -1.0 inf -inf 3.0 29.0 1.0 -1.0 0.0 -1.0 nan 0.0
    -1.0 0.0 -inf inf -3.0 -30.0 -1.0 1.0 -1.0 0.0 nan -1.0
    nan nan inf -inf nan nan nan nan nan nan nan nan
    nan nan -inf inf nan nan nan nan nan nan nan nan
    nan nan nan nan nan nan nan nan nan nan nan nan
    1.4285714285714286e+299 -1.4285714285714286e+299 inf -inf 1e+300 1e+301 3.3333333333333335e+299 -3.3333333333333335e+299 0.0 -1.0 nan 1.0
    """
}
