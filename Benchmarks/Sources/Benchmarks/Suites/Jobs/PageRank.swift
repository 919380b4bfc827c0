import Tessera

extension Case {
  /// Ten steps of PageRank over ten links a page.
  static func pageRank(_ scale: Scale) -> Case {
    let (pages, steps) = (scale.size(100_000, quick: 101), 10)
    let links = 10 * pages
    let share = Job.share(of: links)
    // Where each link comes from and goes to.
    let bound = Bound.memory([.readDoubles(2 * share, times: steps)])
    return Case("jobs/page-rank", size: pages, bound) {
      let from = Noise(17).integers(links, below: pages)
      let to = Noise(18).integers(links, below: pages)
      var degrees = [Double](repeating: 0, count: pages)
      for page in from { degrees[Int(page)] += 1 }
      degrees = degrees.map { max($0, 1) }
      var expected = [Double](repeating: 1 / Double(pages), count: pages)
      for _ in 0..<steps {
        var next = [Double](repeating: 0.15 / Double(pages), count: pages)
        for (from, to) in zip(from, to) {
          next[Int(to)] += 0.85 * expected[Int(from)] / degrees[Int(from)]
        }
        expected = next
      }
      let sources = Tensor<Int64>(from, shape: [links], sharding: .sharded(axis: 0))
      let targets = Tensor<Int64>(to, shape: [links], sharding: .sharded(axis: 0))
      let degree = Tensor<Double>(degrees)
      // Ranks are small, so they are told as multiples of the mean.
      let multiples = expected.map { $0 * Double(pages) }
      return Trial(.near(1e-11, multiples)) {
        var rank = Tensor<Double>.full([pages], 1 / Double(pages))
        for _ in 0..<steps {
          let given = (rank / degree).taking(sources)
          let gathered = Tensor<Double>.zeros([pages]).scatteringSum(given, at: targets, axis: 0)
          rank = 0.15 / Double(pages) + 0.85 * gathered
        }
        return [rank * Double(pages)]
      }
    }
  }
}
