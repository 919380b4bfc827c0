import Shapes

/// What the ranks do with a tensor, as a user asks for it.
public enum Placement: Hashable, Sendable {
  /// Every coordinate holds one part of this axis of the tensor; negative counts from the end.
  case sharded(axis: Int)
  /// Every coordinate holds all.
  case replicated
  /// Every coordinate holds a term; the tensor is their reduction, not yet done.
  case partial(Reduction)
}

/// What the ranks do with a given tensor: a placement with its cut points.
public enum ResolvedPlacement: Hashable, Sendable {
  case sharded(axis: Int, CutPoints)
  case replicated
  case partial(Reduction)
}
