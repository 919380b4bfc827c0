import Execution

/// A key for random numbers: it and an element's global position determine the element, so that a
/// tensor is the same for any number of ranks and workers and for any sharding.
public struct Key: Hashable, Sendable {
  /// What distinguishes the key.
  public let bits: UInt64

  /// A key of your choice: the seed of a program.
  public init(_ bits: UInt64) { self.bits = bits }

  /// Keys for `count` independent uses, at most 2²⁴; more are had one by one with `folded(in:)`.
  /// They are others than those that `folded(in:)` gives.
  public func split(_ count: Int = 2) -> [Key] {
    orEnd { () throws(TensorError) in
      guard (0...1 << 24).contains(count) else {
        throw TensorError(
          "Key.split", given: "\(count) keys",
          expected: "a number of keys in 0...\(1 << 24); folded(in:) gives any number, one by one")
      }
    }
    return (0..<count).map {
      Key(randomWords(key: bits, for: .split, counter: UInt64($0)).0)
    }
  }

  /// A key for one of many independent uses, such as one a step. It is another one than those that
  /// `split` gives.
  public func folded(in number: Int) -> Key {
    Key(randomWords(key: bits, for: .folded, counter: UInt64(bitPattern: Int64(number))).0)
  }
}

extension Tensor where Scalar: NumericTensorScalar {
  fileprivate static func random(
    _ operation: String, _ shape: Shape, _ distribution: RandomDistribution, _ key: Key,
    _ sharding: Placement
  ) throws(TensorError) -> Tensor {
    try make(operation, shape, sharding) { runtime, block, box in
      runtime.executor.fillRandom(block, distribution, key: key.bits, box: box, of: shape)
    }
  }
}

extension Tensor where Scalar: FloatingPointTensorScalar {
  /// Uniform in [0, 1), with 24 bits for Float and 53 for Double. Local.
  public static func rand(_ shape: Shape, key: Key, sharding: Placement = .replicated) -> Tensor {
    orEnd { () throws(TensorError) in try random("rand", shape, .uniform, key, sharding) }
  }

  /// Normal with mean 0 and variance 1, by the method of Box and Muller. Local.
  public static func randn(_ shape: Shape, key: Key, sharding: Placement = .replicated) -> Tensor {
    orEnd { () throws(TensorError) in try random("randn", shape, .normal, key, sharding) }
  }
}

extension Tensor where Scalar: IntegerTensorScalar {
  /// Integers in a range, each as likely as any other. Local.
  public static func randint(
    _ shape: Shape, in range: Range<Scalar>, key: Key, sharding: Placement = .replicated
  ) -> Tensor {
    orEnd { () throws(TensorError) in
      guard !range.isEmpty else {
        throw TensorError(
          "randint", given: "the range \(range)", expected: "a range that is not empty")
      }
      return try randint(shape, range.lowerBound...(range.upperBound - 1), key, sharding)
    }
  }

  /// Integers in a range that has its upper bound too, such as all of a type, each as likely as any
  /// other. Local.
  public static func randint(
    _ shape: Shape, in range: ClosedRange<Scalar>, key: Key, sharding: Placement = .replicated
  ) -> Tensor {
    orEnd { () throws(TensorError) in try randint(shape, range, key, sharding) }
  }

  private static func randint(
    _ shape: Shape, _ range: ClosedRange<Scalar>, _ key: Key, _ sharding: Placement
  ) throws(TensorError) -> Tensor {
    // As words, for which distances wrap: that over all of 64 bits is 2^64, which is 0.
    let low = Int64(truncatingIfNeeded: range.lowerBound)
    let span = UInt64(bitPattern: Int64(truncatingIfNeeded: range.upperBound) &- low) &+ 1
    return try random("randint", shape, .integers(low: low, span: span), key, sharding)
  }

  /// The numbers 0 ..< count in an order that the key determines. Local: every element is found by
  /// itself.
  public static func permutation(
    _ count: Int, key: Key, sharding: Placement = .replicated
  ) -> Tensor {
    orEnd { () throws(TensorError) in try checkHolds(count, for: "permutation") }
    let permutation = KeyedPermutation(count: Swift.max(count, 0), key: key)
    return progression("permutation", count: count, sharding: sharding) {
      Scalar(truncatingIfNeeded: permutation[$0])
    }
  }
}

/// A permutation of 0 ..< count that gives each element by itself: a Feistel network over the next
/// even number of bits, walked until it falls inside (Black and Rogaway, Ciphers with arbitrary
/// finite domains, 2002).
struct KeyedPermutation {
  private static let rounds: UInt32 = 12
  let count: Int
  private let half: UInt64
  private let key: Key

  init(count: Int, key: Key) {
    self.count = count
    var bits: UInt64 = 1
    while bits < 31, UInt64(1) << (2 * bits) < UInt64(count) { bits += 1 }
    half = bits
    self.key = key
  }

  subscript(position: Int) -> Int {
    let mask = UInt64(1) << half - 1
    var value = UInt64(position)
    repeat {
      var (left, right) = (value >> half, value & mask)
      for round in 0..<Self.rounds {
        let words = randomWords(key: key.bits, for: .permutation(round: round), counter: right)
        (left, right) = (right, left ^ (words.0 & mask))
      }
      value = left << half | right
    } while value >= UInt64(count)
    return Int(value)
  }
}
