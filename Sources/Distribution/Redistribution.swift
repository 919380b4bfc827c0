import Shapes

/// A change of a tensor's sharding: who must receive what, and by which collective.
///
/// It goes straight from owners to new owners; nothing is replicated on the way.
public struct Redistribution: Hashable, Sendable {
  /// How elements get to where they will be.
  public enum Route: Hashable, Sendable {
    /// The sharding stays.
    case none
    /// Every rank holds all that it will hold.
    case local
    /// One rank holds all; every rank gets it.
    case broadcast(root: Int)
    /// Every rank gets every shard.
    case allGather
    /// Elements travel from their owner to their new owner, where these differ.
    case exchange
    /// Terms are reduced to one value that every rank holds.
    case allReduce(Reduction)
    /// Terms are reduced, each rank getting its part.
    case reduceScatter(Reduction)

    /// False only where no rank has anything to exchange.
    var moves: Bool {
      switch self {
      case .none, .local: false
      default: true
      }
    }
  }

  /// What there is.
  public let source: TensorDescription
  /// How it will lie.
  public let target: Sharding
  /// The way from one to the other.
  public let route: Route

  /// The way from a sharding to another one of the same mesh; refuses targets that are partial.
  public init(_ source: TensorDescription, to target: Sharding) throws(TensorError) {
    self.source = source
    self.target = target
    route = try Self.route(source, target)
  }

  /// The one that changes nothing.
  private init(keeping source: TensorDescription) {
    self.source = source
    target = source.sharding
    route = .none
  }

  /// The one that leaves a tensor as it lies.
  public static func keeping(_ source: TensorDescription) -> Redistribution {
    Redistribution(keeping: source)
  }

  /// The same tensor, as it will lie.
  public var result: TensorDescription { source.with(target) }

  private static func route(
    _ source: TensorDescription, _ target: Sharding
  ) throws(TensorError) -> Route {
    if source.sharding == target { return .none }
    guard source.sharding.mesh == target.mesh else {
      throw TensorError(
        "redistributed", given: "\(source.sharding) and \(target)", expected: "one mesh")
    }
    if case .sharded(let axis, let cuts) = target.placement {
      guard source.shape.indices.contains(axis), source.shape[axis] == cuts.extent else {
        throw TensorError(
          "redistributed",
          given: "shape \(source.shape) to become \(target) of extent \(cuts.extent)",
          expected: "a target that cuts an axis of the shape in its whole extent")
      }
    }
    switch (source.sharding.placement, target.placement) {
    case (_, .partial):
      throw TensorError(
        "redistributed", given: "\(source.sharding) to become \(target)",
        expected: "a target that is sharded or replicated")
    case (.partial(let reduction), .replicated): return .allReduce(reduction)
    case (.partial(let reduction), .sharded): return .reduceScatter(reduction)
    case (.replicated, _): return .local
    case (.sharded(_, let cuts), .replicated):
      for part in 0..<cuts.count where cuts.range(of: part).count == cuts.extent {
        return source.sharding.count == 1 ? .local : .broadcast(root: part)
      }
      return .allGather
    case (.sharded(let from, let cuts), .sharded(let to, let newCuts)):
      // Where nothing changes owner (one rank, or one rank that owned and will own all) nothing is sent.
      if source.sharding.count == 1 { return .local }
      if from == to, cuts == newCuts { return .none }
      return .exchange
    }
  }

  /// Elements that a rank receives from others.
  public func elementsReceived(by rank: Int) -> Int {
    let ranks = source.sharding.count
    let all = source.shape.elementCount
    switch route {
    case .none, .local: return 0
    case .broadcast(let root): return rank == root ? 0 : all
    case .allGather: return all - source.box(of: rank).elementCount
    case .exchange:
      let mine = target.box(of: rank, in: source.shape)
      return mine.elementCount - mine.intersection(source.box(of: rank)).elementCount
    case .allReduce:
      if CostModel.gathersAllReduce(
        bytes: all.clampedTimes(source.scalarType.byteCount), ranks: ranks)
      {
        return all.clampedTimes(ranks - 1)
      }
      let part = CutPoints(evenly: all, into: ranks).range(of: rank).count
      return part.clampedTimes(ranks - 1).clampedPlus(all - part)
    case .reduceScatter:
      return target.box(of: rank, in: source.shape).elementCount.clampedTimes(ranks - 1)
    }
  }

  /// Elements that all ranks together receive.
  public var elementsMoved: Int {
    switch route {
    case .none, .local: 0
    default: (0..<source.sharding.count).lazy.map { elementsReceived(by: $0) }.clampedSum
    }
  }
}

extension Redistribution: CustomStringConvertible {
  /// The collective and both shardings, as `explain` shows them.
  public var description: String {
    switch route {
    case .none: "stays \(target)"
    case .local: "\(source.sharding) → \(target), without communication"
    case .broadcast(let root): "broadcast from coordinate \(root) → \(target)"
    case .allGather: "all-gather, \(source.sharding) → \(target)"
    case .exchange: "all-to-all, \(source.sharding) → \(target)"
    case .allReduce(let reduction): "all-reduce (\(reduction)) → \(target)"
    case .reduceScatter(let reduction): "reduce-scatter (\(reduction)) → \(target)"
    }
  }
}
