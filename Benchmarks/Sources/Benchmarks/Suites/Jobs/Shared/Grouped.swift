import Tessera

extension Case {
  /// Sums or means of the numbers of each group.
  static func grouped(
    _ name: String, _ scale: Scale, divide: Bool,
    job: @escaping (Tensor<Double>, Tensor<Int64>, Int) -> Tensor<Double>
  ) -> Case {
    let count = scale.size(2_000_000, quick: 1013)
    let groupCount = min(1000, count / 20)
    let share = Job.share(of: count)
    return Case(name, size: count, .memory([.readDoubles(2 * share)])) {
      let numbers = Noise(1).uniform(count)
      let numbersOfGroups = Noise(3).integers(count, below: groupCount)
      let x = Tensor<Double>(numbers, shape: [count], sharding: .sharded(axis: 0))
      let groups = Tensor<Int64>(numbersOfGroups, shape: [count], sharding: .sharded(axis: 0))
      var sums = [Double](repeating: 0, count: groupCount)
      var counts = sums
      for (number, group) in zip(numbers, numbersOfGroups) {
        sums[Int(group)] += number
        counts[Int(group)] += 1
      }
      let expected = divide ? zip(sums, counts).map { $0 / $1 } : sums
      return Trial(.near(1e-12, expected)) { [job(x, groups, groupCount)] }
    }
  }
}
