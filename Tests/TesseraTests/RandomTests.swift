import Foundation
import Tessera
import TestSupport
import Testing

@Suite struct RandomTests {
  /// The first two elements of randn for key 7 in Double: position 0's block of Philox, by Box and
  /// Muller.
  static var firstNormals: [Double] {
    // Computed here from the words of the block, apart from the kernels.
    let words = philox(key: 7, counter: 0)
    let u = [
      UInt64(words[0]) | UInt64(words[1]) << 32, UInt64(words[2]) | UInt64(words[3]) << 32,
    ]
    let first = Double((u[0] >> 11) + 1) * 0x1p-53
    let second = Double(u[1] >> 11) * 0x1p-53
    let radius = (-2 * Foundation.log(first)).squareRoot()
    return [
      radius * Foundation.cos(2 * .pi * second), radius * Foundation.sin(2 * .pi * second),
    ]
  }

  /// Philox 4x32-10 as its authors define it.
  static func philox(key: UInt64, counter: UInt64) -> [UInt32] {
    var c = [UInt32(truncatingIfNeeded: counter), UInt32(counter >> 32), 0, 0]
    var k = [UInt32(truncatingIfNeeded: key), UInt32(key >> 32)]
    for _ in 0..<10 {
      let p = UInt64(0xD251_1F53) * UInt64(c[0])
      let q = UInt64(0xCD9E_8D57) * UInt64(c[2])
      c = [
        UInt32(q >> 32) ^ c[1] ^ k[0], UInt32(truncatingIfNeeded: q),
        UInt32(p >> 32) ^ c[3] ^ k[1], UInt32(truncatingIfNeeded: p),
      ]
      k[0] &+= 0x9E37_79B9
      k[1] &+= 0xBB67_AE85
    }
    return c
  }

  @Test func momentsOfTheDistributions() {
    let n = 200_000
    let normal = Tensor<Double>.randn([n], key: Key(1))
    #expect(abs(normal.mean().item()) < 0.01)
    #expect(abs(normal.variance().item() - 1) < 0.02)
    let uniform = Tensor<Float>.rand([n], key: Key(2))
    #expect(abs(uniform.mean().item() - 0.5) < 0.01)
    #expect(uniform.min().item() >= 0 && uniform.max().item() < 1)
    let dice = Tensor<Int32>.randint([n], in: 1..<7, key: Key(3))
    #expect(dice.min().item() == 1 && dice.max().item() == 6)
    #expect(abs(dice.converted(to: Double.self).mean().item() - 3.5) < 0.02)
  }

  @Test(arguments: [0, 1, 2, 3, 10, 97, 1000, 1797]) func permutationsArePermutations(n: Int) {
    let permutation = Tensor<Int32>.permutation(n, key: Key(5)).scalars
    #expect(permutation.sorted() == (0..<Int32(n)).map { $0 })
    if n > 9 {
      #expect(permutation != permutation.sorted())
      #expect(permutation != Tensor<Int32>.permutation(n, key: Key(6)).scalars)
    }
  }

  @Test func keysAreIndependent() {
    let key = Key(9)
    let keys = key.split(100).map(\.bits) + [key.bits]
    #expect(Set(keys).count == 101)
    #expect(key.folded(in: 3) != key.split(4)[3] && key.split(4)[3] == key.split(9)[3])
    let a = Tensor<Double>.randn([10_000], key: key.folded(in: 0))
    let b = Tensor<Double>.randn([10_000], key: key.folded(in: 1))
    #expect(abs((a * b).mean().item()) < 0.05)
  }

  @Test(arguments: [1, 2, 3, 5, 8]) func shardingDoesNotMatter(ranks: Int) throws {
    let same = try onLoopbackRanks(ranks) { _ in
      let shape: Shape = [7, 3, 10]
      let whole = Tensor<Float>.randn(shape, key: Key(7))
      return try (0..<3).allSatisfy { axis in
        let part = Tensor<Float>.randn(shape, key: Key(7), sharding: .sharded(axis: axis))
        return try part.gatheredScalars() == whole.localScalars()
      }
    }
    #expect(same.allSatisfy { $0 })
  }
}
