import Foundation
import Tessera

/// What was measured of a case: an object of the JSON lines.
struct Record: Codable {
  struct Peer: Codable {
    /// The median of a call.
    var seconds: Double
    /// `seconds` ÷ the case's: above 1 where Tessera is faster.
    var ratio: Double
  }

  var name: String
  var size: Int
  var ranks: Int
  var workers: Int
  /// Medians over the rounds, of a call on the slowest rank.
  var seconds: Double
  var limitSeconds: Double
  var ratioToLimit: Double
  var peers: [String: Peer] = [:]

  /// The spread over the rounds.
  var secondsMin: Double
  var secondsMax: Double
  var limitSecondsMin: Double
  var limitSecondsMax: Double
  /// The very first call, into memory that the system has yet to provide.
  var firstSeconds: Double?
  /// How many calls the rounds had together.
  var calls = 0
  /// Over all those calls and all ranks.
  var pageFaults = 0
  var systemAllocations = 0
  var rounds: Int
  /// What a limit does in a second on all ranks together: bytes or operations.
  var rate: Double?

  init(_ name: String, size: Int, _ seconds: [Double], limit: [Double]) {
    self.name = name
    self.size = size
    ranks = Job.ranks
    workers = Job.workers
    self.seconds = seconds.median
    limitSeconds = limit.median
    ratioToLimit = seconds.median / limit.median
    secondsMin = seconds.min()!
    secondsMax = seconds.max()!
    limitSecondsMin = limit.min()!
    limitSecondsMax = limit.max()!
    rounds = seconds.count
  }

  mutating func add(peer: String, seconds: [Double]) {
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
