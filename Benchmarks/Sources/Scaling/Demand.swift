import Foundation

/// The cases of the suite `scaling`.
package enum ScalingCase: String, CaseIterable {
  case add, sum, matmul
  case allReduce = "all-reduce"
  case redistribute
  case trainingStep = "training-step"

  /// That of a record's name.
  package init?(name: String) {
    guard name.hasPrefix("scaling/") else { return nil }
    self.init(rawValue: String(name.dropFirst("scaling/".count)))
  }

  package var name: String { "scaling/\(rawValue)" }

  /// Nothing but communication.
  package var isOfSeveralRanks: Bool { self == .allReduce || self == .redistribute }
}

/// Where a case runs.
package struct Place: Hashable {
  package var ranks: Int
  package var workers: Int

  package init(ranks: Int, workers: Int) {
    self.ranks = ranks
    self.workers = workers
  }

  package var cores: Int { ranks * workers }
}

/// What the model knows the price of.
package enum Cost: Hashable {
  /// A call, whatever its size.
  case call(ScalingCase)
  /// Work of a core that it does alone.
  case core(ScalingCase)
  /// Work that the cores of a machine do not get faster at together, as they share its memory.
  case machine(ScalingCase)
  /// All ranks hear of each other: latency.
  case round
  /// A byte that a rank gets from others.
  case moved
  /// A byte of others' terms that a rank adds.
  case reduced
}

/// How much a case asks for of what costs.
package struct Demand {
  /// Numbers that the parameters of the perceptron in cases.md have.
  private static let parameters = 784 * 1024 + 1024 + 1024 * 1024 + 1024 + 10 * 1024 + 10
  /// Up to here terms are gathered whole, as `CostModel` of the library has it.
  private static let gathered = 32 * 1024.0

  package private(set) var amounts: [Cost: Double] = [:]
  /// What the time should be proportional to, if all went ideally: work of a core, or bytes of a
  /// rank.
  package private(set) var load: Double

  /// Of a case whose work is proportional to `size`, on machines of `cores` each.
  package init(_ item: ScalingCase, size: Int, on place: Place, cores: Int) {
    let ranks = Double(place.ranks)
    let others = (ranks - 1) / ranks
    let isDealtInRows = item == .matmul || item == .trainingStep
    let share = isDealtInRows ? (Double(size) / ranks).rounded(.up) : Double(size) / ranks
    load = share / Double(place.workers)

    if !item.isOfSeveralRanks {
      let ranksOfMachine = min(place.ranks, max(1, cores / place.workers))
      amounts = [
        .call(item): 1, .core(item): load, .machine(item): share * Double(ranksOfMachine),
      ]
    }
    guard place.ranks > 1 else { return }
    switch item {
    case .add, .matmul: break
    case .sum: reduce(bytes: 4, ranks)
    case .allReduce:
      reduce(bytes: 4 * Double(size), ranks)
      load = bytes
    case .redistribute:
      // Each rank agrees with all, then gets a block from each.
      add(.round, log2(ranks).rounded(.up) + ranks - 1)
      add(.moved, 4 * share * others)
      load = bytes
    case .trainingStep:
      // Three weights, three biases, the loss.
      reduce(bytes: 4 * Double(Self.parameters), ranks)
      for _ in 0..<6 { reduce(bytes: 4, ranks) }
    }
  }

  private var bytes: Double { (amounts[.moved] ?? 0) + (amounts[.reduced] ?? 0) }

  /// An all-reduce: the ranks agree, then gather few bytes at once, or each reduces its part of
  /// many and gets the others'.
  private mutating func reduce(bytes: Double, _ ranks: Double) {
    let agreement = log2(ranks).rounded(.up)
    let part = bytes * (ranks - 1) / ranks
    if bytes * ranks <= Self.gathered {
      add(.round, 2 * agreement)
    } else {
      add(.round, agreement + 2 * (ranks - 1))
      add(.moved, part)
      add(.reduced, part)
    }
  }

  private mutating func add(_ cost: Cost, _ amount: Double) { amounts[cost, default: 0] += amount }
}
