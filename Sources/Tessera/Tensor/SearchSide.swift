/// Where a value would be inserted beside elements that are equal to it.
public enum SearchSide: Hashable, Sendable {
  /// Before the first of them.
  case left
  /// After the last of them.
  case right
}
