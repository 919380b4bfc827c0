/// What was measured of a case: an object of the JSON lines.
package struct Record: Codable {
  package struct Peer: Codable {
    /// The median of a call.
    package var seconds: Double
    /// The library's time ÷ the case's, above 1 where Tessera is faster: that of the medians, or
    /// the median of `pairRatios`.
    package var ratio: Double
    /// The same of each pair of turns; nil where the library had its turns in the rounds.
    package var pairRatios: [Double]?
  }

  package var name: String
  package var size: Int
  package var ranks: Int
  package var workers: Int
  /// Medians over the rounds, of a call on the slowest rank.
  package var seconds: Double
  package var limitSeconds: Double
  package var ratioToLimit: Double
  package var peers: [String: Peer] = [:]
  /// True of a loop of small steps, which may take longer beside another library.
  package var hasSmallSteps: Bool?
  /// The library that is ahead, if one is.
  package var lead: Lead?

  /// The spread over the rounds.
  package var secondsMin: Double
  package var secondsMax: Double
  package var limitSecondsMin: Double
  package var limitSecondsMax: Double
  /// The very first call, into memory that the system has yet to provide.
  package var firstSeconds: Double?
  /// How many calls the rounds had together.
  package var calls = 0
  /// Over all those calls and all ranks.
  package var pageFaults = 0
  package var systemAllocations = 0
  /// Of all ranks together, for a job: the most that was in use in its first call, and what its
  /// operands and results take.
  package var peakBytes: Int?
  package var dataBytes: Int?
  package var rounds: Int
  /// True where operands were small and there was one round, so that times mean nothing.
  package var isQuick: Bool?
  /// Medians of what the call does at once, each by itself.
  package var parts: [String: Double]?
  /// How much of the shorter part hides behind the others: 0 where the call takes as long as all
  /// one after another, 1 where it takes no longer than without that part.
  package var hiddenFraction: Double?
  /// What the model of the suite `scaling` expects.
  package var predictedSeconds: Double?
  /// Whether the model was fitted without this record.
  package var isLeftOut: Bool?
  /// Ideal time ÷ `seconds`: the ideal is that of the same on the fewest cores, each of which had
  /// as much more to do.
  package var strongEfficiency: Double?
  /// The same, where each core had as much to do.
  package var weakEfficiency: Double?
  /// `seconds` ÷ those of one rank with as many workers as there are here in all.
  package var ratioToOneRank: Double?
  /// What a limit does in a second on all ranks together: bytes or operations.
  package var rate: Double?

  package init(
    _ name: String, size: Int, ranks: Int, workers: Int, _ seconds: [Double], limit: [Double]
  ) {
    self.name = name
    self.size = size
    self.ranks = ranks
    self.workers = workers
    self.seconds = seconds.median
    limitSeconds = limit.median
    ratioToLimit = seconds.median / limit.median
    secondsMin = seconds.min()!
    secondsMax = seconds.max()!
    limitSecondsMin = limit.min()!
    limitSecondsMax = limit.max()!
    rounds = seconds.count
  }

  package mutating func add(peer: String, seconds: [Double]) {
    peers[peer] = Peer(seconds: seconds.median, ratio: seconds.median / self.seconds)
    lead = Lead(self)
  }

  /// Turns of the library, each right behind one of the case.
  package mutating func add(peer: String, seconds: [Double], behind own: [Double]) {
    let ratios = zip(seconds, own).map { $0 / $1 }
    peers[peer] = Peer(seconds: seconds.median, ratio: ratios.median, pairRatios: ratios)
    lead = Lead(self)
  }

  /// The most bytes in use ÷ those of the data; nil of little, as memory comes in larger pieces.
  package var memoryRatio: Double? {
    guard let peakBytes, let dataBytes, dataBytes >= 1 << 22 else { return nil }
    return Double(peakBytes) / Double(dataBytes)
  }

  package mutating func add(parts samples: [(name: String, seconds: [Double])]) {
    let medians = samples.map { ($0.name, $0.seconds.median) }
    parts = Dictionary(uniqueKeysWithValues: medians)
    let hidden = medians.reduce(0) { $0 + $1.1 } - seconds
    hiddenFraction = min(max(hidden / (medians.map(\.1).min() ?? 1), 0), 1)
  }
}

extension [Double] {
  /// Of an even number, the mean of the two in the middle.
  fileprivate var median: Double {
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
