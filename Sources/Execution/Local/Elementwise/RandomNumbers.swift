import CKernels
import Distribution
import Shapes

/// The distributions that elements can be drawn from.
public enum RandomDistribution: Hashable, Sendable {
  /// [0, 1).
  case uniform
  /// Mean 0, variance 1.
  case normal
  /// low ..< low + span, where a span of 0 is 2^64; of `UInt64`, low is the bits.
  case integers(low: Int64, span: UInt64)
}

extension HostExecutor {
  /// Fills a contiguous block with random numbers that depend on the key and on each element's
  /// position in the whole tensor only (Philox 4x32-10), so that any sharding gives the same
  /// tensor.
  ///
  /// - Parameters:
  ///   - box: the part of the tensor that the block holds.
  ///   - shape: the shape of the whole tensor.
  public func fillRandom(
    _ target: StridedBlock, _ distribution: RandomDistribution, key: UInt64, box: Box,
    of shape: Shape
  ) {
    let type = target.type
    let total = target.elementCount
    if total == 0 { return }
    // Elements that follow each other in the block follow each other in the tensor up to the length
    // of a run: the innermost axes that are whole, and the axis outside them.
    var runLength = 1
    var axis = shape.count
    while axis > 0 {
      axis -= 1
      runLength *= box.ranges[axis].count
      if box.ranges[axis].count != shape[axis] { break }
    }
    let outerAxes = axis
    let strides = shape.rowMajorDistances
    let start = zip(box.lowerBounds, strides).reduce(0) { $0 + $1.0 * $1.1 }
    let output = target.base
    let length = Self.elementsPerTask
    let place = target.place(elementsPerTask: length)
    let streams = total * type.byteCount >= Self.streamedBytes
    pool.run(count: (total + length - 1) / length, at: place) { task in
      var done = task * length
      let end = min(done + length, total)
      while done < end {
        let (run, place) = done.quotientAndRemainder(dividingBy: runLength)
        var position = start + place
        var rest = run
        for outer in stride(from: outerAxes - 1, through: 0, by: -1) {
          let extent = box.ranges[outer].count
          position += rest % extent * strides[outer]
          rest /= extent
        }
        let count = min(end - done, runLength - place)
        let pointer = output + done * type.byteCount
        switch distribution {
        case .uniform:
          tk_random_uniform(type.kernel, pointer, key, UInt64(position), count, streams)
        case .normal:
          tk_random_normal(type.kernel, pointer, key, UInt64(position), count, streams)
        case .integers(let low, let span):
          tk_random_integers(type.kernel, pointer, key, UInt64(position), count, low, span)
        }
        done += count
      }
    }
  }
}

/// What random bits of a key are for. No two uses share bits; those of elements are the kernels'
/// own.
public enum RandomUse: Hashable, Sendable {
  /// Keys of `Key.split`.
  case split
  /// Keys of `Key.folded`.
  case folded
  /// A round of a permutation.
  case permutation(round: UInt32)
}

/// Random bits of a key for some use, at a counter: the two 64-bit words of a Philox block.
public func randomWords(key: UInt64, for use: RandomUse, counter: UInt64) -> (UInt64, UInt64) {
  var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  let (kernel, number): (tk_random_use, UInt32) =
    switch use {
    case .split: (TK_SPLIT, 0)
    case .folded: (TK_FOLDED, 0)
    case .permutation(let round): (TK_PERMUTED, round)
    }
  withUnsafeMutableBytes(of: &words) {
    tk_philox(
      key, kernel, number, counter, $0.baseAddress!.assumingMemoryBound(to: UInt32.self))
  }
  return (UInt64(words.0) | UInt64(words.1) << 32, UInt64(words.2) | UInt64(words.3) << 32)
}
