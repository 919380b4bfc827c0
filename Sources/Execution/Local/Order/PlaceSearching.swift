import CKernels
import Distribution
import Shapes

/// A run that ranks hold parts of, one after the other, and what they exchange to find places in it
/// (`PlaceSearch`).
public struct SharedRun {
  /// The positions that this rank holds.
  let own: Range<Int>
  let length: Int
  /// How many elements of the sample are this rank's.
  let sampleCount: Int
  /// The redistributions of a plan: of the sample, of counts, and of the last rows.
  private let summaries: [Redistribution]
  private let redistribute: (StridedBlock, Redistribution) throws(TensorError) -> StridedBlock

  /// - Parameters:
  ///   - plan: one that searches places of its only operand along an axis.
  ///   - redistribute: gives what all ranks get, contiguous.
  public init(
    _ plan: Plan, along axis: Int, rank: Int,
    redistribute: @escaping (StridedBlock, Redistribution) throws(TensorError) -> StridedBlock
  ) {
    let held = plan.alignments[0].result
    own = held.box(of: rank).ranges[axis]
    length = held.shape[axis]
    summaries = plan.summaries
    sampleCount = summaries[0].source.localShape(of: rank)[0]
    self.redistribute = redistribute
  }

  /// How often elements are counted at least.
  var rounds: Int { summaries.count - 2 }

  /// The samples of all ranks.
  func gather(sample: StridedBlock) throws(TensorError) -> StridedBlock {
    try redistribute(sample, summaries[0])
  }

  /// The sums of counts over all ranks.
  func sum(counts: StridedBlock) throws(TensorError) -> StridedBlock {
    try redistribute(counts, summaries[1])
  }

  /// The rows of all ranks: [ranks, 3, …].
  func gather(rows: StridedBlock) throws(TensorError) -> StridedBlock {
    try redistribute(rows, summaries[summaries.count - 1])
  }
}

/// Elements among which some of the places are, and how many of all come before them.
private struct Interval {
  var range: tk_order_range
  var before: Int
  var count: Int
}

extension HostExecutor {
  /// The elements that come to some places of a run when it is put in order, as `sort` does, or
  /// their positions; the same on all ranks.
  ///
  /// - Parameters:
  ///   - source: what this rank holds of the run, contiguous.
  ///   - places: few, within the run.
  ///   - target: as many elements as places, contiguous; of Int64 for positions.
  public func findPlaces(
    _ places: Range<Int>, in source: StridedBlock, of run: SharedRun, descending: Bool,
    givingPositions: Bool, into target: StridedBlock
  ) throws(TensorError) {
    let type = source.type.kernel
    let sample = try allocate([run.sampleCount], source.type)
    tk_order_sample(type, sample.base, run.sampleCount, source.base, source.elementCount)
    // The gathered sample is put in another order.
    let all = try copied(try run.gather(sample: sample))
    let entries = try SharedEntries(source, run, descending: descending, on: self)
    var bounds = tk_order_bounds_of_sample(
      type, descending, all.base, all.elementCount, run.length, places.lowerBound, places.count)
    withExtendedLifetime((sample.storage, all.storage)) {}
    var intervals = try entries.intervals(of: places, within: bounds)
    if intervals.isEmpty {
      // The sample was far from the places: all elements are looked at.
      bounds = tk_order_bounds()
      intervals = try entries.intervals(of: places, within: bounds)
    }
    try entries.pick(places, from: intervals, givingPositions: givingPositions, into: target)
  }
}

/// This rank's elements that may come to the places.
private final class SharedEntries {
  private let executor: HostExecutor
  private let source: StridedBlock
  private let run: SharedRun
  private let isDescending: Bool
  private let entries: OrderEntries
  private let counts: StridedBlock
  /// How often ranks have counted.
  private var rounds = 0

  init(
    _ source: StridedBlock, _ run: SharedRun, descending: Bool, on executor: HostExecutor
  ) throws(TensorError) {
    self.executor = executor
    self.source = source
    self.run = run
    isDescending = descending
    entries = try OrderEntries(of: source.elementCount, from: run.length, source.type, on: executor)
    counts = try executor.allocate([1 + PlaceSearch.rangeCount], .int64)
  }

