import Shapes

/// A change of a tensor's sharding: who must receive what, and by which collectives.
///
/// It goes straight from owners to new owners; nothing is replicated on the way. Over a mesh of one
/// axis it takes one step at most, over several at most one each for terms that are scattered,
/// terms that all get, and what moves.
public struct Redistribution: Hashable, Sendable {
  /// How elements get to where they will be.
  public enum Route: Hashable, Sendable {
    /// Every rank holds all that it will hold.
    case local
    /// The rank at this position of each group holds all; every rank of the group gets it.
    case broadcast(root: Int)
    /// Every rank gets the parts of its group.
    case allGather
    /// Elements travel from their owner to their new owner, where these differ.
    case exchange
    /// Terms are reduced to one value that every rank of the group holds.
    case allReduce(Reduction)
    /// Terms are reduced, each rank of the group getting its part.
    case reduceScatter(Reduction)
  }

  /// One collective of groups of ranks, or what each rank does by itself.
  public struct Step: Hashable, Sendable {
    /// How elements travel.
    public let route: Route
    /// The axes of the mesh along which the ranks of a group differ.
    public let over: MeshAxes
    /// How the tensor lies before.
    public let source: Sharding
    /// How it lies afterwards.
    public let target: Sharding
  }

  /// What there is.
  public let source: TensorDescription
  /// How it will lie.
  public let target: Sharding
  /// The way from one to the other; none where the sharding stays.
  public let steps: [Step]

  /// The way from a sharding to another one of the same mesh. Refuses targets with terms that the
  /// source does not have.
  public init(_ source: TensorDescription, to target: Sharding) throws(TensorError) {
    self.source = source
    self.target = target
    steps = source.sharding == target ? [] : try Self.steps(source, target)
  }

  /// The one that changes nothing.
  private init(keeping source: TensorDescription) {
    self.source = source
    target = source.sharding
    steps = []
  }

  /// The one that leaves a tensor as it lies.
  public static func keeping(_ source: TensorDescription) -> Redistribution {
    Redistribution(keeping: source)
  }

  /// The same tensor, as it will lie.
  public var result: TensorDescription { source.with(target) }

  /// Whether the sharding stays.
  public var isKeeping: Bool { steps.isEmpty }

  /// False only where no rank has anything to exchange, which costs little to say.
  package var mayMove: Bool {
    // By index, which copies none of them.
    steps.indices.contains { steps[$0].route != .local }
  }
}

extension Redistribution: CustomStringConvertible {
  /// The collectives and the shardings, as `explain` shows them.
  public var description: String {
    if isKeeping { return "stays \(target)" }
    return steps.map { $0.description }.joined(separator: ", then ")
  }
}

extension Redistribution.Step: CustomStringConvertible {
  /// The collective and both shardings.
  public var description: String {
    switch route {
    case .local: "\(source) → \(target), without communication"
    case .broadcast(let root): "broadcast from coordinate \(root)\(among) → \(target)"
    case .allGather: "all-gather\(among), \(source) → \(target)"
    case .exchange: "all-to-all\(among), \(source) → \(target)"
    case .allReduce(let reduction): "all-reduce (\(reduction))\(among) → \(target)"
    case .reduceScatter(let reduction): "reduce-scatter (\(reduction))\(among) → \(target)"
    }
  }

  /// Among which ranks, where these are not all.
  private var among: String {
    over.count == source.mesh.axes.count ? "" : " over \(source.mesh.description(of: over))"
  }
}
