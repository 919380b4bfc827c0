import Tessera

extension Case {
  /// The eleven largest numbers of each row.
  static func topKRows(_ scale: Scale) -> Case {
    let side = scale.size(5000, quick: 31)
    let kept = 11
    let bound = Bound.memory([.read(Job.share(of: side) * side)])
    return Case("jobs/top-k-rows", size: side, bound) {
      let numbers = Noise(2).uniform(side * side).map { Float($0) }
      let x = Tensor<Float>(numbers, shape: [side, side], sharding: .sharded(axis: 0))
      var best: [Int] = []
      for row in 0..<side {
        var found: [Int] = []
        for position in row * side..<(row + 1) * side
        where found.count < kept || numbers[position] > numbers[found[kept - 1]] {
          let place = found.firstIndex { numbers[position] > numbers[$0] } ?? found.count
          found.insert(position, at: place)
          if found.count > kept { found.removeLast() }
        }
        best += found
      }
      return Trial(
        .equal(best.count) { Double(numbers[best[$0]]) },
        .equal(best.count) { Double(best[$0] % side) }
      ) {
        let largest = x.topK(kept, axis: 1)
        return [largest.values, largest.indices]
      }
    }
  }
}
