import Records

/// A case of the suite, where it ran.
package struct Point: Hashable {
  package var item: ScalingCase
  package var size: Int
  package var place: Place

  package init(_ item: ScalingCase, size: Int, on place: Place) {
    self.item = item
    self.size = size
    self.place = place
  }

  /// Nil of a record of another suite.
  package init?(_ record: Record) {
    guard let item = ScalingCase(name: record.name) else { return nil }
    self.init(item, size: record.size, on: Place(ranks: record.ranks, workers: record.workers))
  }
}

/// Time as a sum of latency, bytes ÷ bandwidth and work ÷ rate, whose costs are fitted to
/// measurements.
///
/// More ranks than a machine has cores for are taken to be on more such machines, and to reach each
/// other as ranks of one machine do: no network was measured.
package struct Model {
  package let costs: [Cost: Double]
  /// Cores of a machine.
  package let cores: Int

  /// Fits costs to seconds, so that relative errors are small.
  package init(fitting seconds: [Point: Double], cores: Int) {
    let demands = seconds.map { point, seconds in
      (Self.demand(of: point, cores).amounts, seconds)
    }
    let known = Array(Set(demands.flatMap { $0.0.keys }))
    let rows = demands.map { amounts, seconds in known.map { (amounts[$0] ?? 0) / seconds } }
    costs = Dictionary(uniqueKeysWithValues: zip(known, LeastSquares.solve(rows)))
    self.cores = cores
  }

  package func seconds(of point: Point) -> Double {
    Self.demand(of: point, cores).amounts.reduce(0) { $0 + $1.value * (costs[$1.key] ?? 0) }
  }

  private static func demand(of point: Point, _ cores: Int) -> Demand {
    Demand(point.item, size: point.size, on: point.place, cores: cores)
  }
}
