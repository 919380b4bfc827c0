import Tessera

/// A result of a job.
protocol Outcome {
  var elementCount: Int { get }

  /// Bytes on this rank.
  var byteCount: Int { get }

  /// Computes what waits, and identifies the storage.
  func complete() -> UInt64

  /// This rank's elements in row-major order, and the position of the first.
  func part() -> (first: Int, elements: [Double])
}

extension Tensor: Outcome where Scalar: NumericTensorScalar {
  var byteCount: Int {
    localShape.reduce(MemoryLayout<Scalar>.stride, *)
  }

  func complete() -> UInt64 { storageIdentifier }

  func part() -> (first: Int, elements: [Double]) {
    let elements = flattened()
    return (
      elements.localRanges[0].lowerBound, elements.converted(to: Double.self).localPart
    )
  }
}

/// What a result should be.
struct Expected {
  let count: Int
  /// Relative to what is expected, or to 1 where that is larger.
  let tolerance: Double
  /// The element at a position in row-major order.
  let element: (Int) -> Double

  static func equal(_ count: Int, _ element: @escaping (Int) -> Double) -> Expected {
    Expected(count: count, tolerance: 0, element: element)
  }

  static func near(
    _ tolerance: Double, _ count: Int, _ element: @escaping (Int) -> Double
  ) -> Expected {
    Expected(count: count, tolerance: tolerance, element: element)
  }

  static func near(_ tolerance: Double, _ elements: [Double]) -> Expected {
    near(tolerance, elements.count) { elements[$0] }
  }

  /// Some thousands of elements of a large result are looked at, always the last one among them,
  /// which may be spoiled before.
  fileprivate func fault(in outcome: any Outcome, isSpoiled: Bool) -> String? {
    guard outcome.elementCount == count else {
      return "\(outcome.elementCount) elements instead of \(count)"
    }
    var (first, elements) = outcome.part()
    guard let last = elements.indices.last else { return nil }
    if isSpoiled { elements[last] = 2 * elements[last] + 1000 }
    let step = elements.count / 4096 | 1
    for index in Array(stride(from: 0, to: elements.count, by: step)) + [last] {
      let (given, expected) = (elements[index], element(first + index))
      guard abs(given - expected) <= tolerance * max(abs(expected), 1) else {
        return "\(given) instead of \(expected) at position \(first + index)"
      }
    }
    return nil
  }
}

extension Trial {
  /// A job: what its results should be, and what gives them. Where they are looked at spoiled, each
  /// by itself must be found.
  init(_ expected: Expected..., job: @escaping () -> [any Outcome]) {
    self.init(
      call: { job().reduce(0) { max($0, $1.complete()) } },
      fault: { isSpoiled in
        let outcomes = job()
        guard outcomes.count == expected.count else {
          return "\(outcomes.count) results instead of \(expected.count)"
        }
        let faults = zip(expected, outcomes).map { $0.fault(in: $1, isSpoiled: isSpoiled) }
        if isSpoiled, faults.contains(nil) { return nil }
        return faults.compactMap { $0 }.first
      })
    resultBytes = { job().reduce(0) { $0 + $1.byteCount } }
  }
}
