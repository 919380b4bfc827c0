import CLimits
import Foundation
import Records
import Tessera

/// Takes the time of cases, their limits and their peers, in turns.
struct Stopwatch {
  /// How often each has its turn, fewer or more depending on how long that takes.
  var rounds: ClosedRange<Int>
  /// How long a turn should take; a turn is one call at least. Short turns give all the same of
  /// what else happens on the machine.
  var turnSeconds: Double
  /// How long all rounds of a case should take together.
  var caseSeconds: Double
  /// Whether operands are small, so that times mean nothing.
  var isQuick = false
  /// Other libraries that have turns where they do the same.
  var peers: [Peer] = []
  /// How many turns a peer has, each right behind one of the case; without it peers have turns in
  /// the rounds.
  var pairs: Int?

  static var full: Stopwatch { Stopwatch(rounds: 7...41, turnSeconds: 0.01, caseSeconds: 3) }
  /// Where many points make a curve.
  static var brief: Stopwatch { Stopwatch(rounds: 5...15, turnSeconds: 0.01, caseSeconds: 0.5) }
  static var quick: Stopwatch {
    Stopwatch(rounds: 1...1, turnSeconds: 0, caseSeconds: 0, isQuick: true)
  }

  /// Times a case. Collective.
  func time(_ item: Case, on machine: Machine) throws(TensorError) -> Record {
    let usage = MemoryUsage()
    var trial = try item.prepare()
    for peer in peers {
      if let contender = try peer.contender(for: item) { trial.peers.append(contender) }
    }
    let limit = try machine.contender(for: item.bound)
    let counters = Counters()
    let calls = Contender.calls("tessera", trial.call)
    let own = Contender(name: calls.name) { (count) throws(TensorError) in
      try counters.counting { () throws(TensorError) in try calls.seconds(count) }
    }

    // What was cached while operands were made would be warm.
    Memory.trim()
    let held = MemoryUsage()
    Job.meet()
    let first = Job.greatest([try own.seconds(1)])[0]
    let peak = MemoryUsage.peak(since: held)
    try trial.check("\(item.name) \(item.size)")
    let contenders = [own, limit] + trial.parts + (pairs == nil ? trial.peers : [])
    let samples = try self.samples(of: contenders, rounds) { counters.reset() }
    var paired: [(own: [Double], peer: [Double])] = []
    if let pairs {
      for peer in trial.peers {
        let turns = try self.samples(of: [calls, peer], pairs...pairs) {}
        paired.append((turns[0].values, turns[1].values))
      }
    }
    try trial.check("\(item.name) \(item.size)")

    var record = Record(
      item.name, size: item.size, ranks: Job.ranks, workers: Job.workers, samples[0].values,
      limit: samples[1].values)
    record.isQuick = isQuick ? true : nil
    record.hasSmallSteps = item.hasSmallSteps ? true : nil
    record.firstSeconds = first
    record.calls = samples[0].calls * record.rounds
    let counts = Job.total([counters.pageFaults, counters.systemAllocations])
    record.pageFaults = counts[0]
    record.systemAllocations = counts[1]
    if let resultBytes = trial.resultBytes {
      let bytes = Job.total([peak - usage.inUse, held.inUse - usage.inUse + resultBytes()])
      record.peakBytes = bytes[0]
      record.dataBytes = bytes[1]
    }
    let others = samples.dropFirst(2)
    if !trial.parts.isEmpty {
      record.add(parts: zip(trial.parts, others).map { ($0.name, $1.values) })
    }
    for (peer, sample) in zip(trial.peers, others.dropFirst(trial.parts.count)) {
      record.add(peer: peer.name, seconds: sample.values)
    }
    for (peer, turns) in zip(trial.peers, paired) {
      record.add(peer: peer.name, seconds: turns.peer, behind: turns.own)
    }
    return record
  }

  /// Times a limit by itself. Collective.
  func time(_ limit: Limit, on machine: Machine) throws(TensorError) -> Record {
    let sample = try samples(of: [try machine.contender(for: limit.bound)], rounds) {}[0]
    var record = Record(
      limit.name, size: limit.size, ranks: Job.ranks, workers: Job.workers, sample.values,
      limit: sample.values)
    record.isQuick = isQuick ? true : nil
    record.calls = sample.calls * record.rounds
    record.rate = limit.work / record.seconds
    return record
  }

  /// Seconds of a call in each round, those of the slowest rank, after all have warmed up.
  private func samples(
    of contenders: [Contender], _ rounds: ClosedRange<Int>, afterWarmUp: () -> Void
  ) throws(TensorError) -> [(calls: Int, values: [Double])] {
    var samples: [(calls: Int, values: [Double])] = []
    var roundSeconds = 0.0
    for contender in contenders {
      let turn = try turn(of: contender)
      samples.append((turn.calls, []))
      roundSeconds += turn.seconds
    }
    afterWarmUp()
    for _ in 0..<min(max(Int(caseSeconds / roundSeconds), rounds.lowerBound), rounds.upperBound) {
      for (index, contender) in contenders.enumerated() {
        Job.meet()
        let calls = samples[index].calls
        samples[index].values.append(try contender.seconds(calls) / Double(calls))
      }
    }
    return samples.map { ($0.calls, Job.greatest($0.values)) }
  }

  /// How many calls make a turn, and the seconds that they take: the same on all ranks.
  private func turn(
    of contender: Contender
  ) throws(TensorError) -> (calls: Int, seconds: Double) {
    var calls = 1
    while true {
      Job.meet()
      let seconds = max(Job.greatest([try contender.seconds(calls)])[0], 1e-9)
      let missing = turnSeconds / seconds
      if missing < 1.5 || calls >= 1 << 24 { return (calls, seconds) }
      // Few calls say little of many: ten times more at most.
      calls = Int((Double(calls) * min(missing, 10)).rounded(.up))
    }
  }
}

/// What a rank has of its memory at one moment.
private struct MemoryUsage {
  let inUse = Memory.statistics.inUse
  let reserved = Memory.statistics.reserved

  /// The most bytes in use since a moment at which nothing was cached: what was asked of the system
  /// since then has been in use.
  static func peak(since earlier: MemoryUsage) -> Int {
    earlier.inUse + MemoryUsage().reserved - earlier.reserved
  }
}

/// What the calls of a case cost besides time.
final class Counters {
  private(set) var pageFaults = 0
  private(set) var systemAllocations = 0

  func reset() {
    pageFaults = 0
    systemAllocations = 0
  }

  func counting<R>(_ body: () throws(TensorError) -> R) throws(TensorError) -> R {
    let earlier = Self.now()
    let result = try body()
    let later = Self.now()
    pageFaults += later.pageFaults - earlier.pageFaults
    systemAllocations += later.systemAllocations - earlier.systemAllocations
    return result
  }

  private static func now() -> (pageFaults: Int, systemAllocations: Int) {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return (usage.ru_minflt + usage.ru_majflt, Memory.statistics.systemAllocations)
  }
}
