import Tessera

extension Case {
  /// A thousand sums of a hundred numbers, one after another. The size is how many.
  static func smallSums(_ scale: Scale) -> Case {
    let (steps, count) = (scale.size(1000, quick: 3), 100)
    let operations = Double(steps * count)
    let bound = Bound.arithmetic(operations: operations, isDouble: true)
    return Case("jobs/small-sums", size: steps, bound, hasSmallSteps: true) {
      let (a, b) = (Noise(1).uniform(count), Noise(26).uniform(count))
      let (x, y) = (Tensor<Double>(a), Tensor<Double>(b))
      return Trial(.near(1e-12, zip(a, b).map { $0 + Double(steps) * $1 })) {
        var sum = x
        for _ in 0..<steps { sum = sum + y }
        return [sum]
      }
    }
  }
}
