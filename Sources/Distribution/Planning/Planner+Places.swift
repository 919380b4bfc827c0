import Shapes

/// A search of a few places in the order of elements that ranks hold parts of.
///
/// All ranks gather a sample, which tells two elements that the places lie between, but for rare
/// bad luck. Each rank keeps its own elements between these. Then they count theirs in ranges of
/// equal width, and go on with the ranges that hold the places, until so few elements are left that
/// all can be gathered.
package enum PlaceSearch {
  /// Of a shorter axis all ranks gather all elements.
  static let leastExtent = 1 << 15
  /// Of more places elements are put in order.
  static let mostPlaces = 16
  /// Elements of the sample of all ranks.
  static let sampleCount = 4096
  /// Ranges that elements are counted in.
  package static let rangeCount = 1024
  /// Elements that a rank may give at the end: its key, its position and its bits of each.
  package static let rowCount = 512

  /// How often elements are counted if they are spread evenly. Ranks go on where too many are left.
  static func rounds(extent: Int) -> Int {
    // Between the two elements of the sample lies a sixteenth of all at most.
    var (count, left) = (1, extent / 16 / rangeCount)
    while left > rowCount / 2 {
      left /= rangeCount
      count += 1
    }
    return count
  }
}

extension Planner {
  /// A search of places along the only axis that is cut; nil where gathering all elements moves no
  /// more bytes, and where places are many.
  static func searching(
    _ operation: String, _ operand: TensorDescription, _ alignment: Redistribution, _ cut: AxisCut,
    places: Range<Int>, into local: TensorDescription
  ) throws(TensorError) -> Plan? {
    let extent = operand.shape[cut.axis]
    let mesh = operand.sharding.mesh
    let whole = Sharding.replicated(on: mesh)
    guard extent >= PlaceSearch.leastExtent, operand.shape.elementCount == extent,
      (1...PlaceSearch.mostPlaces).contains(places.count),
      alignment.target.cuts == [cut], local.sharding == whole
    else { return nil }
    // As many of each rank as it has of the elements.
    let count = PlaceSearch.sampleCount
    let points = cut.points.points.map { point in
      let (high, low) = count.multipliedFullWidth(by: point)
      return extent.dividingFullWidth((high, low)).quotient
    }
    let sample = try Redistribution(
      TensorDescription(
        shape: [count], scalarType: operand.scalarType,
        sharding: Sharding(
          mesh: mesh, cuts: [AxisCut(axis: 0, over: cut.over, points: CutPoints(points))])),
      to: whole)
    // What comes before the ranges is counted first.
    let counts = try Redistribution(
      TensorDescription(
        shape: [1 + PlaceSearch.rangeCount], scalarType: .int64,
        sharding: Sharding(mesh: mesh, cuts: [], terms: Terms(.sum, over: cut.over.ascending))),
      to: whole)
    let rows = try summary(
      TensorDescription(shape: [3, PlaceSearch.rowCount], scalarType: .int64, sharding: whole),
      over: cut.over)
    let rounds = Array(repeating: counts, count: PlaceSearch.rounds(extent: extent))
    let summaries = [sample] + rounds + [rows]
    let gathered = try Redistribution(alignment.result, to: whole)
    guard summaries.lazy.map({ $0.bytesMoved }).clampedSum < gathered.bytesMoved else { return nil }
    return Plan(
      operation: operation, operands: [operand], alignments: [alignment],
      steps: .summaries(summaries), local: local)
  }
}
