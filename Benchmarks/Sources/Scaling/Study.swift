import Records

/// What the records of the suite `scaling` say together.
package struct Study {
  /// Seconds of each point.
  package let measured: [Point: Double]
  package let model: Model
  /// Points that the model was not fitted to: those of the second smallest size of each case.
  package let leftOut: Set<Point>

  /// Nil without records of the suite.
  package init?(_ records: [Record], cores: Int) {
    let pairs = records.compactMap { record in Point(record).map { ($0, record.seconds) } }
    if pairs.isEmpty { return nil }
    measured = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    let points = measured.keys
    leftOut = Set(
      points.filter { point in
        let sizes = Set(points.filter { $0.item == point.item && $0.size > 1 }.map(\.size)).sorted()
        return sizes.count > 2 && point.size == sizes[1]
      })
    model = Model(
      fitting: measured.filter { [leftOut] in !leftOut.contains($0.key) }, cores: cores)
  }

  /// How far the model is off, as a part of what was measured, in ascending order.
  package func errors(ofLeftOut isLeftOut: Bool) -> [Double] {
    measured.filter { leftOut.contains($0.key) == isLeftOut }
      .map { abs(model.seconds(of: $0.key) / $0.value - 1) }.sorted()
  }

  /// The time that a point would take if a measured one on fewest cores scaled ideally, ÷
  /// `seconds`.
  ///
  /// - Parameter isWeak: whether that one is as many times smaller as it has fewer cores, rather
  ///   than as large.
  package func efficiency(of point: Point, _ seconds: Double, isWeak: Bool) -> Double? {
    // More terms on more ranks would be more for each of them.
    if isWeak && point.item == .allReduce { return nil }
    let own = measured.keys.filter { $0.item == point.item }
    guard let fewest = own.map(\.place.cores).min() else { return nil }
    // Weak scaling begins on the fewest cores; the same size is measured on all.
    let bases = own.filter {
      isWeak
        ? $0.place.cores == fewest && $0.size * point.place.cores == point.size * fewest
        : $0.size == point.size
    }
    guard let base = bases.min(by: { $0.place.cores < $1.place.cores }),
      load(of: base) > 0, load(of: point) > 0
    else { return nil }
    return measured[base]! / seconds * load(of: point) / load(of: base)
  }

  private func load(of point: Point) -> Double {
    Demand(point.item, size: point.size, on: point.place, cores: model.cores).load
  }

  /// The points of a curve over ranks of one worker, from the measured ones on to `ranks`.
  package func curve(_ item: ScalingCase, isWeak: Bool, to ranks: Int) -> [Point] {
    let own = measured.keys.filter { $0.item == item && $0.place.workers == 1 }
    guard let fewest = own.map(\.place.ranks).min() else { return [] }
    let sizes = own.filter { $0.place.ranks == fewest && $0.size > 1 }.map(\.size)
    guard let least = sizes.min(), let greatest = sizes.max() else { return [] }
    if isWeak && item == .allReduce { return [] }
    var points = own.filter {
      isWeak ? $0.size * fewest == least * $0.place.ranks : $0.size == greatest
    }
    var next = 2 * (points.map(\.place.ranks).max() ?? fewest)
    while next <= ranks {
      let size = isWeak ? least * next / fewest : greatest
      points.append(Point(item, size: size, on: Place(ranks: next, workers: 1)))
      next *= 2
    }
    return points.sorted { $0.place.ranks < $1.place.ranks }
  }
}
