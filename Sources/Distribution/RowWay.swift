/// How rows of a cut axis and positions that are cut too come together.
public enum RowWay: Hashable, Sendable {
  /// Every rank gets all of the tensor, and takes the rows that its positions name.
  case everywhere
  /// Positions go to the owners of rows, and rows to where the positions are (`RowRequests`).
  case requests
  /// Every rank gets all positions, and rows go to where they are wanted (`RowRoutes`).
  case list
}
