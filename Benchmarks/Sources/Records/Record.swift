/// What was measured of a case: an object of the JSON lines.
package struct Record: Codable {
  package struct Peer: Codable {
    /// The median of a call.
    package var seconds: Double
    /// `seconds` ÷ the case's: above 1 where Tessera is faster.
    package var ratio: Double
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
  package var rounds: Int
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
  }
}

extension [Double] {
  /// Of an even number, the mean of the two in the middle.
  fileprivate var median: Double {
    let sorted = sorted()
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
  }
}
