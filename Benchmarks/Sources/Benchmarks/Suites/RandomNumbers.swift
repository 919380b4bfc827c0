import Foundation
import Tessera

extension Suite {
  /// A Float matrix, sharded by rows. The limit is that of writing numbers without making them.
  static func random(_ scale: Scale) -> [Case] {
    let (side, size) = (scale.side, scale.elements)
    let bound = Bound.memory([.write(Job.share(of: side) * side)])
    let key = Key(7)
    return [
      Case("random/rand", size: size, bound) {
        Trial(
          fault: { Moments($1).fault(mean: 0.5, variance: 1 / 12.0, range: 0...1) }
        ) {
          Tensor<Float>.rand([side, side], key: key, sharding: .sharded(axis: 0))
        }
      },
      Case("random/randn", size: size, bound) {
        // One in 10¹¹ lies further out.
        Trial(fault: { Moments($1).fault(mean: 0, variance: 1, range: -7...7) }) {
          Tensor<Float>.randn([side, side], key: key, sharding: .sharded(axis: 0))
        }
      },
    ]
  }
}

/// What numbers have in common with others of their distribution.
private struct Moments {
  var count = 0.0
  var mean = 0.0
  var variance = 0.0
  var least = Double.infinity
  var greatest = -Double.infinity

  init(_ numbers: UnsafeBufferPointer<Float>) {
    var sum = 0.0
    var squares = 0.0
    for number in numbers.lazy.map(Double.init) {
      sum += number
      squares += number * number
      least = min(least, number)
      greatest = max(greatest, number)
    }
    count = Double(numbers.count)
    mean = sum / max(count, 1)
    variance = squares / max(count, 1) - mean * mean
  }

  /// What lies more than six standard deviations off, of numbers with tails that are not heavier
  /// than normal.
  func fault(mean: Double, variance: Double, range: ClosedRange<Double>) -> String? {
    if count == 0 { return nil }
    guard range.contains(least), range.contains(greatest) else {
      return "numbers in \(least)...\(greatest) instead of \(range)"
    }
    guard abs(self.mean - mean) < 6 * sqrt(variance / count) else {
      return "the mean \(self.mean) instead of \(mean)"
    }
    guard abs(self.variance - variance) < 6 * variance * sqrt(2 / count) else {
      return "the variance \(self.variance) instead of \(variance)"
    }
    return nil
  }
}
