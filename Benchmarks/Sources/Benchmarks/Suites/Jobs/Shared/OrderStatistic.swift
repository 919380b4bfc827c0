import Tessera

extension Case {
  /// What a share of an even number of numbers is not above.
  static func orderStatistic(
    _ name: String, _ scale: Scale, share: Double,
    job: @escaping (Tensor<Double>) -> Tensor<Double>
  ) -> Case {
    let count = scale.size(2_000_000, quick: 1014)
    return Case(name, size: count, .memory([.readDoubles(Job.share(of: count))])) {
      let numbers = Noise(1).uniform(count)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      let sorted = numbers.sorted()
      let place = share * Double(count - 1)
      let (low, high) = (sorted[Int(place)], sorted[Int(place) + 1])
      let expected = low + (place - place.rounded(.down)) * (high - low)
      return Trial(.near(1e-14, [expected])) { [job(x)] }
    }
  }
}
