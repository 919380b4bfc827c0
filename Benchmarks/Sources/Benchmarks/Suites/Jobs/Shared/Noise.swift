/// Numbers that look random and follow from their position: Benchmarks/peers/jobs makes the same.
struct Noise {
  private let seed: UInt32

  init(_ seed: UInt32) { self.seed = seed }

  /// Bits that are mixed by two multiplications, as in Wellons' lowbias32.
  private func bits(_ position: Int) -> UInt32 {
    var x = UInt32(truncatingIfNeeded: position) &* 0x9E37_79B1 &+ seed &* 0x85EB_CA77
    x = (x ^ (x >> 16)) &* 0x7FEB_352D
    x = (x ^ (x >> 15)) &* 0x846C_A68B
    return x ^ (x >> 16)
  }

  /// Numbers in 0 ..< 1.
  func uniform(_ count: Int) -> [Double] {
    (0..<count).map { Double(bits($0)) / 0x1p32 }
  }

  /// Numbers with mean 0 and variance 1, each the sum of four.
  func normal(_ count: Int) -> [Double] {
    (0..<count).map { position in
      let sum = (0..<4).reduce(0.0) { $0 + Double(bits(4 * position + $1)) / 0x1p32 }
      return (sum - 2) * 3.0.squareRoot()
    }
  }

  /// Numbers in 0 ..< bound.
  func integers(_ count: Int, below bound: Int) -> [Int64] {
    (0..<count).map { Int64(bits($0)) % Int64(bound) }
  }

  /// The numbers 0 ..< count in some order.
  func permutation(_ count: Int) -> [Int64] {
    let keys = (0..<count).map { (bits($0), Int64($0)) }
    return keys.sorted { $0 < $1 }.map(\.1)
  }
}