  /// Ranges with so few elements that all can be gathered, ascending; none where not all of the
  /// places lie between the bounds.
  func intervals(
    of places: Range<Int>, within bounds: tk_order_bounds
  ) throws(TensorError) -> [Interval] {
    let below = entries.sift(
      source.base, from: run.own.lowerBound, within: bounds, descending: isDescending,
      on: executor)
    let range = withUnsafePointer(to: bounds) {
      tk_order_range_of_bounds(source.type.kernel, isDescending, $0)
    }
    var intervals = try parts(of: range, before: nil, below: below, holding: places)
    while intervals.reduce(0, { $0 + $1.count }) > PlaceSearch.rowCount {
      var narrower: [Interval] = []
      for interval in intervals {
        narrower += try parts(
          of: interval.range, before: interval.before, below: below, holding: places)
      }
      intervals = narrower
    }
    // As often as the plan says.
    while rounds < run.rounds { _ = try parts(of: range, before: 0, below: 0, holding: 0..<0) }
    return intervals
  }

  /// The ranges of equal width within another one that hold places; none where that is the first
  /// one, between the bounds, and does not hold all of them.
  ///
  /// - Parameters:
  ///   - before: how many elements come before; nil where that is to be counted.
  ///   - below: how many of this rank do.
  private func parts(
    of whole: tk_order_range, before known: Int?, below: Int, holding places: Range<Int>
  ) throws(TensorError) -> [Interval] {
    let isOfPositions = whole.low_key == whole.high_key
    let span =
      isOfPositions
      ? min(whole.high_position, UInt64(run.length - 1)) - whole.low_position
      : whole.high_key - whole.low_key
    var shift: UInt64 = 0
    while span >> shift >= UInt64(PlaceSearch.rangeCount) { shift += 1 }
    executor.fill(counts, with: ScalarValue(Int64(0)))
    let own = counts.base.assumingMemoryBound(to: Int64.self)
    own[0] = Int64(below)
    entries.count(within: whole, shift: UInt32(shift), into: own + 1)
    let sums = try run.sum(counts: counts)
    rounds += 1
    return withExtendedLifetime(sums.storage) {
      let numbers = sums.base.assumingMemoryBound(to: Int64.self)
      var before = known ?? Int(numbers[0])
      var found = 0
      var parts: [Interval] = []
      for number in 0..<PlaceSearch.rangeCount where numbers[1 + number] > 0 {
        let count = Int(numbers[1 + number])
        let held = places.clamped(to: before..<before + count)
        if !held.isEmpty {
          var range = whole
          let low = UInt64(number) << shift
          let high = low + (UInt64(1) << shift - 1)
          if isOfPositions {
            range.low_position = whole.low_position + low
            range.high_position = whole.low_position + high
          } else {
            range.low_key = whole.low_key + low
            range.high_key = whole.low_key + min(high, span)
          }
          parts.append(Interval(range: range, before: before, count: count))
          found += held.count
        }
        before += count
      }
      return known == nil && found < places.count ? [] : parts
    }
  }

  /// Gathers the elements of all ranks in some ranges, and writes those of the places.
  func pick(
    _ places: Range<Int>, from intervals: [Interval], givingPositions: Bool,
    into target: StridedBlock
  ) throws(TensorError) {
    let size = PlaceSearch.rowCount
    let row = try executor.allocate([1, 3, size], .int64)
    // What a rank has not has no position.
    executor.fill(row, with: ScalarValue(Int64(-1)))
    let own = row.base.assumingMemoryBound(to: Int64.self)
    var count = 0
    for interval in intervals {
      count += entries.pick(interval.range, into: own + count, positions: own + size + count)
    }
    let bytes = source.type.byteCount
    for index in 0..<count {
      let element = source.base + (Int(own[size + index]) - run.own.lowerBound) * bytes
      own[2 * size + index] = 0
      (UnsafeMutableRawPointer(own + 2 * size + index)).copyMemory(
        from: element, byteCount: bytes)
    }
    let rows = try run.gather(rows: row)
    let all = rows.base.assumingMemoryBound(to: Int64.self)
    var found: [(key: UInt64, position: Int64, bits: Int64)] = []
    for rank in 0..<rows.shape[0] {
      let keys = all + 3 * size * rank
      for index in 0..<size where keys[size + index] >= 0 {
        found.append(
          (UInt64(bitPattern: keys[index]), keys[size + index], keys[2 * size + index]))
      }
    }
    found.sort { ($0.key, $0.position) < ($1.key, $1.position) }
    var first = 0
    for interval in intervals {
      for place in places.clamped(to: interval.before..<interval.before + interval.count) {
        let element = found[first + place - interval.before]
        var value = givingPositions ? element.position : element.bits
        let width = target.type.byteCount
        (target.base + (place - places.lowerBound) * width).copyMemory(
          from: &value, byteCount: width)
      }
      first += interval.count
    }
    withExtendedLifetime((source.storage, row.storage, rows.storage, target.storage)) {}
  }
}
