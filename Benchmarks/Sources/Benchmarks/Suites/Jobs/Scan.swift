import Tessera

extension Case {
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
