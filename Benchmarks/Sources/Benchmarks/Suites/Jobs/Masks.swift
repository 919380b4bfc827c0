import Tessera

extension Case {
  /// The numbers above a half.
  static func masked(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    let share = Job.share(of: count)
    let bound = Bound.memory([.readDoubles(share), .copyDoubles(share / 2)])
    return Case("jobs/masked", size: count, bound) {
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      return Trial(.near(0, numbers.filter { $0 > 0.5 })) { [x[x .> 0.5]] }
    }
  }

  /// Numbers of one tensor where another is above a half, and of a third elsewhere.
  static func selected(_ scale: Scale) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    let share = Job.share(of: count)
    return Case(
      "jobs/select", size: count, .memory([.copyDoubles(share), .readDoubles(2 * share)])
    ) {
      let (a, b) = (Noise(1).uniform(count), Noise(26).uniform(count))
      let x = Tensor<Double>(a, shape: [count], sharding: .sharded(axis: 0))
      let y = Tensor<Double>(b, shape: [count], sharding: .sharded(axis: 0))
      return Trial(.near(0, zip(a, b).map { $0 > 0.5 ? $0 : -$1 })) {
        [select(x .> 0.5, x, -y)]
      }
    }
  }

  /// A detector's picture at each place of a scan, summed under a mask.
  static func scan(_ scale: Scale) -> Case {
    let (side, pixels) = (scale.size(64, quick: 7), 64)
    let share = Job.share(of: side) * side * pixels * pixels
    return Case("jobs/scan", size: side, .memory([.read(share)])) {
      let numbers = Noise(27).uniform(side * side * pixels * pixels).map { Float($0) }
      let shape: Shape = [side, side, pixels, pixels]
      let x = Tensor<Float>(numbers, shape: shape, sharding: .sharded(axis: 0))
      let ring = (0..<pixels * pixels).map { place -> Float in
        let (row, column) = (place / pixels - pixels / 2, place % pixels - pixels / 2)
        return (100...400).contains(row * row + column * column) ? 1 : 0
      }
      let mask = Tensor<Float>(ring, shape: [pixels, pixels])
      return Trial(
        .near(1e-5, side * side) { place in
          ring.indices.reduce(0.0) {
            $0 + Double(numbers[place * ring.count + $1]) * Double(ring[$1])
          }
        }
      ) {
        [(x * mask).sum(axes: [2, 3])]
      }
    }
  }
}
